// The walk by arrow keys, for who stands in front of a class.

addEventListener('keydown', (event) => {
  const elsewhere = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
  if (elsewhere || event.target.closest('input, select, textarea, pre')) return;
  const way = { ArrowLeft: 'prev', ArrowRight: 'next' }[event.key];
  document.querySelector(`.turn a[rel="${way}"]`)?.click();
});
