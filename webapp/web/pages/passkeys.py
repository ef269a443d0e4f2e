"""Passkeys: sign in with one, prove with one who is there; add, name and remove them."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.errors import Conflict, NotFound, PasskeyInvalid, ValidationFailed
from webapp.core.models import SignIn
from webapp.core.passkeys import SIGN_IN, confirming
from webapp.core.policy import Permission
from webapp.core.rate_limits import PASSKEY_PER_IP
from webapp.web import messages
from webapp.web.auth import pending_sign_in
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import public, requires
from webapp.web.auth.destinations import not_a_destination
from webapp.web.auth.passkey_ceremony import for_script, sent_json
from webapp.web.auth.reauthentication import (
    confirm_action,
    recently_authenticated,
    require_recent_proof,
)
from webapp.web.auth.sign_in import sign_in
from webapp.web.device_names import device_name
from webapp.web.language import gettext as _
from webapp.web.services import client_info, services

from . import pages


@pages.get("/login/passkey/options")
@public
@not_a_destination
@for_script
def passkey_sign_in_options() -> ResponseReturnValue:
    return services().factors.passkeys.request_options(SIGN_IN, services().now())


@pages.get("/login/second-step/passkey/options")
@public
@not_a_destination
@for_script
def passkey_second_step_options() -> ResponseReturnValue:
    """For the passkeys of the user whose password was right."""
    found = pending_sign_in.read()
    user_id = found[0].id if found else None
    return services().factors.passkeys.request_options(SIGN_IN, services().now(), user_id)


@pages.post("/login/passkey")
@public
@not_a_destination
@for_script
def passkey_sign_in() -> ResponseReturnValue:
    """Also instead of a code, in the second step. The script goes to `X-Location`."""
    body, now = sent_json(), services().now()
    services().rate_limiter.count_ip(PASSKEY_PER_IP, client_info().ip)
    user, passkey = services().factors.passkeys.authenticate(SIGN_IN, body.get("credential"), now)
    remember, target = bool(body.get("remember")), body.get("next")
    target = target if isinstance(target, str) else None
    by = SignIn("passkey", passkey_id=passkey.id)
    return sign_in(user, remember=remember, target=target, by=by)


@pages.get("/account/confirm/passkey")
@requires(Permission.OWN_ACCOUNT)
@not_a_destination
@for_script
def passkey_confirmation_options() -> ResponseReturnValue:
    me, now = current_identity(), services().now()
    purpose = confirming(me.access.sid)
    return services().factors.passkeys.request_options(purpose, now, me.user.id)


@pages.post("/account/confirm/passkey")
@requires(Permission.OWN_ACCOUNT)
@for_script
def confirm_with_passkey() -> ResponseReturnValue:
    me, now, factors = current_identity(), services().now(), services().factors
    credential = sent_json().get("credential")
    user, _ = factors.passkeys.authenticate(confirming(me.access.sid), credential, now)
    if user.id != me.user.id:
        raise PasskeyInvalid("This passkey is of another account.")
    services().sessions.record_reauthentication(me.access.sid, now)
    return "", 204


@pages.get("/account/passkeys")
@requires(Permission.OWN_ACCOUNT)
def passkeys() -> ResponseReturnValue:
    factors, me = services().factors, current_identity().user
    present = factors.queries.passkeys(me.id)
    return render_template(
        "passkeys.html",
        passkeys=present,
        is_only_way=len(present) == 1 and not factors.security.has_password(me.id),
        party=factors.passkeys.party,
        may_add=recently_authenticated(),
        removed=messages.flashed_removed_passkeys(),
    )


@pages.get("/account/passkeys/options")
@requires(Permission.OWN_ACCOUNT)
@not_a_destination
@for_script
def passkey_creation_options() -> ResponseReturnValue:
    require_recent_proof()
    me = current_identity()
    return services().factors.passkeys.creation_options(me.user, me.access.sid, services().now())


@pages.post("/account/passkeys")
@requires(Permission.OWN_ACCOUNT)
@for_script
def add_passkey() -> ResponseReturnValue:
    require_recent_proof()
    me, body, now = current_identity(), sent_json(), services().now()
    name = device_name(client_info().user_agent) or "Passkey"
    handle = body.get("handle")
    if not isinstance(handle, str):
        raise PasskeyInvalid
    factors = services().factors
    try:
        added = factors.passkeys.add(
            me.user, me.access.sid, handle, body.get("credential"), name, now
        )
    except PasskeyInvalid:
        raise PasskeyInvalid(messages.PASSKEY_NOT_ADDED) from None
    messages.flash_factor_change(messages.PASSKEY_ADDED, _("The passkey “{name}”", name=added.name))
    return redirect(url_for("pages.passkeys"), 303)


@pages.post("/account/passkeys/<int:passkey_id>/rename")
@requires(Permission.OWN_ACCOUNT)
def rename_passkey(passkey_id: int) -> ResponseReturnValue:
    me, back = current_identity().user, redirect(url_for("pages.passkeys"), 303)
    try:
        name = services().factors.passkeys.rename(me.id, passkey_id, request.form.get("name", ""))
    except ValidationFailed as refusal:
        flash(_(refusal.fields["name"][0]), "error")
    except NotFound:
        flash(_(messages.PASSKEY_GONE), "info")
    else:
        flash(_("The passkey is called “{name}” now.", name=name), "success")
    return back


@pages.post("/account/passkeys/<int:passkey_id>/remove")
@requires(Permission.OWN_ACCOUNT)
def remove_passkey(passkey_id: int) -> ResponseReturnValue:
    me, back, factors = current_identity().user, url_for("pages.passkeys"), services().factors
    present = {each.id: each for each in factors.queries.passkeys(me.id)}
    if passkey_id not in present:
        flash(_(messages.PASSKEY_GONE), "info")
        return redirect(back, 303)
    question = _("Remove “{name}”?", name=present[passkey_id].name)
    why = _(messages.PASSKEY_REMOVAL)
    if page := confirm_action(question, why, _("Remove"), back, danger=True):
        return page
    try:
        removed = factors.passkeys.remove(me, passkey_id, services().now())
    except Conflict:
        flash(_(messages.LAST_WAY_IN), "error")
    except NotFound:
        flash(_(messages.PASSKEY_GONE), "info")
    else:
        messages.flash_removed_passkey(removed.credential_id)
        messages.flash_factor_change(
            messages.FACTOR_REMOVED, _("The passkey “{name}”", name=removed.name)
        )
    return redirect(back, 303)
