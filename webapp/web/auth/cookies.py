"""Every cookie attribute, and nowhere else.

Over https (or with COOKIE_SECURE=true) names carry the `__Host-` prefix: the
browser then accepts them from this very host alone, over TLS alone.
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
# Flask's own. Not `session`: each Flask app of the host would overwrite it.
FLASK_SESSION = "evergreen_session"
LAB = "token_lab"

# No other one: a browser may count that to a cookie's name.
SPACE = " \t"

# Values of one name that are looked at. More: a request of junk cookies costs more signatures.
# Fewer: another app on this host can hide our cookies with fewer of its own.
MOST_VALUES = 4

# Seconds that a browser's requests are recorded after it has last opened the lab.
LAB_OPEN = 900
# Seconds; browsers keep no cookie for longer.
LONGEST = 400 * 24 * 3600


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
    6265 section 5.4). Found by hand: parsing all cookies takes as long as all the hook.
    """
    header: str = this_request().environ.get("HTTP_COOKIE", "")
    wanted = f"{name(base)}="
    values: list[str] = []
    start = header.find(wanted)
    while start >= 0 and len(values) < MOST_VALUES:
        end = header.find(";", start)
        end = len(header) if end < 0 else end
        value = header[start + len(wanted) : end].rstrip(SPACE)
        if value and value not in values and _begins_a_cookie(header, start):
            values.append(value)
        start = header.find(wanted, end)
    return values


def _begins_a_cookie(header: str, start: int) -> bool:
    if start == 0 or header[start - 2 : start] == "; ":
        return True
    while start and header[start - 1] in SPACE:
        start -= 1
    return start == 0 or header[start - 1] == ";"


def has_own_cookies() -> bool:
    """Whether this browser takes cookies. Those of other apps on the host are no proof."""
    return any(read(base) for base in (FLASK_SESSION, REFRESH, ACCESS, DEVICE))


def set_token_cookies(response: AnyResponse, grant: IssuedTokens) -> AnyResponse:
    """Hand both tokens to the browser.

    The refresh token is for the server alone (HttpOnly), and it must come with
    every request (Path=/), or the hook would never see it. The access token is
    for scripts too. Lax: a link from another site arrives signed in, its forms
    and frames do not. Without "Keep me signed in" neither has a Max-Age: a cookie
    that has one survives the browser, and the next person would be signed in.
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
    """The device cookie: it survives a logout."""
    _set(response, DEVICE, value, max_age=LONGEST, httponly=True)
    return response


def set_lab_cookie(response: AnyResponse) -> AnyResponse:
    """Marks a browser that looks at the lab: what its own requests do is recorded for it."""
    _set(response, LAB, "1", max_age=LAB_OPEN, httponly=True)
    return response


def _set(response: Response, base: str, value: str, *, max_age: int | None, httponly: bool) -> None:
    """RFC 6265 section 4.1.1. `value` is base64url and dots: there is nothing to quote."""
    attributes = [
        f"{name(base)}={value}",
        *([] if max_age is None else [f"Max-Age={max_age}"]),
        *(["Secure"] if secure() else []),
        *(["HttpOnly"] if httponly else []),
        "Path=/",
        "SameSite=Lax",
    ]
    response.headers.add("Set-Cookie", "; ".join(attributes))
