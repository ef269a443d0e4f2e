"""After an owner has taken the account back from a stranger: on to a new password."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from webapp.core.factors import TakenBack
from webapp.web import messages
from webapp.web.language import gettext as _


def reset_after_theft(token: str, taken: TakenBack) -> ResponseReturnValue:
    """Name what was removed. The page about security comes after the new password."""
    removed = [_("a passkey, “{name}”", name=name) for name in taken.passkeys]
    removed += [_("the authenticator app")] if taken.authenticator else []
    removed += [_("the recovery codes")] if taken.authenticator or taken.recovery_codes else []
    if removed:
        flash(_(messages.STRANGE_FACTORS_REMOVED, factors=", ".join(removed)), "info")
    security = url_for("pages.security")
    return redirect(url_for("pages.reset_password", token=token, next=security), 303)
