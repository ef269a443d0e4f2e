// Checks forms before they are sent, and sends some without leaving the page. All work without it.

import { text } from './texts.js';

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// --- Errors, with the same texts and markup as templates/_forms.html

// Only certain errors: the server decides about all others.
const missing = (form) =>
  [...form.elements].filter(({ validity }) => validity?.valueMissing || validity?.tooShort);

const wordsFor = (field) => (field.validity.valueMissing && field.dataset.missing) || field.validationMessage;

const hintOf = (field) => one(`#${field.id}-hint`);

function clearErrors(form) {
  all('.summary, .wrong, .saved', form).forEach((element) => element.remove());
  all('[aria-invalid]', form).forEach(unmark);
}

function unmark(field) {
  field.removeAttribute('aria-invalid');
  describe(field, hintOf(field)?.id);
}

// A field that is being edited shows no error until it is checked again.
function clearError({ target: field }) {
  if (!field.hasAttribute?.('aria-invalid')) return;
  one(`#${field.id}-error`)?.remove();
  unmark(field);
  const summary = one('.summary', field.form);
  all(`a[href="#${field.id}"]`, summary ?? field.form).forEach((link) => link.closest('li')?.remove());
  if (summary && !one('li', summary)) summary.remove();
}

function describe(field, ids) {
  if (ids) field.setAttribute('aria-describedby', ids);
  else field.removeAttribute('aria-describedby');
}

function showError(field, words) {
  const id = `${field.id}-error`;
  const hint = hintOf(field);
  const testid = `error-${field.dataset.testid}`;
  const error = make('p', { class: 'wrong', id, 'data-testid': testid }, words);
  (hint ?? field.labels[0]).after(error);
  field.setAttribute('aria-invalid', 'true');
  describe(field, hint ? `${hint.id} ${id}` : id);
}

// A single error stands at its field: then the summary is for screen readers alone.
function showSummary(form, title, lines) {
  const alone = lines.length === 1 && lines[0].matches?.('a');
  const look = alone ? 'summary visually-hidden' : 'summary';
  const attributes = { class: look, role: 'alert', tabindex: '-1', 'data-testid': 'error-summary' };
  if (alone) lines[0].tabIndex = -1;
  const items = lines.map((line) => make('li', {}, line));
  form.prepend(make('div', attributes, make('h2', {}, title), make('ul', {}, ...items)));
  focusErrors();
}

const linkTo = (field) =>
  make('a', { href: `#${field.id}` }, `${field.labels[0].textContent}: ${wordsFor(field)}`);

function focusErrors() {
  const summary = one('.summary');
  if (summary?.matches('.visually-hidden')) one(one('a', summary).hash).focus();
  else summary?.focus();
}

// A link to a field sets the focus, and does not only scroll.
function followToField(event) {
  const target = event.target.closest?.('.summary a');
  if (!target) return;
  event.preventDefault();
  one(target.hash).focus();
}

// --- Sending

function send(event) {
  const form = event.target;
  const fields = missing(form);
  clearErrors(form);
  if (fields.length) {
    event.preventDefault();
    fields.forEach((field) => showError(field, wordsFor(field)));
    return showSummary(form, text('Please check this form'), fields.map(linkTo));
  }
  hidePasswords(form); // browsers would store a visible one as plain text
  const button = one('[data-sending]', form);
  if (button) busy(button);
  if ('inPlace' in form.dataset) {
    event.preventDefault();
    sendInPlace(form, button);
  }
}

// The page and its passwords stay until the server accepts the form (webapp/web/script_forms.py).
async function sendInPlace(form, button) {
  const body = new URLSearchParams(new FormData(form));
  const headers = { 'X-In-Place': '1', Accept: 'text/html' };
  const answer = await fetch(form.action, { method: 'POST', body, headers }).catch(() => null);
  const target = answer?.headers.get('X-Location');
  if (target) return location.assign(target);
  const page = new DOMParser().parseFromString(await answer?.text() ?? '', 'text/html');
  idle(button);
  const same = one(`[data-testid="${form.dataset.testid}"]`, page);
  if (same) return showErrorsOf(same, form, page);
  if (answer?.ok) return form.submit(); // another page, with a question first
  all('.visually-hidden', page).forEach((element) => element.remove());
  const words = all('[data-answer]', page).map((element) => element.textContent.replace(/\s+/g, ' ').trim());
  if (words.length) showSummary(form, one('h1', page).textContent, words);
  else showSummary(form, text('No answer'), [text('The server does not respond. Nothing was lost: please try again.')]);
}

function showErrorsOf(answered, form, page) {
  document.title = page.title;
  form.elements.csrf_token.value = answered.elements.csrf_token.value;
  for (const error of all('.wrong', answered)) showError(one(`#${error.id.replace(/-error$/, '')}`), error.textContent);
  const summary = one('.summary', answered);
  if (summary) form.prepend(document.adoptNode(summary));
  focusErrors();
}

function busy(button) {
  button.dataset.label ??= button.textContent;
  button.textContent = button.dataset.sending;
  button.disabled = true;
  setTimeout(idle, 10_000, button); // cancelled, or no response: allow another attempt
}

function idle(button) {
  button.textContent = button.dataset.label;
  button.disabled = false;
}

// --- Passwords

const fieldOf = (button) => one(`#${button.getAttribute('aria-controls')}`);

function reveal(button, shown) {
  const field = fieldOf(button);
  const { selectionStart, selectionEnd } = field;
  field.type = shown ? 'text' : 'password';
  field.setSelectionRange(selectionStart, selectionEnd); // a new type loses the caret
  button.setAttribute('aria-pressed', shown);
}

function hidePasswords(form) {
  all('.reveal[aria-pressed="true"]', form).forEach((button) => reveal(button, false));
}

// What was opened to type in it is ready for that. `toggle` does not bubble: it is listened to on its
// way down.
function focusIn({ target: opened }) {
  if (opened.open) one('input:not([type=hidden])', opened)?.select();
}

function fillDemo({ currentTarget: { dataset } }) {
  one('#email').value = dataset.email;
  one('#password').value = dataset.password;
  one('[data-testid="login-submit"]').focus();
}

// --- Start

document.addEventListener('submit', send);
document.addEventListener('input', clearError);
document.addEventListener('click', followToField);
document.addEventListener('toggle', focusIn, true);
addEventListener('pageshow', () => all('[data-sending][data-label]').forEach(idle));

for (const button of all('.reveal')) {
  button.disabled = false;
  button.addEventListener('pointerdown', (event) => event.preventDefault()); // keep the focus
  button.addEventListener('click', () => reveal(button, fieldOf(button).type === 'password'));
}

for (const button of all('[data-testid="fill-demo"]')) {
  button.disabled = false;
  button.addEventListener('click', fillDemo);
}

// On a phone the button, and the message beside it, may be further down.
one('.saved')?.scrollIntoView({ block: 'nearest' });

// A field that is ready to be corrected comes before the list of errors.
if (!one('[autofocus][aria-invalid]')) focusErrors();
