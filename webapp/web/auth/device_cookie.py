"""The device cookie: which browser this is, by a signed random id that outlives its sessions.

It distinguishes a repeat of a refresh token by the browser from one by a thief
(core/token_issuer.py). Guesses from a browser that is known to an account are counted
apart: a stranger can't lock its owner out
(OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). If its user trusts the browser,
no second step is needed there for 30 days. It proves nothing else, and names no person: SQL stores
which accounts know the browser, and deletes it with them.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from flask import Response, after_this_request, g
from itsdangerous import Signer

from webapp.core.token_issuer import ClientInfo
from webapp.core.validation import normalize_email
from webapp.web.services import client_info, services

from . import cookies

# What a cookie is signed for. A stand-in is given to a browser that has lost its cookie, or still
# has one of the earlier kind, while it is signed in: its next sign-in gets it a random one. (A
# thief with a copied refresh token could get the stand-in, too.)
DEVICE, STAND_IN = "device", "device of a session"


class Device(NamedTuple):
    id: str
    """The part before the signature. Empty: the browser sent no cookie."""
    signed: bool
    """Whether it is a device cookie of ours. Any other text is still the same each time, which is
    all that a repeat needs: also a cookie of an earlier version, or of another SECRET_KEY."""


def device_of_request() -> Device:
    """The device of this request's cookie. Of several cookies the last valid one: browsers send
    those with a longer path, such as another app's, first."""
    found = [_read(_keys(), text) for text in reversed(cookies.read_all(cookies.DEVICE))]
    return next((each for each in found if each.signed), next(iter(found), Device("", False)))


def browser() -> ClientInfo:
    """Where this request comes from, with its device."""
    return replace(client_info(), device_id=device_of_request().id)


def browser_to_sign_in() -> ClientInfo:
    """As `browser`, with a new device if it has none; the answer carries that."""
    device = device_of_request()
    if not device.signed:
        g.new_device = device = Device(secrets.token_urlsafe(16), True)
    return replace(client_info(), device_id=device.id)


def signed_id() -> str:
    """Of the device cookie that this browser has, or is about to get; empty if there is none."""
    device = g.get("new_device") or device_of_request()
    return device.id if device.signed else ""


@contextmanager
def remember_browser_of_link() -> Iterator[None]:
    """Context manager for the action of a mailed link: then the account knows this browser.

    Its user may set a password because a stranger's guesses have locked the account.
    """
    browser_to_sign_in()
    yield
    if "new_device" in g:
        value = _sign(g.new_device.id, DEVICE)
        after_this_request(lambda response: cookies.set_device_cookie(response, value))


def add_device_cookie(response: Response, sid: str) -> Response:
    """Add the device cookie behind the token cookies: it is never set without them."""
    if "new_device" in g:
        return cookies.set_device_cookie(response, _sign(g.new_device.id, DEVICE))
    device = device_of_request()
    if device.signed or device.id == sid:
        return response
    return cookies.set_device_cookie(response, _sign(sid, STAND_IN))


def is_known_to(email: str) -> bool:
    """Whether this browser has signed in to that account, or used a link mailed to its address.

    Raises Unavailable.
    """
    device = device_of_request()
    try:
        account = normalize_email(email)
    except ValueError:
        return False
    return device.signed and services().device_queries.knows(account, device.id)


@lru_cache(maxsize=1024)
def _read(keys: tuple[str, ...], text: str) -> Device:
    return Device(text.rpartition(".")[0] or text, Signer(keys, salt=DEVICE).validate(text))


def _sign(device_id: str, purpose: str) -> str:
    return Signer(_keys(), salt=purpose).sign(device_id).decode()


def _keys() -> tuple[str, ...]:
    """Oldest first: the last one signs."""
    settings = services().settings
    return (*reversed(settings.secret_key_fallbacks), settings.secret_key)
