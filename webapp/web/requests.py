"""What kind of request this is, and where it may be sent on to."""

from urllib.parse import urlsplit

from flask import current_app, request, url_for

API_PREFIX = "/api/"


def is_api() -> bool:
    return request.path.startswith(API_PREFIX)


def is_navigation() -> bool:
    """Whether a person is looking at the answer: not a script, an image or a prefetch."""
    mode = request.headers.get("Sec-Fetch-Mode")
    return mode == "navigate" if mode else request.accept_mimetypes.accept_html


def return_path() -> str | None:
    """Where to come back to after login: this page, or the page of the form that was sent."""
    if request.method in ("GET", "HEAD"):
        return request.full_path.rstrip("?")
    return request.path if _can_be_visited(request.path) else None


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
    path = urlsplit(target).path
    return target if _can_be_visited(path) and path != url_for("pages.login") else home


def _can_be_visited(path: str) -> bool:
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(path, "GET")
