"""Register, log in, log out."""

from contextlib import suppress

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.errors import InvalidCredentials, Unavailable, ValidationFailed
from webapp.core.grants import BROWSER_CLIENT
from webapp.core.sessions import EndReason
from webapp.core.stores import User
from webapp.web import cookies, csrf, messages
from webapp.web.authorization import public
from webapp.web.forms import LoginForm, RegisterForm, sent
from webapp.web.requests import safe_next
from webapp.web.services import origin, services

from . import pages


@pages.route("/register", methods=["GET", "POST"])
@public
def register() -> ResponseReturnValue:
    if g.visitor:
        return redirect(safe_next(request.args.get("next")))
    form = RegisterForm(next=request.args.get("next"))
    if form.validate_on_submit():
        try:
            user = services().accounts.register(
                sent(form.email), sent(form.password), name=sent(form.name), now=services().now()
            )
        except ValidationFailed as refusal:
            form.show(refusal)
        else:
            return sign_in(user, remember=form.remember.data, target=form.next.data)
    shortest = services().settings.password_min_length
    page = render_template("register.html", form=form, min_length=shortest)
    return page, 422 if form.errors else 200


@pages.route("/login", methods=["GET", "POST"])
@public
def login() -> ResponseReturnValue:
    if g.visitor:
        return redirect(safe_next(request.args.get("next")))
    form = LoginForm(next=request.args.get("next"))
    if form.validate_on_submit():
        try:
            user = services().accounts.authenticate(
                sent(form.email), sent(form.password), services().now()
            )
        except InvalidCredentials as refusal:
            form.form_errors.append(str(refusal))
        else:
            return sign_in(user, remember=form.remember.data, target=form.next.data)
    demo = current_app.config["DEMO_ACCOUNT"]
    return render_template("login.html", form=form, demo=demo), 422 if form.errors else 200


@pages.post("/logout")
@public
def logout() -> ResponseReturnValue:
    """End the session, whatever is left of it. Raises Unavailable: then nothing has changed."""
    end_sessions(sessions_of_this_browser())
    flash(messages.SIGNED_OUT, "signed-out")
    response = redirect(url_for("pages.login"), 303)
    cookies.forget_grant(response)
    # Not "cookies": a browser that is known stays known.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def sign_in(user: User, *, remember: bool, target: str | None) -> ResponseReturnValue:
    """The browser's previous session ends, for nobody would see it again: but only afterwards.

    If the new one can't be opened now, the old one is still there.
    """
    previous = sessions_of_this_browser()
    g.grant = services().sessions.start(user, origin(), remember=remember, now=services().now())
    csrf.bind_forms(g.grant.session.sid)
    with suppress(Unavailable):
        end_sessions(previous)
    return redirect(safe_next(target), 303)


def sessions_of_this_browser() -> set[str]:
    """Usually one; by whichever cookie is left of it."""
    tokens = (cookies.read(cookies.REFRESH), cookies.read(cookies.ACCESS))
    sessions, now = services().sessions, services().now()
    sids = {sessions.sid_of(token, BROWSER_CLIENT, now) for token in tokens if token}
    return {sid for sid in sids if sid}


def end_sessions(sids: set[str]) -> None:
    for sid in sids:
        services().sessions.end(sid, EndReason.LOGOUT, services().now())
