"""The owner takes an account back from a stranger, in the transaction of a mailed link."""

from sqlalchemy import delete, exists, select

from webapp.core.factors import TakenBack
from webapp.core.passwords import no_password
from webapp.core.security_events import EventKind

from .devices import keep_this_device_alone
from .factor_models import AuthenticatorRow, PasskeyRow, RecoveryCodeRow
from .models import UserRow, db
from .second_factors import has_changed, remove_second_step
from .security_events import add_event
from .session_ends import end_all


def take_back(user: UserRow, reason: str, now: int, *, strange_since: int | None) -> TakenBack:
    """End all sessions, void the password, and forget all browsers but that of the link.

    `strange_since`: factors that were added since then are a stranger's, and are deleted.
    """
    ended = end_all(user.id, reason, now)
    user.replace_hash(no_password())
    user.pending_email, user.sign_in_mail = None, True
    keep_this_device_alone(user.id, now)
    if strange_since is None:
        return TakenBack(ended)
    return TakenBack(
        ended,
        _remove_passkeys(user.id, strange_since, now),
        _remove_app(user.id, strange_since, now),
        _remove_codes(user.id, strange_since),
    )


def _remove_passkeys(user_id: str, since: int, now: int) -> list[str]:
    newer = (PasskeyRow.user_id == user_id) & (PasskeyRow.created_at >= since)
    names = list(db.session.scalars(delete(PasskeyRow).where(newer).returning(PasskeyRow.name)))
    for name in names:
        add_event(EventKind.PASSKEY_REMOVED, user_id, now, detail=name)
    return names


def _remove_app(user_id: str, since: int, now: int) -> bool:
    """The recovery codes go with it."""
    newer = (AuthenticatorRow.user_id == user_id) & (AuthenticatorRow.created_at >= since)
    if not db.session.scalar(select(exists(select(AuthenticatorRow).where(newer)))):
        return False
    add_event(EventKind.AUTHENTICATOR_REMOVED, user_id, now)
    return remove_second_step(user_id)


def _remove_codes(user_id: str, since: int) -> bool:
    newer = (RecoveryCodeRow.user_id == user_id) & (RecoveryCodeRow.created_at >= since)
    return has_changed(delete(RecoveryCodeRow).where(newer).returning(RecoveryCodeRow.user_id))
