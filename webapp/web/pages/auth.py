"""Register, log in, log out; and whether one is still in."""

from contextlib import suppress

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.end_reasons import EndReason
from webapp.core.errors import (
    AccountDisabled,
    InvalidCredentials,
    Unauthenticated,
    Unavailable,
    ValidationFailed,
)
from webapp.core.models import User
from webapp.core.rate_limits import REGISTER_PER_ACCOUNT, REGISTER_PER_IP
from webapp.web import messages, saved_forms
from webapp.web.auth import cookies, csrf, device_cookie
from webapp.web.auth.authentication import decide, sessions_of_this_browser, set_cookies_on_response
from webapp.web.auth.authorization import public
from webapp.web.auth.destinations import not_a_destination, safe_next
from webapp.web.auth.password_checks import rate_limited_check
from webapp.web.forms import Form, LoginForm, RegisterForm, text_of
from webapp.web.services import client_info, services

from . import pages


@pages.route("/register", methods=["GET", "POST"])
@public
@not_a_destination
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
                email, text_of(form.password), text_of(form.name), services().now()
            )
        except ValidationFailed as refusal:
            form.add_errors(refusal)
        else:
            email = email.strip()
            if services().settings.must_confirm:
                flash(messages.CHECK_YOUR_MAIL.format(email=email), "success")
                return redirect(url_for("pages.confirmation_sent"), 303)
            flash(messages.REGISTERED.format(email=email), "success")
            messages.flash_email(email)
            return redirect(url_for("pages.login", next=form.next.data or None), 303)
    return render_template("register.html", form=form), 422 if form.errors else 200


@pages.route("/login", methods=["GET", "POST"])
@public
@not_a_destination
def login() -> ResponseReturnValue:
    """The posted password decides, also in a browser that is signed in."""
    refused_by = safe_next(request.args.get("next")) if messages.has_just_refused() else None
    if g.identity and not refused_by:
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
            form.form_errors.append(str(refusal))
        except InvalidCredentials as refusal:
            must_confirm = services().settings.must_confirm
            form.form_errors.append(messages.NOT_CONFIRMED if must_confirm else str(refusal))
        else:
            return sign_in(user, remember=form.remember.data, target=form.next.data)
    page = render_template(
        "login.html",
        form=form,
        demo=current_app.config["DEMO_ACCOUNT"],
        refused_by=refused_by,
        cookies_needed="cookies" in request.args and not cookies.has_own_cookies(),
    )
    return page, 422 if form.errors else 200


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
    flash(messages.SIGNED_OUT, "signed-out")
    response = redirect(url_for("pages.login"), 303)
    cookies.delete_token_cookies(response)
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


def sign_in(user: User, *, remember: bool, target: str | None) -> ResponseReturnValue:
    """The browser's previous session ends: its cookies are replaced. It ends after the sign-in.

    If the new one can't be opened now, the old one is still there.
    """
    previous = sessions_of_this_browser()
    here = device_cookie.browser_to_sign_in()
    grant = services().sessions.start(user, here, remember=remember, now=services().now())
    set_cookies_on_response(grant)
    with suppress(Unavailable):
        end_sessions(previous)
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
