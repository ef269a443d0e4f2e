// Arrow keys turn the pages of the tour, for a presentation.

addEventListener('keydown', (event) => {
  const elsewhere = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
  if (elsewhere || event.target.closest('input, select, textarea, pre')) return;
  const rel = { ArrowLeft: 'prev', ArrowRight: 'next' }[event.key];
  document.querySelector(`.turn a[rel="${rel}"]`)?.click();
});
