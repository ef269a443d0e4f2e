// The live picture: asks what is new about once a second while somebody looks, from where it left
// off; what comes is drawn by the server. An answer without news is empty and costs next to nothing.

import { remaining } from './session.js';

const EVERY = 1000; // ms
const MOST = 100; // requests that stay on the page, as many as the server keeps

const list = document.getElementById('exchanges');
const live = list.closest('.live');
const state = document.getElementById('live-state');
const ring = document.querySelector('[data-testid="lab-ring"]');
const tries = document.querySelector('.tries');
let place = list.dataset.place;
let wait = EVERY;

async function ask() {
  if (!document.hidden) await look();
  if (wait) setTimeout(ask, wait);
}

async function look() {
  try {
    const answer = await fetch(`${list.dataset.events}?after=${place}`, { redirect: 'manual' });
    if (answer.type === 'opaqueredirect' || answer.status === 401) return over();
    if (!answer.ok) throw new Error(answer.status);
    if (answer.status === 200) show(await answer.text());
    say('live', 'Looking once a second.');
    wait = EVERY;
  } catch {
    wait = Math.min(wait * 2, 15_000);
    say('waiting', 'No answer at the moment: trying again. Nothing is lost.');
  }
}

function over() {
  wait = 0;
  say('over', 'This session is over.');
}

function say(what, words) {
  live.dataset.state = what;
  if (state.textContent !== words) state.textContent = words;
}

function show(html) {
  const fragment = new DOMParser().parseFromString(html, 'text/html').querySelector('[data-place]');
  place = fragment.dataset.place;
  const news = [...fragment.querySelectorAll('.exchange')];
  for (const exchange of news) exchange.classList.add('new');
  // The newest is shown, and the one before folded up, unless somebody has opened or closed one.
  const shown = list.querySelector('.exchange.shown');
  if (!shown || list.firstElementChild === shown) unfold(news[0], shown);
  list.prepend(...news);
  while (list.querySelectorAll('.exchange').length > MOST) list.querySelector('.exchange:last-of-type').remove();
  replacePanels(fragment.querySelector('.panels'));
}

function unfold(exchange, before) {
  if (before) before.querySelector('details').open = false;
  before?.classList.remove('shown');
  exchange.classList.add('shown');
  exchange.querySelector('details').open = true;
}

// Lines that somebody has opened stay open, and those that say something else light up.
function replacePanels(panels) {
  const before = document.getElementById('panels');
  const focus = document.activeElement?.closest?.('[data-fact]')?.dataset.fact;
  for (const fact of panels.querySelectorAll('[data-fact]')) {
    const old = before.querySelector(`[data-fact="${fact.dataset.fact}"]`);
    const value = (of) => of?.querySelector('.value')?.textContent;
    if (!fact.dataset.fact.endsWith('-ttl') && value(old) !== value(fact)) fact.classList.add('changed');
    if (old?.querySelector('details')?.open) fact.querySelector('details').open = true;
  }
  before.replaceWith(panels);
  if (focus) panels.querySelector(`[data-fact="${focus}"] summary`)?.focus();
}

function tick() {
  const seconds = remaining();
  const whole = Math.ceil(seconds);
  const words = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
  const clock = ring.querySelector('[role=timer]');
  if (clock.textContent !== words) clock.textContent = words;
  ring.dataset.state = whole ? 'good' : 'expired';
  ring.querySelector('.left').setAttribute('stroke-dashoffset', 100 - (100 * seconds) / ring.dataset.ttl);
}

// Scripts can read the access token's cookie, so they can delete it as well: as if it had expired.
function throwAway() {
  const name = document.querySelector('meta[name="access-cookie"]').content;
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `${name}=; Max-Age=0; Path=/${secure}`;
}

async function send() {
  await fetch(tries.dataset.page).catch(() => null); // what becomes of it, the picture shows
  if (wait) look();
}

tries.querySelector('[data-testid="send"]').addEventListener('click', send);
tries.querySelector('[data-testid="send-without"]').addEventListener('click', () => { throwAway(); send(); });
document.addEventListener('token-renewed', () => {
  ring.classList.remove('renewed');
  requestAnimationFrame(() => ring.classList.add('renewed'));
});
document.addEventListener('visibilitychange', () => { if (!document.hidden && wait) look(); });
setInterval(tick, 500);
ask();
