"""The choice of a language: a cookie for guests, and the account's for users."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.web.auth import cookies
from webapp.web.auth.authentication import load_identity_on_public_page
from webapp.web.auth.authorization import public
from webapp.web.auth.destinations import is_local, not_a_destination
from webapp.web.services import services

from . import pages


@pages.post("/language")
@public
@not_a_destination
def change_language() -> ResponseReturnValue:
    """Back to `next`, which is opened by GET, or to the start page.

    An unknown language changes nothing.
    """
    wanted, target = request.form.get("language", ""), request.values.get("next", "")
    response = redirect(target if is_local(target) else url_for("pages.home"), 303)
    if wanted not in services().settings.languages:
        return response
    if identity := load_identity_on_public_page():
        services().accounts.set_language(identity.user.id, wanted)
    return cookies.set_language_cookie(response, wanted)
