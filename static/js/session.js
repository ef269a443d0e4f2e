// The session in the page: which token to send, its remaining lifetime, and what
// to do when the session has ended. There is no refresh code and no lock between
// tabs: the server renews a call's expired token during that call, so the last
// token can always be sent, however old it is.

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;
const now = () => performance.now() / 1000;

/** When the server answered with this page, in seconds of performance.now(). */
const loadedAt = performance.getEntriesByType('navigation')[0].responseStart / 1000;

let token = null; // as last read: the browser deletes the cookie at expiry, this page keeps the token
let claims = null;
let serverZero = 0; // the server's clock when performance.now() was 0
let lastCheck = 0;
let ended = false;

const NOT_TYPED = new Set(['hidden', 'submit', 'button', 'reset', 'image']);

/** fetch() with the access token. Same origin only: other sites must not receive the token. */
export async function fetchWithToken(url, options = {}) {
  const target = new URL(url, location.href);
  if (target.origin !== location.origin) throw new TypeError(`${target.origin} must not see the token`);
  const headers = new Headers(options.headers);
  if (token) headers.set('Authorization', `Bearer ${token}`);
  const answer = await fetch(target, { ...options, headers });
  setClock(Date.parse(answer.headers.get('Date')) / 1000);
  takeCookie(readCookie());
  if (answer.status === 401 && (await sessionEnded(answer.clone()))) leave();
  return answer;
}

// A wrong password is a 401, too: the session goes on.
async function sessionEnded(answer) {
  const code = (await answer.json().catch(() => ({}))).error?.code;
  return /^(token|session|refresh)_/.test(code);
}

/** Remaining lifetime of the access token in seconds, on the server's clock; at least 0. */
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
    return null; // the server checks it
  }
}

function setClock(serverTime) {
  const zero = serverTime - now();
  // The Date header has whole seconds: correct only larger differences, as after sleep.
  if (Math.abs(zero - serverZero) > 1.5) serverZero = zero;
}

// All tabs share the cookie: this reads a token that another tab has renewed.
function takeCookie(cookie) {
  const newClaims = cookie && cookie !== token && read(cookie);
  if (!newClaims) return;
  if (claims && newClaims.sid !== claims.sid) return leave(); // another sign-in in this browser
  [token, claims] = [cookie, newClaims];
  document.dispatchEvent(new CustomEvent('token-renewed', { detail: newClaims }));
}

// A cookie that disappeared before its expiry: a sign-out in a tab that could not
// notify this one, or a laptop that slept. Only the server can tell, and a
// half-filled form is not lost in the second case.
function watch() {
  if (document.hidden || ended) return;
  const cookie = readCookie();
  if (cookie) takeCookie(cookie);
  const vanished = !cookie && token && remaining() >= 2;
  if (now() - lastCheck >= (vanished ? 2 : 9)) check(); // so at most 10 s pass
}

// Whether the session was ended on another device. This renews nothing: an open page does not
// extend the session.
async function check() {
  if (document.hidden || ended || now() - lastCheck < 1) return;
  lastCheck = now();
  const answer = await fetch(meta('session-check')).catch(() => null); // offline is no sign-out
  setClock(Date.parse(answer?.headers.get('Date')) / 1000);
  if (answer?.status === 401) leave();
}

// A page restored by the browser stays hidden until the server confirms that its
// session is still open.
function checkRestored() {
  if (ended) return;
  const cookie = readCookie();
  if (cookie) takeCookie(cookie);
  lastCheck = 0;
  document.documentElement.hidden = !cookie;
  check().finally(() => { document.documentElement.hidden = false; });
}

// The session has ended. Load this page again with GET: the server shows it, or the sign-in page
// with the reason. A page with typed text stays, and shows a message instead.
function leave() {
  if (ended) return;
  ended = true;
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
  // The response to a POST may show the typed text again, with its errors.
  return value !== defaultValue || (value !== '' && meta('come-back') !== undefined);
}

// In a single list the first option is selected if none is marked.
function isChanged(options, single) {
  const marked = options.some((option) => option.defaultSelected);
  return options.some((option, at) =>
    option.selected !== (marked || !single ? option.defaultSelected : at === 0));
}

function start() {
  token = readCookie();
  claims = token && read(token);
  if (claims) serverZero = claims.exp - meta('access-expires-in') - loadedAt;
  setInterval(watch, 1000);
  document.addEventListener('visibilitychange', check);
  addEventListener('focus', check);
  // Back after signing out: the browser would show the old page.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) checkRestored();
  });
}

const tabs = new BroadcastChannel('evergreen');
if (document.querySelector('[data-category="signed-out"]')) tabs.postMessage('signed-out');
if (meta('access-cookie')) {
  start();
  tabs.onmessage = leave;
}
