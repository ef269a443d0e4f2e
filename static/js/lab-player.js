// Plays a picture: its steps appear one after the other, and the page follows. At first all are visible.

import { filled } from './texts.js';

// ms between steps, and at most for a whole picture, at speed 1.
const STEP_INTERVAL = 900;
const MAX_DURATION = 15_000;
const SPEEDS = [0.5, 1, 2];

const still = matchMedia('(prefers-reduced-motion: reduce)');

function player(sequence) {
  const texts = JSON.parse(sequence.dataset.texts);
  const drawing = sequence.querySelector('.drawn');
  const pinned = drawing.querySelector('.pinned');
  const drawn = [...drawing.querySelectorAll('[data-step]')]; // pauses come with their step
  const all = [...sequence.querySelectorAll('.steps [data-step]')];
  const fold = folding(sequence, all);
  let listed = all;
  let shown = 0;
  let timer = 0;

  const [play, back, on, whole] = [
    button(texts.play, 'play', toggle),
    button('←', 'step-back', () => go(shown - 1), texts.back),
    button('→', 'step-on', () => go(shown + 1), texts.on),
    button(texts.all, 'show-all', () => go(listed.length)),
  ];
  const speed = choice(texts.speed);
  const routine = button('', 'routine-steps', () => { stop(); refold(!fold.isFolded()); });
  const count = element('span', 'hint', 'count');
  const caption = element('p', 'caption', 'caption');
  caption.setAttribute('aria-live', 'polite');
  const controls = document.createElement('div');
  controls.className = 'controls';
  controls.append(play, back, on, speed, whole, ...(fold.count ? [routine] : []), count);
  pinned.prepend(controls, caption);
  sequence.classList.add('player');
  drawing.tabIndex = 0;
  drawing.setAttribute('role', 'group');
  drawing.setAttribute('aria-label', texts.help);

  function refold(isFolded) {
    fold.set(isFolded);
    routine.textContent = isFolded ? filled(texts.unfold, { count: fold.count }) : texts.fold;
    routine.setAttribute('aria-expanded', String(!isFolded));
    listed = all.filter((step) => !step.hidden);
    show(listed.length);
  }

  function show(number) {
    shown = Math.max(0, Math.min(number, listed.length));
    const step = shown && shown < listed.length ? listed[shown - 1] : null;
    const place = step?.dataset.step;
    const until = shown === listed.length ? Infinity : Number(place ?? 0);
    for (const each of drawn) {
      each.classList.toggle('to-come', Number(each.dataset.step) > until);
      each.classList.toggle('current', each.dataset.step === place);
    }
    for (const each of all) {
      each.classList.toggle('to-come', Number(each.dataset.step) > until);
      if (each === step) each.setAttribute('aria-current', 'step');
      else each.removeAttribute('aria-current');
    }
    count.textContent = filled(texts.count, { shown, count: listed.length });
    caption.textContent = step ? sentence(step) : shown ? filled(texts.whole, { count: shown }) : '…';
    caption.className = `caption ${step?.className ?? ''}`; // the colour of its result
    const held = document.activeElement;
    back.disabled = shown === 0;
    on.disabled = whole.disabled = shown === listed.length;
    if (held.disabled) play.focus(); // a disabled button gets no key events
    if (step) follow(step);
  }

  // The current step in the middle of what is left below the controls, unless all fits on the screen.
  function follow(step) {
    const arrow = drawing.querySelector(`g.step[data-step="${step.dataset.step}"]`).getBoundingClientRect();
    const { top, bottom } = drawing.getBoundingClientRect();
    const behavior = still.matches ? 'instant' : 'smooth';
    if (top < 0 || bottom > innerHeight) {
      const middle = (pinned.offsetHeight + innerHeight) / 2;
      scrollBy({ top: (arrow.top + arrow.bottom) / 2 - middle, behavior });
    }
  }

  function go(number) {
    stop();
    show(number);
  }

  function toggle() {
    if (timer) return stop();
    if (shown === listed.length) show(0);
    sequence.classList.add('playing');
    play.textContent = texts.pause;
    caption.setAttribute('aria-live', 'off'); // too fast to be read aloud
    start();
    next();
  }

  function start() {
    clearInterval(timer);
    timer = setInterval(next, Math.min(STEP_INTERVAL, MAX_DURATION / listed.length) / speed.value);
  }

  function next() {
    show(shown + 1);
    if (shown === listed.length) stop();
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = texts.play;
    caption.setAttribute('aria-live', 'polite');
  }

  refold(fold.count > 0);
  speed.addEventListener('change', () => { if (timer) start(); });
  sequence.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target === speed) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const isPlay = event.key === ' ' && event.target === drawing; // a button has its own space
    if (!by && !isPlay) return;
    event.preventDefault();
    event.stopPropagation(); // in the tour arrows would turn the page
    if (by) go(shown + by);
    else toggle();
  });
}

// Hides routine steps in the list and in the picture, whose later steps move up.
function folding(sequence, all) {
  const lanes = sequence.querySelector('.lanes');
  const drawn = [...lanes.querySelectorAll('[data-step]')];
  const height = parseFloat(lanes.getAttribute('height'));
  const pauses = new Set([...lanes.querySelectorAll('.pause')].map((pause) => pause.dataset.step));
  const bottoms = new Map([...lanes.querySelectorAll('g[data-bottom]')].map((step) => [step.dataset.step, Number(step.dataset.bottom)]));
  const routine = sequence.hasAttribute('data-folds')
    ? all.filter((step) => 'routine' in step.dataset && !pauses.has(step.dataset.step)) : [];
  const numbers = new Set(routine.map((step) => step.dataset.step));
  let folded = false;

  function set(isFolded) {
    folded = isFolded;
    for (const step of routine) step.hidden = isFolded;
    const em = parseFloat(getComputedStyle(lanes).fontSize);
    const up = new Map();
    let gone = 0;
    for (const { dataset: { step } } of all) {
      up.set(step, gone);
      if (isFolded && numbers.has(step)) gone += bottoms.get(step) - bottoms.get(String(step - 1));
    }
    for (const each of drawn) {
      each.classList.toggle('folded', isFolded && numbers.has(each.dataset.step));
      each.setAttribute('transform', `translate(0 ${-up.get(each.dataset.step) * em})`);
    }
    lanes.setAttribute('height', `${height - gone}em`);
  }

  return { set, count: routine.length, isFolded: () => folded };
}

function sentence(step) {
  const part = (name) => step.querySelector(`.${name}`)?.textContent ?? '';
  return [`${part('between')}:`, part('words'), part('result')].filter(Boolean).join(' ');
}

function choice(name) {
  const select = document.createElement('select');
  select.dataset.testid = 'speed';
  select.setAttribute('aria-label', name);
  for (const speed of SPEEDS) select.add(new Option(`${speed}×`, speed, speed === 1, speed === 1));
  return select;
}

function element(tag, name, testid) {
  const made = document.createElement(tag);
  made.className = name;
  made.dataset.testid = testid;
  return made;
}

function button(words, testid, press, name = '') {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = 'button quiet small';
  made.dataset.testid = testid;
  made.textContent = words;
  if (name) made.setAttribute('aria-label', name);
  made.addEventListener('click', press);
  return made;
}

for (const sequence of document.querySelectorAll('.sequence[data-texts]')) player(sequence);
