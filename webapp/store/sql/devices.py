"""Devices: the browsers that have signed in to each account."""

from collections.abc import Collection

from sqlalchemy import Select, bindparam, delete, func, select, update

from webapp.core.security_events import audit_context

from .errors import translate_sql_errors
from .models import DeviceRow, UserRow, db
from .raw_query import read_row
from .security_events import truncate

# Known devices of an account; the least recently used are deleted. More: more device cookies to
# steal, which have their own rate limits. Fewer: users, and tests, that often sign in with new
# browsers lose their old ones.
MAX_KNOWN_DEVICES = 50

UNSYNCHRONISED = {"synchronize_session": False}
KNOWS = (
    select(DeviceRow.device_id)
    .join(UserRow, UserRow.id == DeviceRow.user_id)
    .where(UserRow.email == bindparam("email"), DeviceRow.device_id == bindparam("device_id"))
)


class SqlDevices:
    """Serves `core.ports.DeviceRepository`."""

    def knows(self, email: str, device_id: str) -> bool:
        return read_row(KNOWS, email=email, device_id=device_id) is not None

    def last_sign_ins(self, user_ids: Collection[str]) -> dict[str, int]:
        newest = select(DeviceRow.user_id, func.max(DeviceRow.last_seen))
        newest = newest.where(DeviceRow.user_id.in_(user_ids)).group_by(DeviceRow.user_id)
        with translate_sql_errors():
            return dict(db.session.execute(newest).all())


def remember_device(
    user_id: str, device_id: str, now: int, *, trusted_until: int | None = None
) -> bool:
    """Add or update a device, in the transaction of a sign-in that has locked the user's row.

    Whether it was new.
    """
    row = db.session.get(DeviceRow, (user_id, device_id), populate_existing=True)
    is_new = row is None
    if row is None:
        row = DeviceRow(user_id=user_id, device_id=device_id, first_seen=now, last_seen=now)
        db.session.add(row)
        newest = select(DeviceRow.device_id).correlate(None)
        newest = newest.where(DeviceRow.user_id == user_id, DeviceRow.device_id != device_id)
        newest = newest.order_by(DeviceRow.last_seen.desc()).limit(MAX_KNOWN_DEVICES - 1)
        _forget(user_id, but=device_id, kept=newest)
    else:
        row.last_seen = now
    row.user_agent = truncate(audit_context.get()().user_agent, 400)
    row.trusted_until = trusted_until or row.trusted_until
    return is_new


def end_trust(user_id: str, device_id: str | None, *, but: str = "") -> bool:
    """End the trust of one browser, or of all (None) except `but`; whether there was any."""
    trusted = (DeviceRow.user_id == user_id) & DeviceRow.trusted_until.is_not(None)
    trusted &= DeviceRow.device_id != but
    if device_id is not None:
        trusted &= DeviceRow.device_id == device_id
    ending = update(DeviceRow).where(trusted).values(trusted_until=None)
    ending = ending.returning(DeviceRow.device_id)
    return bool(db.session.scalars(ending, execution_options=UNSYNCHRONISED).all())


def remember_this_device(user_id: str, now: int) -> None:
    """Add or update the device of this request, which has opened a mailed link."""
    if device_id := audit_context.get()().device_id:
        remember_device(user_id, device_id, now)


def keep_this_device_alone(user_id: str, now: int) -> None:
    """Delete all other devices after a new password: some may be a thief's."""
    _forget(user_id, but=audit_context.get()().device_id)
    end_trust(user_id, None)
    remember_this_device(user_id, now)


def forget_devices(user_id: str) -> None:
    _forget(user_id)


def _forget(user_id: str, *, but: str = "", kept: Select[str] | None = None) -> None:
    forgetting = delete(DeviceRow).where(DeviceRow.user_id == user_id, DeviceRow.device_id != but)
    if kept is not None:
        forgetting = forgetting.where(DeviceRow.device_id.not_in(kept))
    db.session.execute(forgetting, execution_options=UNSYNCHRONISED)
