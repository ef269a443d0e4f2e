// Shows times in the reader's time zone, and keeps “4 min ago” up to date while the page is open.

import { locale, text } from './texts.js';

// On the clock of Date, which continues while a laptop sleeps.
const loadedAt = performance.timeOrigin + performance.getEntriesByType('navigation')[0].responseStart;
const moments = new Map();

/** Make an element show how long ago that was, from now on. */
export function countFrom(element, secondsAgo, then = Date.now()) {
  moments.set(element, then - secondsAgo * 1000);
  tick();
}

function tick() {
  for (const [element, moment] of moments) {
    const words = ago((Date.now() - moment) / 1000);
    if (element.textContent !== words) element.textContent = words;
  }
}

// The same texts as the server's: webapp/web/time_format.py.
function ago(passed) {
  const seconds = Math.max(0, Math.floor(passed));
  if (seconds < 60) return text('{count} s ago', { count: seconds });
  if (seconds < 3600) return text('{count} min ago', { count: Math.floor(seconds / 60) });
  if (seconds < 172_800) return text('{count} h ago', { count: Math.floor(seconds / 3600) });
  return text('{count} days ago', { count: Math.floor(seconds / 86_400) });
}

for (const time of document.querySelectorAll('time')) time.title = new Date(time.dateTime).toLocaleString(locale);
for (const element of document.querySelectorAll('[data-ago]')) countFrom(element, element.dataset.ago, loadedAt);
setInterval(tick, 1000);
