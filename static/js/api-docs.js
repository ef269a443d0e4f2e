// The API's page: its forms send a call and show the answer.

import { text } from './texts.js';

const token = document.getElementById('access-token');

async function send(event) {
  event.preventDefault();
  const form = event.target;
  const output = form.querySelector('pre');
  try {
    output.textContent = await answerOf(await fetch(...callOf(form)));
  } catch {
    output.textContent = text('The server does not respond. Please try again.');
  }
  output.hidden = false;
}

/** The arguments of `fetch`. Cookies are not sent: they are nothing to the API. */
function callOf(form) {
  const fields = [...form.querySelectorAll('[data-place]')];
  const ofPlace = (place) => fields.filter((field) => field.dataset.place === place && field.value);
  let path = form.getAttribute('action');
  for (const { name, value } of ofPlace('path')) path = path.replace(`{${name}}`, encodeURIComponent(value));
  const query = new URLSearchParams(ofPlace('query').map(({ name, value }) => [name, value])).toString();
  const [body] = ofPlace('body');
  const pasted = token.value.replace(/^\s*Bearer\s|[^\x21-\x7e]/gi, ''); // quotes and spaces come with it
  const headers = pasted ? { Authorization: `Bearer ${pasted}` } : {};
  if (body) headers['Content-Type'] = 'application/json';
  const options = { method: form.dataset.method, headers, body: body?.value, credentials: 'omit' };
  return [query ? `${path}?${query}` : path, options];
}

async function answerOf(response) {
  const answer = await response.text();
  const status = `${response.status} ${response.statusText}`.trim();
  if (!answer) return status;
  const json = JSON.parse(answer);
  token.value = json.data?.auth?.access_token ?? token.value;
  return `${status}\n${JSON.stringify(json, null, 2)}`;
}

for (const form of document.querySelectorAll('.try')) form.addEventListener('submit', send);
