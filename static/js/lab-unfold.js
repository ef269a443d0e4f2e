// Opens the card that a link leads to. On a phone, where open pictures are a long way to scroll, no other.

if (matchMedia('(max-width: 43.75rem)').matches) {
  for (const open of document.querySelectorAll('.policy [open]')) open.open = false;
}

function unfold() {
  const details = document.getElementById(location.hash.slice(1))?.querySelector('details');
  if (details) details.open = true;
}

addEventListener('hashchange', unfold);
unfold();
