// Keeps the dashboard's times and generation up to date, and calls the sample API.

import { fetchWithToken, remaining, tokenAge } from './session.js';
import { text } from './texts.js';
import { countFrom } from './times.js';

const fact = (testid) => document.querySelector(`[data-testid="${testid}"]`);
const byId = (id) => document.getElementById(id);
const now = () => performance.now() / 1000;

const ring = fact('access-ring');
const generation = fact('generation');
const lastRefresh = fact('last-refresh');
const button = fact('call-api');

// --- Remaining time of the access token

function tick() {
  showRemaining(remaining());
}

function showRemaining(seconds) {
  const whole = Math.ceil(seconds);
  write(fact('access-remaining'), `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`);
  ring.dataset.state = whole ? 'good' : 'expired';
  ring.querySelector('.left').setAttribute('stroke-dashoffset', 100 - (100 * seconds) / ring.dataset.ttl);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// --- A token that was renewed, here or in another tab

function showRenewed({ detail: { gen, exp, iat } }) {
  ring.dataset.ttl = exp - iat;
  if (String(gen) !== generation.textContent) {
    write(generation, String(gen));
    countFrom(lastRefresh, tokenAge());
    write(byId('renewal'), text('Renewed silently. Generation {gen}.', { gen }));
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
    const ms = Math.round((now() - started) * 1000);
    const after = generation.textContent;
    const renewed = after !== before;
    const note = renewed ? 'in {ms} ms, renewed on the way: generation {before} → {after}' : 'in {ms} ms';
    showAnswer(answer.status, text(note, { ms, before, after }), pretty(body));
  } catch {
    showAnswer(text('No answer'), text('Nothing is lost: try again.'), text('The server could not be reached.'));
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
