// Makes forms kinder. Each of them works without this file.

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// --- Errors, in the words and places of templates/_forms.html

// Only what can't be right: everything else is for the server to say.
const missing = (form) =>
  [...form.elements].filter(({ validity }) => validity?.valueMissing || validity?.tooShort);

const wordsFor = (field) => (field.validity.valueMissing && field.dataset.missing) || field.validationMessage;

function clearErrors(form) {
  all('.summary, .wrong', form).forEach((element) => element.remove());
  all('[aria-invalid]', form).forEach((field) => {
    field.removeAttribute('aria-invalid');
    describe(field, one(`#${field.id}-hint`) && `${field.id}-hint`);
  });
}

function describe(field, ids) {
  if (ids) field.setAttribute('aria-describedby', ids);
  else field.removeAttribute('aria-describedby');
}

function showError(field) {
  const id = `${field.id}-error`;
  const hint = one(`#${field.id}-hint`);
  const testid = `error-${field.dataset.testid}`;
  const error = make('p', { class: 'wrong', id, 'data-testid': testid }, wordsFor(field));
  (hint ?? field.labels[0]).after(error);
  field.setAttribute('aria-invalid', 'true');
  describe(field, hint ? `${hint.id} ${id}` : id);
}

function showSummary(form, fields) {
  const lines = fields.map((field) =>
    make('li', {}, make('a', { href: `#${field.id}` }, `${field.labels[0].textContent}: ${wordsFor(field)}`)));
  const attributes = { class: 'summary', role: 'alert', tabindex: '-1', 'data-testid': 'error-summary' };
  form.prepend(make('div', attributes, make('h2', {}, 'Please check this form'), make('ul', {}, ...lines)));
}

function focusSummary() {
  one('.summary')?.focus();
}

// A link to a field should type, not only scroll.
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
    fields.forEach(showError);
    showSummary(form, fields);
    return focusSummary();
  }
  hidePasswords(form); // a shown one would be remembered as plain text
  const button = one('[data-sending]', form);
  if (button) busy(button);
}

function busy(button) {
  button.dataset.label ??= button.textContent;
  button.textContent = button.dataset.sending;
  button.disabled = true;
  setTimeout(idle, 10_000, button); // stopped, or no answer: it can be tried again
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

function fillDemo({ currentTarget: { dataset } }) {
  one('#email').value = dataset.email;
  one('#password').value = dataset.password;
  one('[data-testid="login-submit"]').focus();
}

// --- Moments, on the reader's own clock

for (const time of all('time')) time.title = new Date(time.dateTime).toLocaleString();

// --- Start

document.addEventListener('submit', send);
document.addEventListener('click', followToField);
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

focusSummary();
