"""The authenticator app: set up, replaced, removed."""

import segno
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from webapp.core.authenticator_apps import Setup
from webapp.core.errors import InvalidLink, ValidationFailed
from webapp.core.policy import Permission
from webapp.web import messages
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import requires
from webapp.web.auth.password_checks import rate_limited_code
from webapp.web.auth.reauthentication import confirm_action, require_identity
from webapp.web.forms import AuthenticatorForm, text_of
from webapp.web.language import gettext as _
from webapp.web.services import services

from . import pages


@pages.route("/account/authenticator", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT)
def authenticator() -> ResponseReturnValue:
    """With `?again`, a new app takes the place of the present one."""
    me, factors = current_identity().user, services().factors
    present = factors.queries.authenticator(me.id)
    codes = factors.codes.present(me.id)
    if present and request.method == "GET" and "again" not in request.args:
        return render_template("authenticator.html", since=present.created_at, codes=codes)
    if page := require_identity():
        return page
    if not codes.left:
        return redirect(url_for("pages.recovery_codes"), 303)
    return set_up(AuthenticatorForm())


def set_up(form: AuthenticatorForm) -> ResponseReturnValue:
    me, now, apps = current_identity().user, services().now(), services().factors.apps
    setup = apps.new_setup(me, now)
    if form.is_submitted():
        try:
            setup = apps.read_setup(me, text_of(form.setup), now)
            if form.validate():
                with rate_limited_code(me, known=True):
                    apps.switch_on(me, setup, text_of(form.code), now)
                done = messages.APP_REPLACED if "again" in request.args else messages.FACTOR_ADDED
                messages.flash_factor_change(done, _("The authenticator app"))
                return redirect(url_for("pages.security"), 303)
        except InvalidLink:
            form.form_errors.append(messages.SETUP_OVER)
        except ValidationFailed as refusal:
            form.add_errors(refusal)
    form.setup.data = setup.token
    page = render_template(
        "set_up_authenticator.html",
        form=form,
        setup=setup,
        groups=[setup.secret[at : at + 4] for at in range(0, len(setup.secret), 4)],
        picture=qr_code(setup),
    )
    return page, 422 if form.errors else 200


def qr_code(setup: Setup) -> Markup:
    """An SVG without style attributes, which the Content Security Policy would block."""
    code = segno.make(setup.uri, error="m", micro=False)
    return Markup(code.svg_inline(scale=4, border=2, omitsize=True))  # noqa: S704 - segno's own


@pages.post("/account/authenticator/remove")
@requires(Permission.OWN_ACCOUNT)
def remove_authenticator() -> ResponseReturnValue:
    back = url_for("pages.security")
    question, why = _("Remove the authenticator app?"), _(messages.AUTHENTICATOR_REMOVAL)
    if page := confirm_action(question, why, _("Remove"), back, danger=True):
        return page
    if services().factors.apps.switch_off(current_identity().user, services().now()):
        messages.flash_factor_change(messages.FACTOR_REMOVED, _("The authenticator app"))
    return redirect(back, 303)
