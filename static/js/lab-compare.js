// Collapses the four diagrams on a phone, where they would be a long way to scroll.

const narrow = matchMedia('(max-width: 43.75rem)');

function fold() {
  for (const picture of document.querySelectorAll('.unfold')) picture.open = !narrow.matches;
}

narrow.addEventListener('change', fold);
fold();
