"""CSRF protection: only forms that a page of this site has shown are accepted.

Protected pages need the token of their session. It follows from the `sid`: the same in all tabs,
another for the next person who signs in. Forms of public pages need no cookie where the browser
says where they come from; else a token that is bound to `flask.session` is required (OWASP
Cross-Site Request Forgery Prevention Cheat Sheet: Fetch Metadata, then Origin, then a token).
"""

import hmac
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

import flask
from flask import Flask, current_app, g, request
from flask_wtf.csrf import CSRFError, generate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import HTTPException

from webapp.web import messages
from webapp.web.request_info import is_background
from webapp.web.services import services

from . import cookies

# `none`: the person typed the URL. Not `same-site`: that is another host of the same domain.
FROM_HERE = {"same-origin", "none"}
# This endpoint accepts the token of any session: the page may be old, and a logout is harmless.
ANY_TOKEN = "pages.logout"  # noqa: S105 - an endpoint
TOKEN_HEADERS = ("X-CSRFToken", "X-CSRF-Token")
DEFAULT_PORTS = {"http": 80, "https": 443}


def install(app: Flask) -> None:
    """Without Flask-WTF's CSRFProtect: the hook checks each form, with the rules of this file."""
    # A CSRFProtect of an extension would refuse the tokens of sessions.
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.jinja_env.globals["csrf_token"] = csrf_token


def csrf_token() -> str:
    """The token for a form in a template that is no FlaskForm."""
    bind_secret_to_session()
    return str(generate_csrf())


def bind_secret_to_session(kept_form: str = "") -> None:
    """Bind the tokens of this response to the session, if there is one.

    Called when a form is rendered: most pages have none. A page that shows a saved form again, with
    its errors, passes on the id of that form.
    """
    if "csrf_token" in g and not kept_form:
        return
    if identity := g.get("identity"):
        sid = identity.access.sid
        sent = None
        with suppress(HTTPException):  # too large, or unreadable: this is the page that says so
            sent = sent_token() if request.method == "POST" else None
        if sent and sent.sid == sid:
            kept_form = sent.kept_form
        g.csrf_token = _serializer().dumps(FormToken(sid, kept_form).to_secret())
    elif is_background():
        g.csrf_token = ""  # otherwise it would bring a cookie along, over that of a page


def check_form(is_public: bool, own_sessions: Callable[[], set[str]]) -> None:
    """Check the form of an unsafe request. Raises CSRFError with the reason as page text."""
    from_here = is_from_here()
    if from_here is False:
        raise CSRFError(messages.FORM_FROM_ELSEWHERE)
    if not (is_public and from_here) and not _has_token(is_public, own_sessions):
        raise CSRFError(_why_refused(is_public))
    g.csrf_valid = True


def is_from_here() -> bool | None:
    """Whether a page of this origin sent the request; None if the browser sent no origin.

    `Origin: null` proves nothing: any page with `no-referrer` sends it, of this site or another.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin", "null")
    if site:
        return site in FROM_HERE
    if origin == "null":
        return None
    base_url = services().settings.base_url
    ours = (f"{request.scheme}://{request.host}", base_url)
    return _normal(origin) in {_normal(each) for each in ours if each} - {None}


class FormToken(NamedTuple):
    """The signed content of the `csrf_token` of a session's form."""

    sid: str
    """The session whose page rendered the form: the form names it without cookies as well."""
    kept_form: str = ""
    """The id of the saved form that the page shows again (saved_forms.py)."""

    def to_secret(self) -> str:
        key = str(current_app.secret_key).encode()
        mac = hmac.digest(key, f"forms of {self.sid} {self.kept_form}".encode(), "sha256").hex()
        return f"{self.sid}.{self.kept_form}.{mac}"


def sent_token() -> FormToken | None:
    """The token of the submitted form, of any age; None if it is a guest's or not authentic."""
    secret = _sent_secret()
    token = FormToken(*secret.split(".")[:2])
    return token if hmac.compare_digest(secret, token.to_secret()) else None


def token_belongs_to(sid: str) -> bool:
    """Whether the submitted form came from a page of that session."""
    token = sent_token()
    return token is not None and token.sid == sid


def _has_token(is_public: bool, own_sessions: Callable[[], set[str]]) -> bool:
    """A public page has no identity: it accepts a form of any session of this browser as well, also
    when `flask.session` is lost."""
    if not is_public:
        return token_belongs_to(g.identity.access.sid)
    secret = _sent_secret()
    if not secret:
        return False
    if request.endpoint == ANY_TOKEN and "Origin" not in request.headers:
        return True
    known = str(flask.session.get("csrf_token", ""))
    return hmac.compare_digest(secret, known) or any(
        token_belongs_to(sid) for sid in own_sessions()
    )


def _sent_secret() -> str:
    """The signed content of the submitted token; empty if it is not authentic."""
    fields = (value for name, value in request.form.items() if name.endswith("csrf_token"))
    headers = (request.headers.get(name) for name in TOKEN_HEADERS)
    token = next(filter(None, (*fields, *headers)), "")
    try:
        return str(_serializer().loads(token))
    except BadData:
        return ""


def _why_refused(is_public: bool) -> str:
    if not cookies.has_own_cookies():
        return messages.COOKIES_NEEDED
    if is_public or sent_token() is None:
        return messages.FORM_OUT_OF_DATE
    return messages.FORM_OF_ANOTHER_SESSION.format(email=g.identity.user.email)


def _serializer() -> URLSafeTimedSerializer:
    """The serializer of Flask-WTF's own tokens."""
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="wtf-csrf-token")


def _normal(url: str) -> tuple[str, str, int | None] | None:
    """An origin in comparable form (RFC 6454 section 4); None if the text is no origin."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        return parts.scheme, host, parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
