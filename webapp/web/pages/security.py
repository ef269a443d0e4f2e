"""The ways to sign in, at a glance; and what concerns all of them."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.errors import Conflict, InvalidLink
from webapp.core.policy import Permission
from webapp.web import messages
from webapp.web.auth import device_cookie
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import public, requires
from webapp.web.auth.destinations import not_a_destination, safe_next
from webapp.web.auth.reauthentication import confirm_action, recently_authenticated
from webapp.web.device_names import device_name
from webapp.web.forms import Form
from webapp.web.language import gettext as _
from webapp.web.services import services

from . import pages
from .invalid_link import invalid_link_page
from .taken_back import reset_after_theft


@pages.get("/account/security")
@requires(Permission.OWN_ACCOUNT)
def security() -> ResponseReturnValue:
    me, now = current_identity().user, services().now()
    methods = services().factors.security.sign_in_methods(me, now)
    here = device_cookie.signed_id()
    trusted = [
        (each, device_name(each.user_agent), each.device_id == here)
        for each in methods.trusted_browsers
    ]
    return render_template("security.html", methods=methods, trusted=trusted)


@pages.route("/account/confirm", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT)
@not_a_destination
def confirm_identity() -> ResponseReturnValue:
    """Before a page for which the last proof is too old; then on to `next`."""
    target = safe_next(request.values.get("next"))
    if recently_authenticated():
        return redirect(target, 303)
    # Of the pages that lead here, the list of passkeys is the one that opens without a proof.
    origins = url_for("pages.security"), url_for("pages.passkeys")
    page = confirm_action(
        _("Confirm that it is you"),
        _("We will not ask again for 15 minutes."),
        _("Continue"),
        target if target in origins else origins[0],
        always=False,
        more={"next": target},
    )
    return page or redirect(target, 303)


@pages.post("/account/security/sign-in-mail")
@requires(Permission.OWN_ACCOUNT)
def change_sign_in_mail() -> ResponseReturnValue:
    wanted = request.form.get("wanted") == "yes"
    back, why = url_for("pages.security"), _("A stranger could sign in without your notice.")
    if not wanted and (
        page := confirm_action(_("Stop these e-mails?"), why, _("Stop them"), back, always=False)
    ):
        return page
    services().factors.security.set_sign_in_mail(current_identity().user, wanted, services().now())
    flash(_(messages.SIGN_IN_MAIL_ON if wanted else messages.SIGN_IN_MAIL_OFF), "success")
    return redirect(back, 303)


@pages.post("/account/security/remove-password")
@requires(Permission.OWN_ACCOUNT)
def remove_password() -> ResponseReturnValue:
    back, why = url_for("pages.security"), _(messages.ONLY_PASSKEYS_THEN)
    if page := confirm_action(_("Remove your password?"), why, _("Remove"), back, danger=True):
        return page
    try:
        removed = services().factors.security.remove_password(
            current_identity().user, services().now()
        )
    except Conflict:
        flash(_(messages.LAST_WAY_IN), "error")
        return redirect(back, 303)
    if removed:
        messages.flash_factor_change(messages.FACTOR_REMOVED, _("Your password"))
    return redirect(back, 303)


@pages.post("/account/security/end-trust")
@requires(Permission.OWN_ACCOUNT)
def end_trust() -> ResponseReturnValue:
    """Of one browser, or of all. It makes the account safer, so it needs no proof."""
    me, now, device = current_identity().user, services().now(), request.form.get("device")
    ended = services().factors.queries.end_trust(me.id, device, int(now))
    done = messages.TRUST_ENDED if device else messages.ALL_TRUST_ENDED
    flash(_(done if ended else messages.TRUST_GONE), "success" if ended else "info")
    return redirect(url_for("pages.security"), 303)


@pages.route("/not-me/<token>", methods=["GET", "POST"])
@public
@not_a_destination
def not_me(token: str) -> ResponseReturnValue:
    """From the mail about a sign-in in a new browser."""
    try:
        rejected = services().factors.security.sign_in_to_reject(token, services().now())
        form = Form()
        if form.validate_on_submit():
            with device_cookie.remember_browser_of_link():
                reset, taken = services().factors.security.reject_sign_in(token, services().now())
            flash(_(messages.SIGN_IN_REJECTED), "success")
            return reset_after_theft(reset, taken)
    except InvalidLink:
        return invalid_link_page(url_for("pages.forgot_password"), not_me=True)
    page = render_template("not_me.html", form=form, email=rejected.email)
    return page, 422 if form.errors else 200
