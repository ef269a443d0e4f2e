"""Classify a request: API, page visit, background fetch, or command line client."""

from flask import Flask, Request, current_app, request

# Paths for programs: JSON only, and cookies are ignored.
API_PREFIXES = ("/api/", "/oauth/")
# For people, and in the same place.
API_PAGES = ("/api/docs", "/api/openapi.json")

# By these, browsers mark what they fetch before a person wants to see it.
PREFETCH = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")
# What a tab shows (document), and what a script reads (empty). All others are parts of a page.
NOT_ON_A_PAGE = ("document", "empty")


def this_request() -> Request:
    """Itself, for what every request passes: through Flask's proxy each look takes a µs more."""
    itself: Request = request._get_current_object()  # type: ignore[attr-defined]
    return itself


def this_app() -> Flask:
    itself: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return itself


def is_api() -> bool:
    return is_api_path(this_request().environ["PATH_INFO"])


def is_api_path(path: str) -> bool:
    path = f"/{path.lstrip('/')}/"  # as the router reads it
    return path.startswith(API_PREFIXES) and not path.startswith(API_PAGES)


def is_visit() -> bool:
    """A person opens a page in a tab, and will see it now. Only such an answer deletes cookies.

    Not the call of a script, and not an image, a frame, a prefetch or HEAD.
    """
    return is_navigation() and not is_background()


def shows_messages() -> bool:
    """A visit, or a program that reads what comes. Only these use up messages, or get new ones."""
    return (is_navigation() or is_command_line_client()) and not is_background()


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
    """Whether the browser requests a page: for a tab, a frame or a prefetch."""
    mode = request.headers.get("Sec-Fetch-Mode")
    # Not sent over plain http. Scripts and images accept */*, navigations name the type.
    return mode == "navigate" if mode else "text/html" in request.headers.get("Accept", "")


def is_command_line_client() -> bool:
    """A program that is no browser: it names no type, speaks no language, and reads what comes."""
    of_browsers = ("Sec-Fetch-Mode", "Accept-Language")
    headers = request.headers
    return headers.get("Accept", "*/*") == "*/*" and not any(
        name in headers for name in of_browsers
    )
