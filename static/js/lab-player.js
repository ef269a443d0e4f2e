// Plays a diagram: its steps appear one after the other. At first all are visible.

// ms between steps, and at most for a whole diagram.
const STEP_INTERVAL = 900;
const MAX_DURATION = 15_000;

function player(sequence) {
  const drawn = [...sequence.querySelectorAll('.drawn [data-step]')]; // pauses come with their step
  const listed = [...sequence.querySelectorAll('.steps [data-step]')];
  let shown = listed.length;
  let timer = 0;

  const [play, back, on, all] = [
    button('▶ Play', 'play', toggle),
    button('←', 'step-back', () => go(shown - 1), 'One step back'),
    button('→', 'step-on', () => go(shown + 1), 'One step on'),
    button('Show all', 'show-all', () => go(listed.length)),
  ];
  const count = document.createElement('span');
  count.className = 'hint';
  count.dataset.testid = 'count';
  const controls = document.createElement('div');
  controls.className = 'controls';
  controls.setAttribute('role', 'group');
  controls.setAttribute('aria-label', 'Play the picture');
  controls.append(play, back, on, all, count);
  sequence.querySelector('.drawn').prepend(controls);

  function show(number) {
    shown = Math.max(0, Math.min(number, listed.length));
    for (const step of drawn) step.classList.toggle('to-come', step.dataset.step > shown);
    for (const [index, step] of listed.entries()) {
      step.classList.toggle('to-come', index >= shown);
      if (index === shown - 1 && shown < listed.length) step.setAttribute('aria-current', 'step');
      else step.removeAttribute('aria-current');
    }
    count.textContent = `${shown} of ${listed.length}`;
    const held = document.activeElement;
    [back.disabled, on.disabled] = [shown === 0, shown === listed.length];
    if (held.disabled) play.focus(); // a disabled button gets no key events
  }

  function go(number) {
    stop();
    show(number);
  }

  function toggle() {
    if (timer) return stop();
    if (shown === listed.length) show(0);
    sequence.classList.add('playing');
    play.textContent = '❚❚ Pause';
    timer = setInterval(next, Math.min(STEP_INTERVAL, MAX_DURATION / listed.length));
    next();
  }

  function next() {
    show(shown + 1);
    if (shown === listed.length) stop();
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = '▶ Play';
  }

  show(listed.length);
  sequence.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation(); // in the tour they would turn the page
    go(shown + by);
  });
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

for (const sequence of document.querySelectorAll('.stage .sequence, .tour-page .sequence')) player(sequence);
