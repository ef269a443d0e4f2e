// The account menu closes as people expect: on Escape, on a click outside, and when the focus leaves.

const menu = document.querySelector('details.menu');

function close() {
  menu.open = false;
}

document.addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape' || !menu.open) return;
  const inside = menu.contains(document.activeElement);
  close();
  if (inside) menu.querySelector('summary').focus();
});
document.addEventListener('pointerdown', ({ target }) => {
  if (!menu.contains(target)) close();
});
menu.addEventListener('focusout', ({ relatedTarget }) => {
  if (relatedTarget && !menu.contains(relatedTarget)) close();
});
// A page that the browser restores is shown as it was left.
addEventListener('pagehide', close);
