// Copies to the clipboard: a button's `data-copy`; if that is empty, what stands before it.

import { text } from './texts.js';

/** Whether the text could be copied. Without HTTPS a browser has no clipboard for pages. */
export async function copied(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    return false;
  }
}

async function copy({ target }) {
  const done = await copied(target.dataset.copy || target.previousElementSibling.textContent);
  target.textContent = text(done ? 'Copied.' : 'Please select it.');
}

for (const button of document.querySelectorAll('[data-copy]')) {
  button.disabled = false;
  button.addEventListener('click', copy);
}
