// Counts down to the next try, and makes it where that repeats nothing: for a page that was asked
// for by GET. A form is sent again by its reader alone.

const LONGEST = 60; // s between two tries

const place = document.getElementById('retry');
const count = place.querySelector('[data-testid="retry-after"]');

function countDown(seconds) {
  const end = Date.now() + seconds * 1000;
  const timer = setInterval(() => {
    const left = Math.ceil((end - Date.now()) / 1000);
    count.textContent = Math.max(0, left);
    if (left > 0 || document.hidden) return; // no request from a hidden tab
    clearInterval(timer);
    if ('retries' in place.dataset) retry(seconds);
  }, 250);
}

// HEAD uses nothing up, and this page stays while there is no answer.
async function retry(waited) {
  const answer = await fetch(location.href, { method: 'HEAD', redirect: 'manual' }).catch(() => null);
  if (answer && answer.status < 500) return location.reload();
  const asked = Number(answer?.headers.get('Retry-After'));
  countDown(Math.max(asked, Math.min(2 * waited, LONGEST)));
}

countDown(Number(count.textContent));
