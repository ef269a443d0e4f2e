"""Register, log in, log out; and whether one is still in."""

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.errors import (
    AccountDisabled,
    InvalidCredentials,
    Unauthenticated,
    ValidationFailed,
)
from webapp.core.models import User
from webapp.core.rate_limits import REGISTER_PER_ACCOUNT, REGISTER_PER_IP
from webapp.web import messages
from webapp.web.auth import cookies, csrf, device_cookie, pending_sign_in
from webapp.web.auth.authentication import decide, sessions_of_this_browser
from webapp.web.auth.authorization import public
from webapp.web.auth.destinations import not_a_destination, safe_next
from webapp.web.auth.password_checks import rate_limited_check
from webapp.web.auth.sign_in import end_sessions, sign_in
from webapp.web.compression import compressed
from webapp.web.forms import Form, LoginForm, RegisterForm, text_of
from webapp.web.language import gettext as _
from webapp.web.language import language
from webapp.web.search_engines import indexable
from webapp.web.services import client_info, services

from . import pages


@pages.route("/register", methods=["GET", "POST"])
@public
@not_a_destination
@indexable
@compressed
def register() -> ResponseReturnValue:
    if g.identity:
        return redirect(safe_next(request.args.get("next")))
    form = RegisterForm(next=request.args.get("next"))
    if form.validate_on_submit():
        email = text_of(form.email)
        services().rate_limiter.count(
            REGISTER_PER_ACCOUNT, REGISTER_PER_IP, email, client_info().ip
        )
        try:
            services().registration.register(
                email, text_of(form.password), text_of(form.name), services().now(), language()
            )
        except ValidationFailed as refusal:
            form.add_errors(refusal)
        else:
            email = email.strip()
            if services().settings.must_confirm:
                words = _(messages.CHECK_YOUR_MAIL, email=email)
                messages.flash_result(messages.SENT, words, email)
                return redirect(url_for("pages.confirmation_sent"), 303)
            words = _(messages.REGISTERED, email=email)
            messages.flash_result("registered", words, email)
            return redirect(url_for("pages.login", next=form.next.data or None), 303)
    return render_template("register.html", form=form), 422 if form.errors else 200


@pages.route("/login", methods=["GET", "POST"])
@public
@not_a_destination
@indexable
@compressed
def login() -> ResponseReturnValue:
    """The posted password decides, also in a browser that is signed in."""
    refused_by = safe_next(request.args.get("next")) if messages.has_just_refused() else None
    if g.identity and not refused_by:
        messages.flash_result_elsewhere()
        return redirect(safe_next(request.args.get("next")))
    form = LoginForm(next=request.args.get("next"), email=messages.flashed_email())
    if form.validate_on_submit():
        email = text_of(form.email)
        try:
            with rate_limited_check(email):
                user = services().accounts.authenticate(
                    email, text_of(form.password), services().now()
                )
        except AccountDisabled as refusal:
            form.form_errors.append(refusal.text)
        except InvalidCredentials as refusal:
            must_confirm = services().settings.must_confirm
            form.form_errors.append(messages.NOT_CONFIRMED if must_confirm else refusal.text)
        else:
            return after_password(user, remember=form.remember.data, target=form.next.data)
    page = render_template(
        "login.html",
        form=form,
        demo=current_app.config["DEMO_ACCOUNT"],
        result=messages.flashed_result(*messages.RESULTS),
        result_titles=messages.RESULTS,
        refused_by=refused_by,
        has_passkeys=bool(services().factors.passkeys.party.id),
        cookies_needed="cookies" in request.args and not cookies.has_own_cookies(),
    )
    return page, 422 if form.errors else 200


def after_password(user: User, *, remember: bool, target: str | None) -> ResponseReturnValue:
    """To the second step, if the account needs one in this browser; else the user is signed in."""
    second_step, device_id = services().factors.second_step, device_cookie.signed_id()
    if not second_step.is_needed(user.id, device_id, services().now()):
        return sign_in(user, remember=remember, target=target)
    pending_sign_in.begin(user, remember=remember, target=target)
    return redirect(url_for("pages.second_step"), 303)


@pages.route("/logout", methods=["GET", "POST"])
@public
@not_a_destination
def logout() -> ResponseReturnValue:
    """End the session, also without some cookies. Raises Unavailable: then nothing has changed."""
    form = Form()
    if not form.is_submitted():
        is_in = g.identity or sessions_of_this_browser() or form.errors
        return render_template("logout.html", form=form if is_in else None)
    token = csrf.sent_token()  # with the cookies lost, it still names the session
    end_sessions(sessions_of_this_browser() | ({token.sid} if token else set()))
    flash(_(messages.SIGNED_OUT), "signed-out")
    response = redirect(url_for("pages.login"), 303)
    cookies.delete_token_cookies(response)
    cookies.delete_second_step_cookie(response)
    # Not "cookies": a browser that is known stays known.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@pages.get("/session")
@public
@not_a_destination
def session_status() -> ResponseReturnValue:
    """For the page's script: 204 while the session is open, 401 once it is over.

    It renews nothing: an open page that is not used does not extend the session.
    """
    sessions, now = services().sessions, services().now()
    try:
        access_cookies = cookies.read_all(cookies.ACCESS)
        decide(lambda token, _: sessions.check_open(token, now), None, access_cookies)
    except Unauthenticated:
        return "", 401
    return "", 204
