// Strength meter: shows while the user types how hard a new password is to guess. Without a
// response nothing is shown; the server checks the password again when the form is sent.

const byId = (id) => document.getElementById(id);

function watch(place) {
  const field = byId(place.dataset.password);
  let timer;
  field.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(update, 300, place, field);
  });
}

async function update(place, field) {
  const password = field.value;
  const strength = password && (await fetchStrength(place, field).catch(() => null));
  if (password === field.value) show(place, strength); // otherwise a newer request is running
}

async function fetchStrength({ dataset: { url, email } }, { form: { elements }, value }) {
  const body = JSON.stringify({ password: value, email: byId(email)?.value, name: elements.name?.value });
  const headers = { 'Content-Type': 'application/json', 'X-CSRFToken': elements.csrf_token.value };
  const answer = await fetch(url, { method: 'POST', headers, body });
  return answer.ok ? answer.json() : null;
}

function show({ children: [bar, line] }, strength) {
  bar.hidden = !strength;
  if (strength) bar.ariaValueNow = bar.dataset.score = strength.score;
  bar.ariaValueText = line.textContent = strength?.words ?? '';
}

document.querySelectorAll('.strength').forEach(watch);
