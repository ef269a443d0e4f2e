// Passkeys: sign in, confirm, add (WebAuthn Level 3); and the browser's own list kept true.
//
// Each [data-passkey] block has a button, and the URLs of its options and of its result. Options are
// fetched before the click: Safari starts only right after it. They are valid for five minutes.

import { text } from './texts.js';

const OPTIONS_AGE = 4 * 60_000; // ms
const NO_ANSWER = { message: text('The server does not respond. Please try again.') };

let pending = null; // one request at a time: the AbortController of the one that waits for autofill

const csrf = () => document.querySelector('[name=csrf_token], #csrf')?.value ?? '';

// A page instead of JSON: the session has ended, or something is wrong on the way.
async function ask(url, options) {
  const headers = { Accept: 'application/json', 'X-In-Place': '1', ...options?.headers };
  const answer = await fetch(url, { ...options, headers }).catch(() => { throw NO_ANSWER; });
  const target = answer.headers.get('X-Location');
  if (target || answer.status === 204) return { target };
  const body = await answer.json().catch(() => { throw NO_ANSWER; });
  if (!answer.ok) throw body.error;
  return body;
}

async function fetchOptions(block) {
  const options = await ask(block.dataset.options);
  if (options.target) throw { location: options.target };
  return options;
}

const parse = (options, adding) => (adding
  ? PublicKeyCredential.parseCreationOptionsFromJSON(options)
  : PublicKeyCredential.parseRequestOptionsFromJSON(options));

async function send(block, body) {
  const headers = { 'Content-Type': 'application/json', 'X-CSRFToken': csrf() };
  const sent = ask(block.dataset.send, { method: 'POST', headers, body: JSON.stringify(body) });
  const { target } = await sent.catch((error) => {
    if (error.code === 'passkey_unknown') forget(block.dataset.rp, body.credential.id);
    throw error;
  });
  return target;
}

// Deletes it for good, so only for an id that the server does not know.
function forget(rpId, credentialId) {
  PublicKeyCredential.signalUnknownCredential?.({ rpId, credentialId }).catch(() => {});
}

function say(block, words, failed = false) {
  const message = block.querySelector('[role=status]');
  message.textContent = words;
  message.classList.toggle('failed', failed);
}

function explain(error) {
  if (error.name === 'NotAllowedError') return text('No passkey was used. Please try again.');
  if (error.name === 'InvalidStateError') return text('This device has a passkey for your account already.');
  if (error instanceof Error || error instanceof DOMException) return text('Your browser can’t use a passkey here.');
  return error.message;
}

// --- What to send, and what to do then

const uses = {
  'sign-in': (block, credential) => ({
    credential,
    remember: document.querySelector('#remember')?.checked ?? block.dataset.remember === 'yes',
    next: document.querySelector('#next')?.value ?? block.dataset.next,
  }),
  confirm: (_, credential) => ({ credential }),
  add: (_, credential, options) => ({ credential, handle: options.user.id }),
};

async function finish(block, credential, options) {
  const target = await send(block, uses[block.dataset.passkey](block, credential.toJSON(), options));
  if (target) return location.assign(target);
  block.closest('form').submit(); // confirmed: without the browser's check of the empty password
}

// --- By the button

const prepare = (block) => fetchOptions(block).then((options) => { block.options = options; }, () => {});

async function click(block) {
  const adding = block.dataset.passkey === 'add';
  const button = block.querySelector('button');
  pending?.abort();
  button.disabled = true;
  say(block, '');
  try {
    const options = block.options ?? await fetchOptions(block);
    block.options = null; // used once
    const publicKey = parse(options, adding);
    await finish(block, await navigator.credentials[adding ? 'create' : 'get']({ publicKey }), options);
  } catch (error) {
    if (error.location) return location.assign(error.location);
    // It was added before, and the response got lost.
    if (error.name === 'InvalidStateError' && block.unsure) return location.reload();
    block.unsure = error === NO_ANSWER;
    say(block, explain(error), true);
    prepare(block);
    offer(block);
  }
  button.disabled = false;
}

// --- By the autofill of the e-mail field

async function offer(block) {
  if (!block.dataset.conditional || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  pending?.abort();
  const mine = pending = new AbortController();
  const renew = setTimeout(() => offer(block), OPTIONS_AGE);
  try {
    const options = await fetchOptions(block);
    const publicKey = parse(options, false);
    const credential = await navigator.credentials.get({ publicKey, mediation: 'conditional', signal: mine.signal });
    await finish(block, credential, options);
  } catch (error) {
    if (!mine.signal.aborted && !['NotAllowedError', 'AbortError'].includes(error.name)) say(block, explain(error), true);
  }
  if (mine.signal.aborted) clearTimeout(renew);
}

// --- The browser's own list of passkeys

function signal() {
  const list = document.querySelector('#passkeys');
  for (const { dataset } of document.querySelectorAll('[data-removed]')) forget(dataset.rp, dataset.removed);
  if (!list?.dataset.rp) return;
  const { rp: rpId, handle: userId, name, displayName } = list.dataset;
  const allAcceptedCredentialIds = [...list.children].map(({ dataset }) => dataset.id);
  PublicKeyCredential.signalAllAcceptedCredentials?.({ rpId, userId, allAcceptedCredentialIds }).catch(() => {});
  PublicKeyCredential.signalCurrentUserDetails?.({ rpId, userId, name, displayName }).catch(() => {});
}

// --- Start

const isHere = ({ dataset: { rp } }) => location.hostname === rp || location.hostname.endsWith(`.${rp}`);

function elsewhere(block) {
  const link = document.createElement('a');
  link.href = block.dataset.origin + location.pathname + location.search;
  link.textContent = block.dataset.origin;
  block.querySelector('button').hidden = true;
  block.querySelector('[role=status]').append(text('Passkeys work at '), link);
}

for (const block of document.querySelectorAll('[data-passkey]')) {
  const button = block.querySelector('button');
  if (!isHere(block)) {
    elsewhere(block);
  } else if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
    button.hidden = true;
    say(block, text('This browser can’t use passkeys.'));
  } else {
    button.disabled = false;
    button.addEventListener('click', () => click(block));
    prepare(block);
    setInterval(prepare, OPTIONS_AGE, block);
    offer(block);
  }
}
if (window.PublicKeyCredential) signal();
