// Recalculates while numbers are typed. The server does it, by the same URL as without this script.

const PAUSE = 300; // ms after the last key

const form = document.getElementById('calculator');
let results = document.querySelector('.results');
let timer = 0;
let running = null;

async function calculate() {
  running?.abort();
  running = new AbortController();
  const url = `${form.action}?${new URLSearchParams(new FormData(form))}`;
  try {
    const response = await fetch(url, { signal: running.signal });
    if (response.status !== 200 && response.status !== 422) return; // the button shows what is wrong
    show(new DOMParser().parseFromString(await response.text(), 'text/html'));
    history.replaceState(null, '', url);
  } catch {
    // Aborted by a newer one, or offline: the button still works.
  }
}

function show(page) {
  const fresh = page.querySelector('.results');
  results.replaceWith(fresh);
  results = fresh;
  for (const input of form.querySelectorAll('input')) {
    const from = page.getElementById(input.id);
    input.toggleAttribute('aria-invalid', from.hasAttribute('aria-invalid'));
    if (from.hasAttribute('aria-invalid')) input.setAttribute('aria-invalid', 'true');
    input.closest('.field').id = from.closest('.field').id; // where the button leads to
    const about = document.getElementById(`${input.id}-about`);
    const newer = page.getElementById(about.id);
    [about.className, about.textContent] = [newer.className, newer.textContent];
  }
}

form.addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(calculate, PAUSE);
});
