// Says, while it is typed, how hard a new password is to guess. The server says it, too, once
// the form is sent: without an answer nothing is shown.

const byId = (id) => document.getElementById(id);

function follow(place) {
  const field = byId(place.dataset.password);
  let waiting;
  field.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 300, place, field);
  });
}

async function look(place, field) {
  const password = field.value;
  const found = password && (await ask(place, field).catch(() => null));
  if (password === field.value) show(place, found); // else a newer question is on its way
}

async function ask({ dataset: { url, email } }, { form: { elements }, value }) {
  const body = JSON.stringify({ password: value, email: byId(email)?.value, name: elements.name?.value });
  const headers = { 'Content-Type': 'application/json', 'X-CSRFToken': elements.csrf_token.value };
  const answer = await fetch(url, { method: 'POST', headers, body });
  return answer.ok ? answer.json() : null;
}

function show({ children: [bar, line] }, found) {
  bar.hidden = !found;
  if (found) bar.ariaValueNow = bar.dataset.score = found.score;
  bar.ariaValueText = line.textContent = found?.words ?? '';
}

document.querySelectorAll('.strength').forEach(follow);
