"""Which accounts this browser has signed in to: a signed cookie that outlives the sessions.

Guesses from a browser that is known to an account are counted apart (core/attempts.py), so
nobody can lock its owner out of it (OWASP, "Slow Down Online Guessing Attacks with Device
Cookies"). It proves nothing else: a password is asked for all the same. The cookie names no
address: whoever finds the browser learns nothing from it.
"""

import hmac
import secrets

from flask import after_this_request, current_app
from itsdangerous import BadData, URLSafeSerializer

from webapp.core.attempts import account_name

from . import cookies

# People who share a browser. More: a longer cookie in every request. Fewer: the one who has not
# signed in for longest is a stranger again.
MAX_ACCOUNTS = 5
# Hex digits of an account's digest.
DIGEST_LENGTH = 16

Known = list[list[str]]


def known_as(email: str) -> str | None:
    """This browser's id for the account, if somebody has signed in to it here."""
    return dict(_remembered()).get(_digest(email))


def recognise(email: str) -> None:
    """After a successful sign-in: from now on this browser is known to the account."""
    digest, before = _digest(email), _remembered()
    mine = [digest, dict(before).get(digest) or secrets.token_urlsafe(16)]
    known = [mine, *(each for each in before if each != mine)][:MAX_ACCOUNTS]
    if known != before:
        value = _serializer().dumps(known)
        after_this_request(lambda response: cookies.remember_browser(response, value))


def _remembered() -> Known:
    """Newest first; a cookie that is not ours is none."""
    try:
        known: Known = _serializer().loads(cookies.read(cookies.KNOWN_BROWSER) or "")
    except BadData:
        return []
    return known


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(_key(), salt="known browser")


def _digest(email: str) -> str:
    account = f"known browser of {account_name(email)}".encode("utf-8", "surrogatepass")
    return hmac.digest(_key(), account, "sha256").hex()[:DIGEST_LENGTH]


def _key() -> bytes:
    return str(current_app.secret_key).encode()
