// Remembers in this browser which scenarios were run. On the first page, marks them and shows how they end.

const KEY = 'lab-done';

function done() {
  try {
    return new Set(JSON.parse(localStorage.getItem(KEY)) ?? []);
  } catch {
    return new Set(); // no storage, or not ours
  }
}

const run = document.querySelector('[data-done]');
if (run) {
  try {
    localStorage.setItem(KEY, JSON.stringify([...done().add(run.dataset.done)]));
  } catch {
    // Storage is full or switched off: nothing is marked.
  }
}

const count = document.getElementById('done-count');
if (count) {
  const scenarios = [...document.querySelectorAll('[data-scenario]')];
  const finished = scenarios.filter((scenario) => done().has(scenario.dataset.scenario));
  for (const scenario of finished) {
    const mark = document.createElement('span');
    mark.className = 'done';
    mark.dataset.testid = 'done';
    mark.textContent = count.dataset.doneMark;
    scenario.append(mark);
    scenario.querySelector('.ends').hidden = false;
  }
  const values = { done: finished.length, count: scenarios.length };
  if (finished.length) count.textContent = count.dataset.count.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
