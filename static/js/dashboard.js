// The dashboard, live: what the server wrote goes on from there.

import { fetchWithToken, loadedAt, remaining, tokenAge } from './session.js';

const fact = (testid) => document.querySelector(`[data-testid="${testid}"]`);
const byId = (id) => document.getElementById(id);
const now = () => performance.now() / 1000;

const ring = fact('access-ring');
const generation = fact('generation');
const lastRefresh = fact('last-refresh');
const button = fact('call-api');

// Moments, on the page's own clock, of what the server gave as "seconds ago".
const moments = new Map();
for (const element of document.querySelectorAll('[data-ago]')) moments.set(element, loadedAt - element.dataset.ago);

// --- Time that passes

function tick() {
  showRemaining(remaining());
  for (const [element, moment] of moments) write(element, ago(now() - moment));
}

function showRemaining(seconds) {
  const whole = Math.ceil(seconds);
  write(fact('access-remaining'), `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`);
  ring.dataset.state = whole ? 'good' : 'expired';
  ring.querySelector('.left').setAttribute('stroke-dashoffset', 100 - (100 * seconds) / ring.dataset.ttl);
}

function ago(passed) {
  const seconds = Math.max(0, Math.floor(passed));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// --- A token that was renewed, here or in another tab

function showRenewed({ detail: { gen, exp, iat } }) {
  ring.dataset.ttl = exp - iat;
  if (String(gen) !== generation.textContent) {
    write(generation, String(gen));
    moments.set(lastRefresh, now() - tokenAge());
    write(byId('news'), `Renewed silently. Generation ${gen}.`);
    ring.classList.remove('renewed');
    requestAnimationFrame(() => ring.classList.add('renewed'));
  }
  tick();
}

// --- Calling the API

async function callApi() {
  button.disabled = true;
  const before = generation.textContent;
  const started = now();
  try {
    const answer = await fetchWithToken(button.dataset.url);
    const body = await answer.text();
    const took = Math.round((now() - started) * 1000);
    const after = generation.textContent;
    const renewal = after === before ? '' : `, renewed on the way: generation ${before} → ${after}`;
    showAnswer(answer.status, `in ${took} ms${renewal}`, pretty(body));
  } catch {
    showAnswer('No answer', 'Nothing is lost: try again.', 'The server could not be reached.');
  }
  button.disabled = false;
  button.focus();
}

function showAnswer(status, note, body) {
  write(fact('api-status'), String(status));
  write(byId('api-note'), note);
  write(fact('api-answer'), body);
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

document.addEventListener('token-renewed', showRenewed);
button.addEventListener('click', callApi);
button.disabled = false;
setInterval(tick, 500);
tick();
