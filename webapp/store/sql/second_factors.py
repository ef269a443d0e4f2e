"""Authenticator apps, recovery codes and trusted browsers in SQL."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select, update

from webapp.core.errors import Conflict
from webapp.core.factors import Authenticator, RecoveryCodes, TrustedBrowser
from webapp.core.security_events import EventKind
from webapp.core.text import N_

from . import devices
from .errors import transaction, translate_sql_errors
from .factor_models import AuthenticatorRow, RecoveryCodeRow
from .models import DeviceRow, db
from .security_events import add_event
from .session_ends import UNSYNCHRONISED, lock_epoch


class SqlSecondFactors:
    def authenticator(self, user_id: str) -> Authenticator | None:
        with translate_sql_errors():
            row = db.session.get(AuthenticatorRow, user_id, populate_existing=True)
        return Authenticator(row.secret, row.last_step, row.created_at) if row else None

    def set_authenticator(self, user_id: str, secret: str, step: int, now: int) -> None:
        with transaction():
            lock_epoch(user_id)
            if not _codes(user_id).left:
                raise Conflict({"code": [N_("Create recovery codes first.")]})
            new = AuthenticatorRow(user_id=user_id, secret=secret, last_step=step, created_at=now)
            db.session.merge(new)
            devices.end_trust(user_id, None)
            add_event(EventKind.AUTHENTICATOR_ADDED, user_id, now)

    def remove_authenticator(self, user_id: str, now: int) -> bool:
        with transaction():
            lock_epoch(user_id)
            if removed := remove_second_step(user_id):
                add_event(EventKind.AUTHENTICATOR_REMOVED, user_id, now)
        return removed

    def use_step(self, user_id: str, step: int) -> bool:
        with transaction():
            return use_step(user_id, step)

    def authenticators(self) -> list[tuple[str, str]]:
        with translate_sql_errors():
            rows = db.session.execute(select(AuthenticatorRow.user_id, AuthenticatorRow.secret))
            return [(user_id, secret) for user_id, secret in rows]

    def replace_secret(self, user_id: str, old: str, new: str) -> None:
        same = (AuthenticatorRow.user_id == user_id) & (AuthenticatorRow.secret == old)
        change = update(AuthenticatorRow).where(same).values(secret=new)
        with transaction():
            db.session.execute(change, execution_options=UNSYNCHRONISED)

    def recovery_codes(self, user_id: str) -> RecoveryCodes:
        with translate_sql_errors():
            return _codes(user_id)

    def replace_codes(
        self, user_id: str, old_batch: str, batch: str, hashes: Sequence[str], now: int
    ) -> bool | None:
        with transaction():
            lock_epoch(user_id)
            present = _codes(user_id).batch
            if present == batch:
                return False
            if present != old_batch:
                return None
            _remove_codes(user_id)
            db.session.add_all(
                RecoveryCodeRow(user_id=user_id, code_hash=each, batch=batch, created_at=now)
                for each in hashes
            )
            add_event(EventKind.RECOVERY_CODES_CREATED, user_id, now)
        return True

    def has_code(self, user_id: str, code_hash: str) -> bool:
        unused = (RecoveryCodeRow.user_id == user_id) & RecoveryCodeRow.used_at.is_(None)
        query = select(RecoveryCodeRow.batch).where(unused, RecoveryCodeRow.code_hash == code_hash)
        with translate_sql_errors():
            return db.session.scalar(query) is not None

    def is_trusted(self, user_id: str, device_id: str, now: int) -> bool:
        with translate_sql_errors():
            row = db.session.get(DeviceRow, (user_id, device_id), populate_existing=True)
        return bool(row and row.trusted_until and row.trusted_until > now)

    def trusted_browsers(self, user_id: str, now: int) -> list[TrustedBrowser]:
        trusted = (DeviceRow.user_id == user_id) & (DeviceRow.trusted_until > now)
        query = select(DeviceRow).where(trusted).order_by(DeviceRow.last_seen.desc())
        with translate_sql_errors():
            rows = db.session.scalars(query, execution_options={"populate_existing": True})
            return [
                TrustedBrowser(r.device_id, r.user_agent, r.last_seen, r.trusted_until or 0)
                for r in rows
            ]

    def end_trust(self, user_id: str, device_id: str | None, now: int, *, but: str = "") -> bool:
        with transaction():
            if ended := devices.end_trust(user_id, device_id, but=but):
                add_event(EventKind.TRUST_ENDED, user_id, now)
        return ended


def use_step(user_id: str, step: int) -> bool:
    """Use up a time step, in a larger transaction; False if it or a later one was used."""
    unused = (AuthenticatorRow.user_id == user_id) & (AuthenticatorRow.last_step < step)
    using = update(AuthenticatorRow).where(unused).values(last_step=step)
    return has_changed(using.returning(AuthenticatorRow.user_id))


def use_code(user_id: str, code_hash: str, now: int) -> int | None:
    """Use up a recovery code, in a larger transaction; the number that is left, or None."""
    unused = (RecoveryCodeRow.user_id == user_id) & RecoveryCodeRow.used_at.is_(None)
    using = update(RecoveryCodeRow).where(unused, RecoveryCodeRow.code_hash == code_hash)
    if not has_changed(using.values(used_at=now).returning(RecoveryCodeRow.user_id)):
        return None
    left = _codes(user_id).left
    add_event(EventKind.RECOVERY_CODE_USED, user_id, now, detail=str(left))
    return left


def remove_second_step(user_id: str) -> bool:
    """Delete the app, the recovery codes and the trust of browsers, in a larger transaction."""
    removing = delete(AuthenticatorRow).where(AuthenticatorRow.user_id == user_id)
    removed = has_changed(removing.returning(AuthenticatorRow.user_id))
    _remove_codes(user_id)
    devices.end_trust(user_id, None)
    return removed


def _remove_codes(user_id: str) -> None:
    removing = delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id)
    db.session.execute(removing, execution_options=UNSYNCHRONISED)


def _codes(user_id: str) -> RecoveryCodes:
    """The present batch: also of used codes, so that no request can restore them."""
    unused = func.count().filter(RecoveryCodeRow.used_at.is_(None))
    query = select(
        func.max(RecoveryCodeRow.batch), unused, func.max(RecoveryCodeRow.created_at)
    ).where(RecoveryCodeRow.user_id == user_id)
    batch, left, created_at = db.session.execute(query).one()
    return RecoveryCodes(batch or "", left, created_at or 0)


def has_changed(change: object) -> bool:
    """Whether a statement with RETURNING changed a row."""
    rows = db.session.scalars(change, execution_options=UNSYNCHRONISED)  # type: ignore[call-overload]
    return bool(rows.all())
