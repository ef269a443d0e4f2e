"""What kind of request this is, and where it may be sent on to."""

from urllib.parse import urlsplit

from flask import Flask, Request, current_app, request, url_for
from werkzeug.exceptions import HTTPException

# Where nobody wants to arrive after login.
NO_DESTINATION = {None, "pages.login", "pages.logout", "pages.favicon"}

# Programs are asked and answered here, in JSON, and no cookie counts.
API_PREFIXES = ("/api/", "/oauth/")
# For people, and in the same place.
API_PAGES = ("/api/docs", "/api/openapi.json")

# By these, browsers mark what they fetch before a person wants to see it.
PREFETCH = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")
# What a tab shows (document), and what a script reads (empty). All others stand on a page.
NOT_ON_A_PAGE = ("document", "empty")


def this_request() -> Request:
    """Itself, for what every request passes: through Flask's proxy each look takes a µs more."""
    itself: Request = request._get_current_object()  # type: ignore[attr-defined]
    return itself


def this_app() -> Flask:
    itself: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return itself


def is_api() -> bool:
    path = f"/{this_request().environ['PATH_INFO'].lstrip('/')}/"  # as the router reads it
    return path.startswith(API_PREFIXES) and not path.startswith(API_PAGES)


def is_visit() -> bool:
    """A person opens a page in a tab, and will see it now. Only such an answer deletes cookies.

    Not the call of a script, and not an image, a frame, a prefetch or HEAD.
    """
    return is_navigation() and not is_background()


def shows_messages() -> bool:
    """A visit, or a program that reads what comes. Only these use up messages, or get new ones."""
    return (is_navigation() or is_plain_client()) and not is_background()


def is_background() -> bool:
    """A browser fetches it by itself: beside a page, or before it is wanted. And HEAD."""
    environ = this_request().environ
    return (
        environ["REQUEST_METHOD"] == "HEAD"
        or environ.get("HTTP_SEC_FETCH_MODE") == "no-cors"
        or environ.get("HTTP_SEC_FETCH_DEST", "document") not in NOT_ON_A_PAGE
        or any(environ.get(name) for name in PREFETCH)
    )


def is_navigation() -> bool:
    """Whether a page is asked for, in a tab or a frame, now or in advance."""
    mode = request.headers.get("Sec-Fetch-Mode")
    # Not told over plain http. Scripts and images accept */*, navigations name the type.
    return mode == "navigate" if mode else "text/html" in request.headers.get("Accept", "")


def is_plain_client() -> bool:
    """A program that is no browser: it names no type, speaks no language, and reads what comes."""
    told = ("Sec-Fetch-Mode", "Accept-Language")
    headers = request.headers
    return headers.get("Accept", "*/*") == "*/*" and not any(name in headers for name in told)


def return_path() -> str | None:
    """Where to come back to after login: this page, or the page of the form that was sent."""
    if request.method in ("GET", "HEAD"):
        query = request.query_string.decode(errors="replace")
        return f"{request.path}?{query}" if query else request.path
    return request.path if _page_at(request.path) else None


def safe_next(target: str | None) -> str:
    """The page to go on to: on this site whatever was asked for, otherwise the dashboard.

    Browsers read `//host`, `/\\host` and `/<tab>/host` as other sites (OWASP
    Unvalidated Redirects Cheat Sheet).
    """
    home = url_for("pages.dashboard")
    if not target or not target.startswith("/") or target[1:2] in ("/", "\\"):
        return home
    if "\\" in target or not target.isascii() or not target.isprintable() or " " in target:
        return home
    return target if _page_at(urlsplit(target).path) not in NO_DESTINATION else home


def _page_at(path: str) -> str | None:
    """The endpoint of the page that a person could visit there."""
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None
    try:
        endpoint = str(adapter.match(path, "GET")[0])
    except HTTPException:
        return None
    return endpoint if endpoint.startswith(("pages.", "lab.")) else None
