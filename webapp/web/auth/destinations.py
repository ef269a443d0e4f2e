"""Where a person may be sent on to after signing in: to pages, of any blueprint of this app."""

import string
from collections.abc import Iterable
from urllib.parse import quote, unquote, urlsplit

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException

from webapp.web.request_info import is_api_path

from .authorization import DECLARATION, View

NOT_A_DESTINATION = "not_a_destination"

# Characters of a URL that need no escape (RFC 3986 section 3.3, and any character of a query).
IN_PATHS = "/!$&'()*+,;=:@"
IN_QUERIES = string.punctuation.replace("\\", "")


def not_a_destination(view: View) -> View:
    """A route that answers GET and is no page for people, or one that signs in or out.

    All others that declare who may call them are pages.
    """
    view.__dict__[NOT_A_DESTINATION] = True
    return view


def return_path() -> str | None:
    """Where to come back to: this page, or the page of the form that was sent."""
    reads, path = request.method in ("GET", "HEAD"), request.script_root + request.path
    if not is_page(request.path) and not (reads and is_protected_path(path)):
        return None
    path = quote(path, IN_PATHS)
    query = quote(request.query_string, IN_QUERIES) if reads else ""
    return f"{path}?{query}" if query else path


def safe_next(target: str | None) -> str:
    """The redirect target: `target` if it is a page of this site, otherwise the dashboard.

    Browsers read `//host`, `/\\host` and `/<tab>/host` as other sites (OWASP
    Unvalidated Redirects Cheat Sheet).
    """
    return target if target and leads_to_a_page(target) else url_for("pages.dashboard")


def leads_to_a_page(target: str) -> bool:
    """Whether it is the path and query of a page of this app, or of an app behind it."""
    if not is_local(target):
        return False
    path, root = unquote(urlsplit(target).path), request.script_root
    own = path.startswith(f"{root}/") and is_page(path.removeprefix(root))
    return own or is_protected_path(path)


def is_local(target: str) -> bool:
    """Whether it is a path and query that no browser reads as another site's."""
    if not target.startswith("/") or target[1:2] in ("/", "\\"):
        return False
    return "\\" not in target and " " not in target and target.isascii() and target.isprintable()


def this_path() -> str:
    """The path and query of this request, to come back by GET."""
    path = quote(request.script_root + "/" + request.path.lstrip("/"), IN_PATHS)
    query = quote(request.query_string, IN_QUERIES)
    return f"{path}?{query}" if query else path


def is_page(path: str) -> bool:
    """Whether a person could visit it. Browsers take `..` away before they ask."""
    if is_api_path(path) or has_dot_segments(path):
        return False
    view = view_of(path)
    return hasattr(view, DECLARATION) and not hasattr(view, NOT_A_DESTINATION)


def is_protected_path(path: str) -> bool:
    """Whether it belongs to an app behind `/forward` or `Protected`, and not to this app.

    `path` holds the part of the URL below which this app runs (SCRIPT_NAME), if it does.
    """
    if has_dot_segments(path) or view_of(path.removeprefix(request.script_root)):
        return False
    prefixes: Iterable[str] = current_app.config["PROTECTED_PATHS"]
    return any(f"{path}/".startswith(f"{prefix.rstrip('/')}/") for prefix in prefixes)


def has_dot_segments(path: str) -> bool:
    return not {".", ".."}.isdisjoint(path.split("/"))


def view_of(path: str) -> object:
    """The view of this app that answers GET there, or None."""
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None
    try:
        return current_app.view_functions[adapter.match(path, "GET")[0]]
    except HTTPException:
        return None
