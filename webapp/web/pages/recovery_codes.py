"""Recovery codes: shown once, saved, then valid."""

from collections.abc import Sequence

from flask import Response, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from webapp.core.errors import InvalidLink
from webapp.core.models import User
from webapp.core.policy import Permission
from webapp.web import messages
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import requires
from webapp.web.auth.reauthentication import require_identity
from webapp.web.forms import RecoveryCodesForm, text_of
from webapp.web.language import gettext as _
from webapp.web.services import services
from webapp.web.template_context import codes_heading

from . import pages

# In Flask's session: the codes that are shown and not confirmed yet. Only the server can derive
# them from this text.
BATCH = "recovery_codes"


@pages.get("/account/recovery-codes")
@requires(Permission.OWN_ACCOUNT)
def recovery_codes() -> ResponseReturnValue:
    me, factors = current_identity().user, services().factors
    return render_template(
        "recovery_codes.html",
        codes=factors.codes.present(me.id),
        is_on=has_app(me),
    )


def has_app(user: User) -> bool:
    """Whether an authenticator app is set up. If not, its set-up begins with these codes."""
    return services().factors.queries.authenticator(user.id) is not None


@pages.post("/account/recovery-codes/new")
@requires(Permission.OWN_ACCOUNT)
def create_recovery_codes() -> ResponseReturnValue:
    if page := require_identity():
        return page
    me = current_identity().user
    session[BATCH] = services().factors.codes.new_batch(me, services().now())
    return redirect(url_for("pages.new_recovery_codes"), 303)


@pages.get("/account/recovery-codes/new")
@requires(Permission.OWN_ACCOUNT)
def new_recovery_codes() -> ResponseReturnValue:
    """Shows ten codes. They are valid, and the old ones end, once their user has saved them."""
    if page := require_identity():
        return page
    me, codes = current_identity().user, services().factors.codes
    form = RecoveryCodesForm(formdata=None, batch=session.get(BATCH, ""))
    try:
        new = codes.codes_of(me, text_of(form.batch), services().now())
    except InvalidLink:
        return redirect(url_for("pages.recovery_codes"), 303)
    return show_codes(me, form, new)


def show_codes(me: User, form: RecoveryCodesForm, codes: Sequence[str]) -> str:
    replaces = services().factors.codes.present(me.id).left
    return render_template(
        "new_recovery_codes.html", form=form, codes=codes, left=replaces, is_on=has_app(me)
    )


@pages.post("/account/recovery-codes")
@requires(Permission.OWN_ACCOUNT)
def save_recovery_codes() -> ResponseReturnValue:
    if page := require_identity():
        return page
    me, now, factors = current_identity().user, services().now(), services().factors
    form = RecoveryCodesForm()
    try:
        if form.validate():
            had = factors.codes.present(me.id).batch
            factors.codes.confirm(me, text_of(form.batch), now)
            session.pop(BATCH, None)
            done = messages.RECOVERY_CODES_RENEWED if had else messages.RECOVERY_CODES_SAVED
            flash(_(done), "success")
            then = "pages.security" if has_app(me) else "pages.authenticator"
            return redirect(url_for(then), 303)
        codes = factors.codes.codes_of(me, text_of(form.batch), now)
    except InvalidLink:
        flash(_(messages.RECOVERY_CODES_OVER), "info")
        return redirect(url_for("pages.recovery_codes"), 303)
    return show_codes(me, form, codes), 422


@pages.post("/account/recovery-codes/download")
@requires(Permission.OWN_ACCOUNT)
def download_recovery_codes() -> ResponseReturnValue:
    """The codes that a page shows, as a text file: works without scripts."""
    if page := require_identity():
        return page
    me, form = current_identity().user, RecoveryCodesForm()
    try:
        codes = services().factors.codes.codes_of(me, text_of(form.batch), services().now())
    except InvalidLink:
        flash(_(messages.RECOVERY_CODES_OVER), "info")
        return redirect(url_for("pages.recovery_codes"), 303)
    text = codes_heading() + "\n\n" + "\n".join(codes) + "\n"
    disposition = {"Content-Disposition": 'attachment; filename="recovery-codes.txt"'}
    return Response(text, mimetype="text/plain", headers=disposition)
