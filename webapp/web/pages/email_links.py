"""Mailed links: a forgotten password, and an address to confirm.

A link's page only asks: what it changes is changed by its button, so that mail
scanners which open every link use none up.
"""

from collections.abc import Callable
from contextlib import nullcontext

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.email_tokens import CONFIRM_TTL, RESET_TTL, Purpose
from webapp.core.errors import InvalidLink, ValidationFailed, WrongPassword
from webapp.core.policy import Permission
from webapp.core.rate_limits import (
    FORGOT_PER_ACCOUNT,
    FORGOT_PER_IP,
    RESEND_PER_ACCOUNT,
    RESEND_PER_IP,
    Limit,
)
from webapp.web import messages
from webapp.web.auth import device_cookie
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import public, requires
from webapp.web.auth.password_checks import rate_limited_check
from webapp.web.compression import compressed
from webapp.web.forms import ConfirmForm, EmailForm, Form, ResetForm, text_of
from webapp.web.language import gettext as _
from webapp.web.search_engines import indexable
from webapp.web.services import client_info, run_after_response, services

from . import pages
from .email_change import confirm_new_email
from .invalid_link import invalid_link_page


@pages.route("/forgot-password", methods=["GET", "POST"])
@public
@indexable
@compressed
def forgot_password() -> ResponseReturnValue:
    limits = FORGOT_PER_ACCOUNT, FORGOT_PER_IP
    send = services().registration.send_reset_link
    return request_link_view("forgot_password.html", "pages.reset_link_sent", send, *limits)


@pages.route("/verify-email", methods=["GET", "POST"])
@public
def resend_verification() -> ResponseReturnValue:
    limits = RESEND_PER_ACCOUNT, RESEND_PER_IP
    send = services().registration.send_confirmation
    return request_link_view("resend_verification.html", "pages.confirmation_sent", send, *limits)


@pages.post("/account/verify-email")
@requires(Permission.OWN_ACCOUNT)
def resend_my_verification() -> ResponseReturnValue:
    email = current_identity().user.email
    services().rate_limiter.count(RESEND_PER_ACCOUNT, RESEND_PER_IP, email, client_info().ip)
    now = services().now()
    run_after_response(
        lambda: services().registration.send_confirmation(email, now), "a confirmation link"
    )
    flash(_("We have sent the link to {email} again.", email=email), "success")
    return redirect(url_for("pages.account"), 303)


@pages.get("/forgot-password/sent")
@public
def reset_link_sent() -> ResponseReturnValue:
    return check_your_mail(RESET_TTL, again="pages.forgot_password", is_reset=True)


@pages.get("/verify-email/sent")
@public
def confirmation_sent() -> ResponseReturnValue:
    return check_your_mail(CONFIRM_TTL, again="pages.resend_verification")


def check_your_mail(ttl: int, again: str, *, is_reset: bool = False) -> ResponseReturnValue:
    """The same for every address. It can be reloaded, and the next form has the address again."""
    (_kind, text), email = messages.flashed_result(messages.SENT), messages.flashed_email()
    if text:
        messages.flash_result(messages.SENT, text, email)
    return render_template(
        "check_your_mail.html",
        text=text,
        minutes=ttl // 60,
        again=url_for(again),
        is_reset=is_reset,
    )


@pages.route("/reset-password/<token>", methods=["GET", "POST"])
@public
def reset_password(token: str) -> ResponseReturnValue:
    """Sets the password and opens no session: a reader of the mailbox has to type it."""
    try:
        user, _hash = services().registration.user_of_link(Purpose.RESET, token, services().now())
        form = ResetForm()
        if form.validate_on_submit():
            with device_cookie.remember_browser_of_link():
                services().registration.reset(token, text_of(form.password), services().now())
            services().rate_limiter.forget_failures(user.email)
            messages.flash_result("password-reset", _(messages.PASSWORD_RESET), user.email)
            return redirect(url_for("pages.login", next=request.args.get("next")), 303)
    except InvalidLink:
        return invalid_link_page(url_for("pages.forgot_password"))
    except ValidationFailed as refusal:
        form.add_errors(refusal)
    page = render_template("reset_password.html", form=form, email=user.email)
    return page, 422 if form.errors else 200


@pages.route("/verify-email/<token>", methods=["GET", "POST"])
@public
def verify_email(token: str) -> ResponseReturnValue:
    if services().email_tokens.is_for(Purpose.CHANGE_EMAIL, token):
        return confirm_new_email(token)
    try:
        user, _hash = services().registration.user_of_link(Purpose.CONFIRM, token, services().now())
        form = ConfirmForm() if user.awaiting_verification else Form()
        if form.validate_on_submit():
            checks = (
                rate_limited_check(user.email, known=True)
                if user.awaiting_verification
                else nullcontext()
            )
            with checks, device_cookie.remember_browser_of_link():
                password = request.form.get("password", "")
                services().registration.confirm(token, password, services().now())
            messages.flash_result("confirmed", _(messages.CONFIRMED), user.email)
            return redirect(url_for("pages.login"), 303)
    except InvalidLink:
        return invalid_link_page(url_for("pages.resend_verification"))
    except WrongPassword as refusal:
        form.password.errors = refusal.fields["current_password"]
    page = render_template("verify_email.html", form=form, email=user.email)
    return page, 422 if form.errors else 200


def request_link_view(
    template: str,
    then: str,
    send: Callable[[str, float], None],
    by_account: Limit,
    by_address: Limit,
) -> ResponseReturnValue:
    """Whether there is such an account is looked up afterwards, so the answer can't tell."""
    form = EmailForm(email=messages.flashed_email())
    if form.validate_on_submit():
        email, now = text_of(form.email).strip(), services().now()
        services().rate_limiter.count(by_account, by_address, email, client_info().ip)
        run_after_response(lambda: send(email, now), "a link")
        messages.flash_result(messages.SENT, _(messages.LINK_SENT, email=email), email)
        return redirect(url_for(then), 303)
    return render_template(template, form=form), 422 if form.errors else 200
