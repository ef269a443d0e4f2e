"""The end of every sign-in in a browser: the session opens, and its cookies are set."""

from contextlib import suppress

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.end_reasons import EndReason
from webapp.core.errors import Unavailable
from webapp.core.models import SignIn, User
from webapp.core.sessions import PASSWORD
from webapp.web import messages, saved_forms
from webapp.web.services import services

from . import cookies, device_cookie, pending_sign_in
from .authentication import sessions_of_this_browser, set_cookies_on_response
from .destinations import safe_next


def sign_in(
    user: User, *, remember: bool, target: str | None, by: SignIn = PASSWORD
) -> ResponseReturnValue:
    """The browser's previous session ends: its cookies are replaced. It ends after the sign-in.

    If the new one can't be opened now, the old one is still there.
    """
    previous = sessions_of_this_browser()
    here, now = device_cookie.browser_to_sign_in(), services().now()
    grant = services().sessions.start(user, here, remember=remember, now=now, sign_in=by)
    set_cookies_on_response(grant)
    pending_sign_in.finish()
    with suppress(Unavailable):
        end_sessions(previous)
    if by.method == "recovery_code":
        with suppress(Unavailable):
            messages.flash_codes_left(services().factors.codes.present(user.id).left)
    saved_forms.offer(user.id, target)
    services().retention_job.schedule()
    target = safe_next(target)
    if "csrf_token" in request.form and not cookies.has_own_cookies():
        # The form's page has set one, which did not come back: see whether these do.
        target = url_for("pages.login", next=target, cookies="needed")
    return redirect(target, 303)


def end_sessions(sids: set[str]) -> None:
    for sid in sids:
        services().sessions.end(sid, EndReason.LOGOUT, services().now())
