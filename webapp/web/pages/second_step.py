"""The second step of a sign-in, after the password."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.errors import InvalidCredentials, RateLimited, ValidationFailed
from webapp.core.models import User
from webapp.core.second_step import sorted_codes
from webapp.web import messages
from webapp.web.auth import cookies, device_cookie, pending_sign_in
from webapp.web.auth.authorization import public
from webapp.web.auth.destinations import not_a_destination
from webapp.web.auth.password_checks import rate_limited_code
from webapp.web.auth.pending_sign_in import PendingSignIn
from webapp.web.auth.sign_in import sign_in
from webapp.web.forms import SecondStepForm, text_of
from webapp.web.language import gettext as _
from webapp.web.services import services

from . import pages


@pages.route("/login/second-step", methods=["GET", "POST"])
@public
@not_a_destination
def second_step() -> ResponseReturnValue:
    found = pending_sign_in.read()
    if found is None or not services().factors.queries.authenticator(found[0].id):
        if cookies.read(cookies.SECOND_STEP):
            flash(_(messages.SECOND_STEP_OVER), "info")
            pending_sign_in.finish()
        # Opened by hand, it does not show that the browser lost a cookie.
        needed = None if request.headers.get("Sec-Fetch-Site") == "none" else "needed"
        return redirect(url_for("pages.login", cookies=needed), 303)
    user, pending = found
    form, retry_after = SecondStepForm(), 0
    if form.validate_on_submit():
        try:
            return finish(user, pending, form)
        except ValidationFailed as refusal:
            form.add_errors(refusal)
        except RateLimited as limit:
            retry_after = limit.retry_after
            minutes = -(-retry_after // 60)
            form.form_errors.append(_(messages.TOO_MANY_CODES, minutes=minutes))
        except InvalidCredentials:  # the password was changed meanwhile
            flash(_(messages.SECOND_STEP_OVER), "info")
            return redirect(url_for("pages.login"), 303)
    form.code.data = form.recovery_code.data = ""  # a wrong code is not sent again
    page = render_template(
        "second_step.html",
        form=form,
        email=user.email,
        pending=pending,
        has_passkeys=bool(services().factors.queries.passkeys(user.id)),
    )
    if retry_after:
        return page, 429, {"Retry-After": str(retry_after)}
    return page, 422 if form.errors else 200


def finish(user: User, pending: PendingSignIn, form: SecondStepForm) -> ResponseReturnValue:
    """Raises WrongCode, InvalidCredentials, RateLimited, Unavailable."""
    step = services().factors.second_step
    code, recovery_code = sorted_codes(text_of(form.code), text_of(form.recovery_code))
    known = device_cookie.is_known_to(user.email)
    with rate_limited_code(user, known=known, guessable=not recovery_code):
        by = step.check(user, code, recovery_code, services().now(), trust=form.trust.data)
        return sign_in(user, remember=pending.remember, target=pending.target, by=by)
