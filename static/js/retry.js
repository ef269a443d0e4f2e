// Counts down to the next attempt. A page requested with GET is then loaded again; a form is sent
// again only by the user. At a limit its button is disabled until then: earlier, the form would only
// meet the limit again.

import { filled } from './texts.js';

const MAX_INTERVAL = 60; // s between two attempts

const place = document.getElementById('retry');
const count = place.querySelector('[data-testid="retry-after"]');
const minutes = place.querySelector('[data-minutes]');
const words = place.querySelector('[data-ready]');
const button = document.querySelector('[data-wait]');
const label = button?.textContent;

function countDown(seconds) {
  const end = Date.now() + seconds * 1000;
  const timer = setInterval(() => {
    const left = Math.ceil((end - Date.now()) / 1000);
    show(left);
    if (left > 0 || document.hidden) return; // no request from a hidden tab
    clearInterval(timer);
    if ('retries' in place.dataset) retry(seconds);
    else words.textContent = words.dataset.ready;
  }, 250);
  show(seconds);
}

function show(left) {
  count.textContent = Math.max(1, left);
  const shown = minutes ?? count;
  if (minutes) minutes.textContent = Math.max(1, Math.ceil(left / 60));
  if (!button) return;
  button.disabled = left > 0;
  button.textContent = left > 0 ? filled(button.dataset.wait, { count: shown.textContent }) : label;
}

// HEAD has no side effects, and this page stays while there is no response.
async function retry(waited) {
  const answer = await fetch(location.href, { method: 'HEAD', redirect: 'manual' }).catch(() => null);
  if (answer && answer.status < 500) return location.reload();
  const retryAfter = Number(answer?.headers.get('Retry-After'));
  countDown(Math.max(retryAfter, Math.min(2 * waited, MAX_INTERVAL)));
}

countDown(Number(count.textContent));
