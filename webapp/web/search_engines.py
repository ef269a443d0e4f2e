"""Which pages search engines may list, and the URLs that they and link previews get."""

from flask import current_app, request, url_for

from .auth.authorization import View
from .services import services

INDEXABLE = "indexable"


def indexable(view: View) -> View:
    """Declare a page that shows the same to all guests. All other pages carry `noindex`."""
    view.__dict__[INDEXABLE] = True
    return view


def canonical_url() -> str | None:
    """The URL of this page without its query; None if search engines are not to list it."""
    view = current_app.view_functions.get(request.endpoint or "")
    return absolute_url(request.script_root + request.path) if hasattr(view, INDEXABLE) else None


def preview_image() -> str:
    return absolute_url(url_for("static", filename="icon-512.png"))


def absolute_url(path: str) -> str:
    """Below WEBAPP_BASE_URL, which holds the part of the path below which the app runs.

    Not as the request names the host: a client chooses that.
    """
    settings = services().settings
    own = path.removeprefix(request.script_root) if settings.base_url else path
    return settings.public_url + own
