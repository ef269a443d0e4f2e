"""After an owner has taken the account back from a stranger: on to a new password."""

from collections.abc import Iterator, Sequence

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from webapp.core.factors import TakenBack
from webapp.web import messages
from webapp.web.language import gettext as _


def reset_after_theft(token: str, taken: TakenBack) -> ResponseReturnValue:
    """Say what has changed. The page about security comes after the new password."""
    if changes := " ".join(what_changed(taken)):
        flash(changes, "info")
    security = url_for("pages.security")
    return redirect(url_for("pages.reset_password", token=token, next=security), 303)


def what_changed(taken: TakenBack) -> Iterator[str]:
    removed = [_("a passkey, “{name}”", name=name) for name in taken.passkeys]
    removed += [_("the authenticator app")] if taken.authenticator else []
    removed += [_("the recovery codes")] if taken.authenticator or taken.recovery_codes else []
    if removed:
        yield _(messages.STRANGE_FACTORS_REMOVED, factors=", ".join(removed))
    if taken.lost_authenticator:
        yield _(messages.SECOND_STEP_IS_OFF)
    if taken.lost_passkeys:
        yield _(messages.PASSKEYS_LOST, names=quoted(taken.lost_passkeys))
    if taken.passkeys_left:
        yield _(messages.PASSKEYS_LEFT, names=quoted(taken.passkeys_left))


def quoted(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
