"""One's own account: profile, password, and the end of it."""

from contextlib import suppress

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.core.errors import InvalidLink, Overloaded, ValidationFailed, WrongPassword
from webapp.core.models import Session
from webapp.core.policy import Permission
from webapp.core.rate_limits import STRENGTH_PER_IP
from webapp.core.text import Message
from webapp.core.validation import MAX_EMAIL, normalize_email
from webapp.web import messages
from webapp.web.auth import cookies
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import public, requires
from webapp.web.auth.password_checks import change_profile, check_password, rate_limited_check
from webapp.web.auth.reauthentication import require_identity
from webapp.web.forms import ChangePasswordForm, DeleteForm, NewPasswordForm, ProfileForm, text_of
from webapp.web.json_body import json_object
from webapp.web.language import gettext as _
from webapp.web.services import client_info, services

from . import pages


@pages.route("/account", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT)
def account() -> ResponseReturnValue:
    user = services().accounts.profile(current_identity().user.id)
    form, has_password = ProfileForm(obj=user), services().factors.security.has_password(user.id)
    if form.validate_on_submit():
        is_new = text_of(form.email).strip().lower() != user.email.lower()
        if is_new and not has_password and (page := require_identity()):
            return page
        try:
            changed = change_profile(
                email=text_of(form.email),
                name=text_of(form.name),
                current_password=text_of(form.current_password),
                proved=not has_password and is_new,
            )
        except ValidationFailed as refusal:
            form.add_errors(refusal)
        else:
            waits = normalize_email(text_of(form.email)) != user.email
            words = _(messages.NEW_EMAIL_WAITS, new=changed.pending_email)
            flash(words if waits else _("Saved."), messages.SAVED)
            return redirect(url_for("pages.account"), 303)
    page = render_template(
        "account.html", form=form, pending_email=user.pending_email, has_password=has_password
    )
    return page, 422 if form.errors else 200


@pages.route("/account/password", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT)
def change_password() -> ResponseReturnValue:
    """All other sessions end, also those of a thief of the old password (ASVS 5.0 7.4.3)."""
    me, now = current_identity(), services().now()
    has_password = services().factors.security.has_password(me.user.id)
    if not has_password and (page := require_identity()):
        return page
    form = ChangePasswordForm() if has_password else NewPasswordForm()
    if form.validate_on_submit():
        try:
            ended = replace_password(form, now)
        except InvalidLink:
            form.form_errors.append(_("Your password was changed in between. Please try again."))
        except ValidationFailed as refusal:
            form.add_errors(refusal)
        else:
            services().sessions.write_tombstones(ended, now)
            services().sessions.record_reauthentication(me.access.sid, now)
            words = messages.PASSWORD_CHANGED if has_password else messages.PASSWORD_SET
            flash(_(words), messages.SAVED)
            then = "pages.change_password" if has_password else "pages.security"
            return redirect(url_for(then), 303)
    return render_template("password.html", form=form), 422 if form.errors else 200


def replace_password(form: ChangePasswordForm | NewPasswordForm, now: float) -> list[Session]:
    """The sessions that ended. Raises InvalidLink, ValidationFailed, RateLimited."""
    me, accounts, new = current_identity(), services().accounts, text_of(form.new_password)
    if isinstance(form, NewPasswordForm):
        try:
            return accounts.add_password(me.user.id, new, now, but=me.access.sid)
        except ValidationFailed as refusal:
            raise ValidationFailed({"new_password": refusal.fields["password"]}) from None
    current = text_of(form.current_password)
    with rate_limited_check(me.user.email, known=True):
        try:
            return accounts.change_password(me.user.id, current, new, now, but=me.access.sid)
        except WrongPassword as refusal:
            # The other error as well, but not whether it was used before: that would answer a
            # guess. If there is no time for it, the wrong password has to count all the same.
            with suppress(Overloaded):
                strength = accounts.strength(new, me.user.email, me.user.name)
                if not strength.good:
                    refusal.fields["new_password"] = [strength.words]
            raise


@pages.post("/password-strength")
@public
def password_strength() -> ResponseReturnValue:
    """For the meter beside a new password; what is acceptable is decided when it is sent."""
    services().rate_limiter.count_ip(STRENGTH_PER_IP, client_info().ip)
    texts = json_object()
    password = str(texts.get("password") or "")
    about = [str(texts.get(key) or "")[:MAX_EMAIL] for key in ("email", "name")]
    try:
        found = services().accounts.meter(password, *about)
    except Overloaded:
        return {"busy": True}, 503, {"Retry-After": "1"}
    return {"score": found.score, "good": found.good, "words": _(found.words)}


@pages.route("/account/delete", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT)
def delete_account() -> ResponseReturnValue:
    me = current_identity().user
    has_password = services().factors.security.has_password(me.id)
    if not has_password and (page := require_identity()):
        return page
    form = DeleteForm()
    if not has_password:
        del form.password
    if form.validate_on_submit():
        try:
            delete(text_of(form.confirm), text_of(form.password) if has_password else None)
        except WrongPassword as refusal:
            form.password.errors = refusal.fields["current_password"]
        except ValidationFailed as refusal:
            form.add_errors(refusal)
        else:
            flash(
                _("Your account is deleted, with everything that was kept about it."), "signed-out"
            )
            response = redirect(url_for("pages.home"), 303)
            cookies.delete_token_cookies(response)
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
            return response
    return render_template("delete_account.html", form=form, email=me.email), (
        422 if form.errors else 200
    )


def delete(typed: str, password: str | None) -> None:
    """`password` None: the account has none.

    Raises ValidationFailed: not their address, not their password, or the last admin.
    """
    me = current_identity().user
    try:
        same = normalize_email(typed) == me.email
    except ValueError:
        same = False
    if not same:
        raise ValidationFailed({"confirm": [Message("Type {email} to confirm.", email=me.email)]})
    if password is not None:
        check_password(password)
    try:
        services().user_admin.remove(me.id, services().now())
    except ValidationFailed as refusal:
        raise ValidationFailed({"confirm": refusal.fields["role"]}) from None
