"""The owner takes an account back from a stranger, in the transaction of a mailed link."""

from sqlalchemy import delete, exists, select

from webapp.core.models import Session

from .devices import keep_this_device_alone
from .factor_models import AuthenticatorRow, PasskeyRow, RecoveryCodeRow
from .models import UserRow, db
from .second_factors import remove_second_step
from .session_ends import UNSYNCHRONISED, end_all


def take_back(
    user: UserRow, no_password: str, reason: str, now: int, *, strange_since: int | None
) -> list[Session]:
    """End all sessions, remove the password, and forget all browsers but that of the link.

    `strange_since`: factors that were added since then are a stranger's, and are deleted. Returns
    the sessions that ended.
    """
    ended = end_all(user.id, reason, now)
    user.password_hash, user.pending_email, user.sign_in_mail = no_password, None, True
    if strange_since is not None:
        _remove_newer(user.id, strange_since)
    keep_this_device_alone(user.id, now)
    return ended


def _remove_newer(user_id: str, since: int) -> None:
    newer = (PasskeyRow.user_id == user_id) & (PasskeyRow.created_at >= since)
    db.session.execute(delete(PasskeyRow).where(newer), execution_options=UNSYNCHRONISED)
    strange_app = (AuthenticatorRow.user_id == user_id) & (AuthenticatorRow.created_at >= since)
    if db.session.scalar(select(exists(select(AuthenticatorRow).where(strange_app)))):
        remove_second_step(user_id)
    codes = (RecoveryCodeRow.user_id == user_id) & (RecoveryCodeRow.created_at >= since)
    db.session.execute(delete(RecoveryCodeRow).where(codes), execution_options=UNSYNCHRONISED)
