// Collapses the four diagrams on a phone, where they would be a long way to scroll; not the linked one.

const narrow = matchMedia('(max-width: 43.75rem)');

function fold() {
  const linked = document.getElementById(location.hash.slice(1));
  for (const picture of document.querySelectorAll('.unfold')) {
    picture.open = !narrow.matches || (linked?.contains(picture) ?? false);
  }
}

narrow.addEventListener('change', fold);
fold();
