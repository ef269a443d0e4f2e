"""Every cookie attribute, and nowhere else.

Over https (or with COOKIE_SECURE=true) names carry the `__Host-` prefix: the
browser then accepts them from this very host alone, over TLS alone.
"""

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface
from werkzeug import Response

from webapp.core.grants import Grant

from .services import services

REFRESH = "refresh_token"
ACCESS = "access_token"
KNOWN_BROWSER = "known_browser"

# Seconds; browsers keep no cookie for longer.
LONGEST = 400 * 24 * 3600


def secure() -> bool:
    chosen = services().settings.cookie_secure
    return request.is_secure if chosen is None else chosen


def name(base: str) -> str:
    return f"__Host-{base}" if secure() else base


def read(base: str) -> str | None:
    return request.cookies.get(name(base)) or None


def remember_grant(response: Response, grant: Grant) -> None:
    """Hand both tokens to the browser.

    The refresh token is for the server alone (HttpOnly), and it must come with
    every request (Path=/), or the hook would never see it. The access token is
    for scripts too. Lax: a link from another site arrives signed in, its forms
    and frames do not.
    """
    kept = grant.refresh.exp - grant.refresh.iat if grant.session.remembered else None
    _set(response, REFRESH, grant.refresh_token, max_age=kept, httponly=True)
    lifetime = grant.access.exp - grant.access.iat
    _set(response, ACCESS, grant.access_token, max_age=lifetime, httponly=False)


def forget_grant(response: Response) -> None:
    _set(response, REFRESH, "", max_age=0, httponly=True)
    _set(response, ACCESS, "", max_age=0, httponly=False)


def remember_browser(response: Response, value: str) -> None:
    """Proves nothing but that somebody has signed in here before; it survives a logout."""
    _set(response, KNOWN_BROWSER, value, max_age=LONGEST, httponly=True)


def _set(response: Response, base: str, value: str, *, max_age: int | None, httponly: bool) -> None:
    response.set_cookie(
        name(base),
        value,
        max_age=max_age,
        path="/",
        secure=secure(),
        httponly=httponly,
        samesite="Lax",
    )


class FlaskSessionCookie(SecureCookieSessionInterface):
    """`flask.session` (CSRF state and flash messages) by the same rules."""

    def get_cookie_name(self, app: Flask) -> str:
        return name("session")

    def get_cookie_secure(self, app: Flask) -> bool:
        return secure()

    def get_cookie_samesite(self, app: Flask) -> str:
        return "Lax"
