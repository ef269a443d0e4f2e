"""The authenticator app: set up, replaced, removed."""

import segno
from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from webapp.core.authenticator_apps import Setup
from webapp.core.errors import InvalidLink, ValidationFailed
from webapp.core.policy import Permission
from webapp.web import messages
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import requires
from webapp.web.auth.reauthentication import confirm_action, require_identity
from webapp.web.forms import AuthenticatorForm, text_of
from webapp.web.language import gettext as _
from webapp.web.services import services

from . import pages

# In Flask's session: the set-up that is not finished yet.
SETUP = "authenticator_setup"


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
    """Wrong codes do not count: the page shows the secret, so there is nothing to guess."""
    me, now, apps = current_identity().user, services().now(), services().factors.apps
    try:
        token = text_of(form.setup)
        setup = apps.read_setup(me, token, now) if form.is_submitted() else begun_setup()
        if form.validate_on_submit():
            apps.switch_on(me, setup, text_of(form.code), now)
            session.pop(SETUP, None)
            done = messages.APP_REPLACED if "again" in request.args else messages.FACTOR_ADDED
            messages.flash_factor_change(done, _("The authenticator app"))
            return redirect(url_for("pages.security"), 303)
    except InvalidLink:
        setup = begun_setup()
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


def begun_setup() -> Setup:
    """The same one for an hour: a page that is loaded again must not ask for another scan."""
    me, now, apps = current_identity().user, services().now(), services().factors.apps
    try:
        return apps.read_setup(me, session.get(SETUP, ""), now)
    except InvalidLink:
        setup = apps.new_setup(me, now)
        session[SETUP] = setup.token
        return setup


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
