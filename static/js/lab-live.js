// Polls for new exchanges once a second while the page is visible, from the last id on. The server
// renders them; its response is empty (204) if there are none.

import { remaining } from './session.js';

const POLL_INTERVAL = 1000; // ms
const MAX_EXCHANGES = 100; // on the page; the server stores as many

const list = document.getElementById('exchanges');
const live = list.closest('.live');
const texts = JSON.parse(live.dataset.texts);
const state = document.getElementById('live-state');
const ring = document.querySelector('[data-testid="lab-ring"]');
const tries = document.querySelector('.tries');
// A picture would fill a phone.
const narrow = matchMedia('(max-width: 36rem)').matches;
let place = list.dataset.place;
let wait = POLL_INTERVAL;

async function poll() {
  if (!document.hidden) await load();
  if (wait) setTimeout(poll, wait);
}

// One after the other: two at once would show the same exchanges twice.
let loaded = Promise.resolve();

function load() {
  loaded = loaded.then(fetchExchanges);
  return loaded;
}

async function fetchExchanges() {
  try {
    const response = await fetch(`${list.dataset.events}?after=${place}`, { redirect: 'manual' });
    if (response.type === 'opaqueredirect' || response.status === 401) return over();
    if (!response.ok) throw new Error(response.status);
    if (response.status === 200) show(await response.text());
    setState('live');
    wait = POLL_INTERVAL;
  } catch {
    wait = Math.min(wait * 2, 15_000);
    setState('waiting');
  }
}

function over() {
  wait = 0;
  setState('over');
}

function setState(what) {
  live.dataset.state = what;
  if (state.textContent !== texts[what]) state.textContent = texts[what];
}

function show(html) {
  const fragment = new DOMParser().parseFromString(html, 'text/html').querySelector('[data-place]');
  place = fragment.dataset.place;
  const exchanges = [...fragment.querySelectorAll('.exchange')];
  for (const exchange of exchanges) exchange.classList.add('new');
  // Opens the newest and closes the one before, unless the user has opened or closed one.
  const shown = list.querySelector('.exchange.shown');
  if (!narrow && (!shown || list.firstElementChild === shown)) unfold(exchanges[0], shown);
  list.prepend(...exchanges);
  while (list.querySelectorAll('.exchange').length > MAX_EXCHANGES) list.querySelector('.exchange:last-of-type').remove();
  replacePanels(fragment.querySelector('.panels'));
}

function unfold(exchange, before) {
  if (before) before.querySelector('details').open = false;
  before?.classList.remove('shown');
  exchange.classList.add('shown');
  exchange.querySelector('details').open = true;
}

// Fields that the user has opened stay open; changed fields are highlighted.
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

// Deletes the access token's cookie, as if it had expired. Scripts can read and delete it.
function deleteAccessToken() {
  const name = document.querySelector('meta[name="access-cookie"]').content;
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `${name}=; Max-Age=0; Path=/${secure}`;
}

async function send() {
  await fetch(tries.dataset.page).catch(() => null); // the diagram shows the result
  if (wait) load();
}

tries.querySelector('[data-testid="send"]').addEventListener('click', send);
tries.querySelector('[data-testid="send-without"]').addEventListener('click', () => { deleteAccessToken(); send(); });
document.addEventListener('token-renewed', () => {
  ring.classList.remove('renewed');
  requestAnimationFrame(() => ring.classList.add('renewed'));
});
document.addEventListener('visibilitychange', () => { if (!document.hidden && wait) load(); });
if (narrow) list.querySelector('[open]')?.removeAttribute('open');
setInterval(tick, 500);
poll();
