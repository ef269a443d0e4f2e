// Each frame gets the height of its mail, so that it needs no scrollbar.

const frames = document.querySelectorAll('iframe');

function fit(frame) {
  const mail = frame.contentDocument;
  // Loaded when it is scrolled to; while it loads, it has no element yet.
  if (!mail?.documentElement || mail.URL === 'about:blank') return;
  frame.style.height = 'auto'; // a document is at least as high as its frame
  frame.style.height = `${mail.documentElement.scrollHeight + 2}px`; // and the borders
}

for (const frame of frames) {
  frame.addEventListener('load', () => fit(frame));
  frame.closest('details').addEventListener('toggle', () => fit(frame));
  fit(frame);
}
addEventListener('resize', () => frames.forEach(fit));
