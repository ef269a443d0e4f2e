"""The owner takes an account back from a stranger, in the transaction of a mailed link."""

from collections.abc import Sequence

from sqlalchemy import delete, exists, func, select

from webapp.core.factors import TakenBack
from webapp.core.passwords import no_password
from webapp.core.security_events import EventKind

from .devices import keep_this_device_alone
from .factor_models import AuthenticatorRow, PasskeyRow, RecoveryCodeRow
from .models import EventRow, SessionRow, UserRow, db
from .second_factors import has_changed, remove_second_step
from .security_events import add_event
from .session_ends import end_all


def take_back(user: UserRow, reason: str, now: int, *, strange_since: int | None) -> TakenBack:
    """End all sessions, void the password, and forget all browsers but that of the link.

    `strange_since`: factors that were added since then are a stranger's, and are deleted.
    """
    lost = _removed_since(user.id, strange_since) if strange_since is not None else []
    ended = end_all(user.id, reason, now)
    user.replace_hash(no_password(), now)
    user.pending_email, user.sign_in_mail = None, True
    keep_this_device_alone(user.id, now)
    if strange_since is None:
        return TakenBack(ended, passkeys_left=_passkeys(user.id))
    removed_app = _remove_app(user.id, strange_since, now)
    lost_app = any(event.kind == EventKind.AUTHENTICATOR_REMOVED for event in lost)
    return TakenBack(
        ended,
        _remove_passkeys(user.id, strange_since, now),
        removed_app,
        _remove_codes(user.id, strange_since),
        [event.detail for event in lost if event.kind == EventKind.PASSKEY_REMOVED],
        removed_app or (lost_app and not _has_app(user.id, since=0)),
        _passkeys(user.id),
    )


def strange_since(rejected: SessionRow, recent_since: int) -> int | None:
    """When the stranger may have begun; None if the rejected sign-in is not recent.

    That is the first recent sign-in in a new browser: the rejected one may be the stranger's
    second, with a passkey that was added in the first.
    """
    if rejected.created_at < recent_since:
        return None
    first = select(func.min(SessionRow.created_at)).where(
        SessionRow.user_id == rejected.user_id,
        SessionRow.new_browser,
        SessionRow.created_at >= recent_since,
    )
    return min(rejected.created_at, db.session.scalar(first) or rejected.created_at)


def _removed_since(user_id: str, since: int) -> Sequence[EventRow]:
    """Removals of factors, by the stranger or by the owner."""
    kinds = EventRow.kind.in_([EventKind.PASSKEY_REMOVED, EventKind.AUTHENTICATOR_REMOVED])
    removals = select(EventRow).where(EventRow.user_id == user_id, EventRow.at >= since, kinds)
    return db.session.scalars(removals.order_by(EventRow.id)).all()


def _passkeys(user_id: str) -> Sequence[str]:
    names = select(PasskeyRow.name).where(PasskeyRow.user_id == user_id)
    return db.session.scalars(names.order_by(PasskeyRow.id)).all()


def _has_app(user_id: str, since: int) -> bool:
    newer = (AuthenticatorRow.user_id == user_id) & (AuthenticatorRow.created_at >= since)
    return bool(db.session.scalar(select(exists(select(AuthenticatorRow).where(newer)))))


def _remove_passkeys(user_id: str, since: int, now: int) -> list[str]:
    newer = (PasskeyRow.user_id == user_id) & (PasskeyRow.created_at >= since)
    names = list(db.session.scalars(delete(PasskeyRow).where(newer).returning(PasskeyRow.name)))
    for name in names:
        add_event(EventKind.PASSKEY_REMOVED, user_id, now, detail=name)
    return names


def _remove_app(user_id: str, since: int, now: int) -> bool:
    """The recovery codes go with it."""
    if not _has_app(user_id, since):
        return False
    add_event(EventKind.AUTHENTICATOR_REMOVED, user_id, now)
    return remove_second_step(user_id)


def _remove_codes(user_id: str, since: int) -> bool:
    newer = (RecoveryCodeRow.user_id == user_id) & (RecoveryCodeRow.created_at >= since)
    return has_changed(delete(RecoveryCodeRow).where(newer).returning(RecoveryCodeRow.user_id))
