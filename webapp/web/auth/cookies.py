"""Names, attributes and values of all cookies of this app.

Over https (or with COOKIE_SECURE=true) names carry the `__Host-` prefix: the browser then accepts
them only from this host, over TLS (RFC 6265bis section 4.1.3.2).
"""

from typing import TypeVar

from werkzeug import Response

from webapp.core.token_issuer import IssuedTokens
from webapp.web.request_info import this_request
from webapp.web.services import services

AnyResponse = TypeVar("AnyResponse", bound=Response)

REFRESH = "refresh_token"
ACCESS = "access_token"
DEVICE = "known_browser"
# Flask's session. Not named `session`: each Flask app of the host would overwrite it.
FLASK_SESSION = "evergreen_session"
LAB = "token_lab"
# Between the password and the code.
SECOND_STEP = "second_step"
LANGUAGE = "language"
THEME = "theme"

# Other white space may be part of a cookie's name to a browser.
SPACE = " \t"

# Values of one name that are read. More: a request of junk cookies costs more signatures.
# Fewer: another app on this host can hide our cookies with fewer of its own.
MAX_VALUES = 4

# Seconds for which a browser's requests are recorded after it has opened the lab.
LAB_TTL = 900
# Seconds; browsers keep no cookie longer (RFC 6265bis section 5.5).
MAX_TTL = 400 * 24 * 3600


OWN = (FLASK_SESSION, REFRESH, ACCESS, DEVICE, SECOND_STEP)


def secure() -> bool:
    chosen = services().settings.cookie_secure
    return this_request().environ["wsgi.url_scheme"] == "https" if chosen is None else chosen


def name(base: str) -> str:
    return f"__Host-{base}" if secure() else base


def read(base: str) -> str | None:
    """The first value of that name."""
    return next(iter(read_all(base)), None)


def read_all(base: str) -> list[str]:
    """The values of that name, each once, in the order in which the browser sent them.

    Another app on this host may have set cookies of the same name, for a path or a domain (RFC
    6265 section 5.4). `request.cookies` has all names, and takes as long as the hook.
    """
    header: str = this_request().environ.get("HTTP_COOKIE", "")
    wanted = f"{name(base)}="
    values: list[str] = []
    for pair in header.split(";"):
        pair = pair.strip(SPACE)
        if pair.startswith(wanted) and (value := pair.removeprefix(wanted)) not in ("", *values):
            values.append(value)
            if len(values) == MAX_VALUES:
                break
    return values


def has_own_cookies() -> bool:
    """Whether the browser sent a cookie of this app. Cookies of other apps do not count."""
    return any(read(base) for base in OWN)


def set_token_cookies(response: AnyResponse, grant: IssuedTokens) -> AnyResponse:
    """Set both tokens as cookies.

    Scripts can't read the refresh token (HttpOnly); it comes with every request (Path=/), for the
    hook reads it. Scripts can read the access token. Lax: a link from another site arrives signed
    in, its forms and frames do not. Without "Keep me signed in" neither has a Max-Age: both end
    with the browser, so that the next person at it is not signed in.
    """
    for base, token, claims in (
        (REFRESH, grant.refresh_token, grant.refresh),
        (ACCESS, grant.access_token, grant.access),
    ):
        max_age = claims.exp - claims.iat if grant.session.remembered else None
        _set(response, base, token, max_age=max_age, httponly=base == REFRESH)
    return response


def delete_refresh_cookie(response: AnyResponse) -> AnyResponse:
    _set(response, REFRESH, "", max_age=0, httponly=True)
    return response


def delete_token_cookies(response: AnyResponse) -> AnyResponse:
    _set(response, ACCESS, "", max_age=0, httponly=False)
    return delete_refresh_cookie(response)


def set_device_cookie(response: AnyResponse, value: str) -> AnyResponse:
    """Set the device cookie, which survives a logout."""
    _set(response, DEVICE, value, max_age=MAX_TTL, httponly=True)
    return response


def set_second_step_cookie(response: AnyResponse, value: str) -> AnyResponse:
    """It ends with the browser, and carries its own expiry."""
    _set(response, SECOND_STEP, value, max_age=None, httponly=True)
    return response


def delete_second_step_cookie(response: AnyResponse) -> AnyResponse:
    if read(SECOND_STEP):
        _set(response, SECOND_STEP, "", max_age=0, httponly=True)
    return response


def set_language_cookie(response: AnyResponse, value: str) -> AnyResponse:
    """Of guests, and of a user's browser after the sign-out."""
    _set(response, LANGUAGE, value, max_age=MAX_TTL, httponly=True)
    return response


def set_theme_cookie(response: AnyResponse, value: str) -> AnyResponse:
    """Of a browser: the same person may want another one on another screen."""
    _set(response, THEME, value, max_age=MAX_TTL, httponly=True)
    return response


def delete_theme_cookie(response: AnyResponse) -> AnyResponse:
    _set(response, THEME, "", max_age=0, httponly=True)
    return response


def set_lab_cookie(response: AnyResponse) -> AnyResponse:
    """Mark a browser that has opened the lab, so that its own requests are recorded."""
    _set(response, LAB, "1", max_age=LAB_TTL, httponly=True)
    return response


def _set(response: Response, base: str, value: str, *, max_age: int | None, httponly: bool) -> None:
    """Add a Set-Cookie header (RFC 6265 section 4.1.1). Base64url and dots need no quotes."""
    attributes = [
        f"{name(base)}={value}",
        *([] if max_age is None else [f"Max-Age={max_age}"]),
        *(["Secure"] if secure() else []),
        *(["HttpOnly"] if httponly else []),
        "Path=/",
        "SameSite=Lax",
    ]
    response.headers.add("Set-Cookie", "; ".join(attributes))
