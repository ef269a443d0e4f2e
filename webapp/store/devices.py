"""Which browsers have signed in to which accounts."""

from sqlalchemy import bindparam, select

from .database import read_row
from .models import DeviceRow, UserRow, db

KNOWS = (
    select(DeviceRow.device_id)
    .join(UserRow, UserRow.id == DeviceRow.user_id)
    .where(UserRow.email == bindparam("email"), DeviceRow.device_id == bindparam("device_id"))
)


class SqlDevices:
    """Serves `core.stores.DeviceRepository`."""

    def knows(self, email: str, device_id: str) -> bool:
        return read_row(KNOWS, email=email, device_id=device_id) is not None


def note_device(user_id: str, device_id: str, now: int) -> None:
    """In the transaction of a sign-in. The user's row is locked: no other one writes meanwhile."""
    row = db.session.get(DeviceRow, (user_id, device_id), populate_existing=True)
    if row is None:
        db.session.add(
            DeviceRow(user_id=user_id, device_id=device_id, first_seen=now, last_seen=now)
        )
    else:
        row.last_seen = now
