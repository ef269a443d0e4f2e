// Four pictures below each other are a long way on a phone: there they are folded up.

const narrow = matchMedia('(max-width: 43.75rem)');

function fold() {
  for (const picture of document.querySelectorAll('.unfold')) picture.open = !narrow.matches;
}

narrow.addEventListener('change', fold);
fold();
