// Counts down to the next attempt. A page requested with GET is then loaded again; a form is sent
// again only by the user.

const MAX_INTERVAL = 60; // s between two attempts

const place = document.getElementById('retry');
const count = place.querySelector('[data-testid="retry-after"]');
const words = place.querySelector('[data-ready]');

function countDown(seconds) {
  const end = Date.now() + seconds * 1000;
  const timer = setInterval(() => {
    const left = Math.ceil((end - Date.now()) / 1000);
    count.textContent = Math.max(1, left);
    if (left > 0 || document.hidden) return; // no request from a hidden tab
    clearInterval(timer);
    if ('retries' in place.dataset) retry(seconds);
    else words.textContent = words.dataset.ready;
  }, 250);
}

// HEAD has no side effects, and this page stays while there is no response.
async function retry(waited) {
  const answer = await fetch(location.href, { method: 'HEAD', redirect: 'manual' }).catch(() => null);
  if (answer && answer.status < 500) return location.reload();
  const retryAfter = Number(answer?.headers.get('Retry-After'));
  countDown(Math.max(retryAfter, Math.min(2 * waited, MAX_INTERVAL)));
}

countDown(Number(count.textContent));
