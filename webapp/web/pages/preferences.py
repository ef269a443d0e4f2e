"""The choice of a language and of a theme: cookies, and the language of the account."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from webapp.web.auth import cookies
from webapp.web.auth.authentication import load_identity_on_public_page
from webapp.web.auth.authorization import public
from webapp.web.auth.destinations import is_local, not_a_destination
from webapp.web.services import services
from webapp.web.theme import SYSTEM, THEMES

from . import pages


@pages.post("/language")
@public
@not_a_destination
def change_language() -> ResponseReturnValue:
    """An unknown language changes nothing."""
    wanted, response = request.form.get("language", ""), back()
    if wanted not in services().settings.languages:
        return response
    if identity := load_identity_on_public_page():
        services().accounts.set_language(identity.user.id, wanted)
    return cookies.set_language_cookie(response, wanted)


@pages.post("/theme")
@public
@not_a_destination
def change_theme() -> ResponseReturnValue:
    """`system` deletes the cookie. An unknown theme changes nothing."""
    wanted, response = request.form.get("theme", ""), back()
    if wanted == SYSTEM:
        return cookies.delete_theme_cookie(response)
    return cookies.set_theme_cookie(response, wanted) if wanted in THEMES else response


def back() -> Response:
    """To `next`, which is opened by GET, or to the start page."""
    target = request.values.get("next", "")
    return redirect(target if is_local(target) else url_for("pages.home"), 303)
