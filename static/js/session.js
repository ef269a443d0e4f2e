// The page's end of the sign-in: which token to send, how long it still lives,
// and what to do once the session is over. There is no refresh code and no lock
// between tabs here: a call with an expired token is renewed by the server on
// the way, so the last token stays good to send, however old it is.

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;
const now = () => performance.now() / 1000;

/** When the server answered with this page, in seconds of performance.now(). */
const loadedAt = performance.getEntriesByType('navigation')[0].responseStart / 1000;

let token = null; // as last read: the browser drops the cookie at expiry, we don't
let claims = null;
let serverZero = 0; // the server's clock when performance.now() was 0
let lastCheck = 0;
let over = false;

const NOT_TYPED = new Set(['hidden', 'submit', 'button', 'reset', 'image']);

/** fetch() with the access token. Same origin only: a token must not travel. */
export async function fetchWithToken(url, options = {}) {
  const target = new URL(url, location.href);
  if (target.origin !== location.origin) throw new TypeError(`${target.origin} must not see the token`);
  const headers = new Headers(options.headers);
  if (token) headers.set('Authorization', `Bearer ${token}`);
  const answer = await fetch(target, { ...options, headers });
  setClock(Date.parse(answer.headers.get('Date')) / 1000);
  pickUp(readCookie());
  if (answer.status === 401 && (await sessionIsOver(answer.clone()))) leave();
  return answer;
}

// A wrong password is a 401, too, and no reason to leave.
async function sessionIsOver(answer) {
  const code = (await answer.json().catch(() => ({}))).error?.code;
  return /^(token|session|refresh)_/.test(code);
}

/** Seconds the access token still lives, on the server's clock; never below 0. */
export function remaining() {
  if (!claims) return Math.max(0, loadedAt + Number(meta('access-expires-in')) - now());
  const left = claims.exp - serverZero - now();
  return Math.min(Math.max(0, left), claims.exp - claims.iat);
}

/** Seconds since the access token was issued. */
export const tokenAge = () => (claims ? claims.exp - claims.iat - remaining() : 0);

function readCookie() {
  const name = `${meta('access-cookie')}=`;
  const pair = document.cookie.split('; ').find((cookie) => cookie.startsWith(name));
  return pair?.slice(name.length) || null;
}

function read(jwt) {
  try {
    return JSON.parse(atob(jwt.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
  } catch {
    return null; // not ours to judge: the server will
  }
}

function setClock(serverTime) {
  const zero = serverTime - now();
  // Date has whole seconds only. Correct what a sleeping laptop lost, not that.
  if (Math.abs(zero - serverZero) > 1.5) serverZero = zero;
}

// All tabs share the cookie: a tab finds here what another one has renewed.
function pickUp(cookie) {
  const found = cookie && cookie !== token && read(cookie);
  if (!found) return;
  if (claims && found.sid !== claims.sid) return leave(); // another sign-in in this browser
  [token, claims] = [cookie, found];
  document.dispatchEvent(new CustomEvent('token-renewed', { detail: found }));
}

// A cookie that is gone before its time: signed out in a tab that could not tell
// us, or a laptop that slept. The server knows which, and a form half filled in
// is not lost for the second.
function watch() {
  if (document.hidden || over) return;
  const cookie = readCookie();
  if (cookie) pickUp(cookie);
  const vanished = !cookie && token && remaining() >= 2;
  if (now() - lastCheck >= (vanished ? 2 : 9)) check(); // so at most 10 s pass
}

// Ended from another device? The answer renews nothing: an open page does not extend the session.
async function check() {
  if (document.hidden || over || now() - lastCheck < 1) return;
  lastCheck = now();
  const answer = await fetch(meta('session-check')).catch(() => null); // offline is no sign-out
  setClock(Date.parse(answer?.headers.get('Date')) / 1000);
  if (answer?.status === 401) leave();
}

// The page is shown as it was, filled-in forms and all, once the server has said
// that its session is still open.
function lookAgain() {
  if (over) return;
  const cookie = readCookie();
  if (cookie) pickUp(cookie);
  lastCheck = 0;
  document.documentElement.hidden = !cookie;
  check().finally(() => { document.documentElement.hidden = false; });
}

// The session is over. Load this page again, by GET: the server shows it, or the login page and
// why. Typed text is not thrown away: then a message lets the user decide.
function leave() {
  if (over) return;
  over = true;
  if (holdsText()) {
    document.getElementById('session-over').hidden = false;
    return;
  }
  document.body.hidden = true;
  location.replace(meta('come-back') ?? location.pathname + location.search);
}

const holdsText = () => [...document.querySelectorAll('input, textarea, select')].some(holdsUnsent);

function holdsUnsent(field) {
  const { type, value, defaultValue } = field;
  if (field.disabled || field.readOnly || NOT_TYPED.has(type)) return false;
  if (type === 'checkbox' || type === 'radio') return field.checked !== field.defaultChecked;
  if (field.options) return isChanged([...field.options], type === 'select-one');
  if (type === 'password' && field.matches(':autofill')) return false;
  // What a POST has made may show again what was typed, with its errors.
  return value !== defaultValue || (value !== '' && meta('come-back') !== undefined);
}

// Of a list, the first is chosen if none is meant to be.
function isChanged(options, single) {
  const meant = options.some((option) => option.defaultSelected);
  return options.some((option, at) =>
    option.selected !== (meant || !single ? option.defaultSelected : at === 0));
}

function start() {
  token = readCookie();
  claims = token && read(token);
  if (claims) serverZero = claims.exp - meta('access-expires-in') - loadedAt;
  setInterval(watch, 1000);
  document.addEventListener('visibilitychange', check);
  addEventListener('focus', check);
  // Back after signing out: the browser would show the page as it was.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) lookAgain();
  });
}

const tabs = new BroadcastChannel('evergreen');
if (document.querySelector('[data-category="signed-out"]')) tabs.postMessage('signed-out');
if (meta('access-cookie')) {
  start();
  tabs.onmessage = leave;
}
