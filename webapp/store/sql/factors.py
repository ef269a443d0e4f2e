"""Passkeys and the removal of ways in, in SQL.

Every change locks the user's row first: two removals at once leave one way to sign in.
"""

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from webapp.core.end_reasons import EndReason
from webapp.core.errors import Conflict, NotFound
from webapp.core.factors import MAX_PASSKEYS, Passkey, TakenBack, too_many_passkeys
from webapp.core.models import EmailChange, Session
from webapp.core.passwords import is_hash
from webapp.core.security_events import EventKind
from webapp.core.text import N_

from .account_recovery import strange_since, take_back
from .devices import forget_devices
from .email_changes import restore_email
from .errors import transaction, translate_sql_errors
from .factor_models import PasskeyRow
from .models import SessionRow, UserRow, db
from .second_factors import SqlSecondFactors, has_changed, remove_second_step
from .security_events import add_event
from .session_ends import UNSYNCHRONISED, end_all
from .unique_emails import unique_email
from .users import lock_user


class SqlFactors(SqlSecondFactors):
    """Serves `core.factors.FactorRepository`."""

    def passkeys(self, user_id: str) -> list[Passkey]:
        query = select(PasskeyRow).where(PasskeyRow.user_id == user_id).order_by(PasskeyRow.id)
        with translate_sql_errors():
            rows = db.session.scalars(query, execution_options={"populate_existing": True})
            return [row.to_passkey() for row in rows]

    def passkey(self, credential_id: str) -> Passkey | None:
        query = select(PasskeyRow).where(PasskeyRow.credential_id == credential_id)
        with translate_sql_errors():
            row = db.session.scalar(query, execution_options={"populate_existing": True})
        return row.to_passkey() if row else None

    def add_passkey(self, passkey: Passkey) -> Passkey:
        row = PasskeyRow(**vars(passkey) | {"id": None, "transports": " ".join(passkey.transports)})
        try:
            with transaction():
                locked(passkey.user_id)
                if count_passkeys(passkey.user_id) >= MAX_PASSKEYS:
                    raise too_many_passkeys()
                db.session.add(row)
                add_event(
                    EventKind.PASSKEY_ADDED,
                    passkey.user_id,
                    passkey.created_at,
                    detail=passkey.name,
                )
        except IntegrityError:
            raise Conflict({"passkey": [N_("This passkey has been added already.")]}) from None
        return row.to_passkey()

    def use_passkey(self, passkey: Passkey, sign_count: int, backed_up: bool, now: int) -> bool:
        using = update(PasskeyRow).where(PasskeyRow.id == passkey.id)
        if not passkey.backup_eligible and (sign_count or passkey.sign_count):
            using = using.where(PasskeyRow.sign_count < sign_count)
        values = {"sign_count": sign_count, "backed_up": backed_up, "last_used_at": now}
        with transaction():
            return has_changed(using.values(**values).returning(PasskeyRow.id))

    def rename_passkey(self, user_id: str, passkey_id: int, name: str) -> bool:
        naming = update(PasskeyRow).where(
            PasskeyRow.id == passkey_id, PasskeyRow.user_id == user_id
        )
        with transaction():
            return has_changed(naming.values(name=name).returning(PasskeyRow.id))

    def remove_passkey(self, user_id: str, passkey_id: int, now: int) -> Passkey | None:
        with transaction():
            user = locked(user_id)
            row = db.session.get(PasskeyRow, passkey_id, populate_existing=True)
            if row is None or row.user_id != user_id:
                return None
            if count_passkeys(user_id) == 1 and not is_hash(user.password_hash):
                raise Conflict({"passkey": [N_("It is your last way to sign in.")]})
            removed = row.to_passkey()
            db.session.delete(row)
            add_event(EventKind.PASSKEY_REMOVED, user_id, now, detail=removed.name)
        return removed

    def remove_password(self, user_id: str, no_password: str, now: int) -> bool:
        with transaction():
            user = locked(user_id)
            if not is_hash(user.password_hash):
                return False
            if not count_passkeys(user_id):
                raise Conflict({"password": [N_("It is your last way to sign in.")]})
            user.replace_hash(no_password, now)
            add_event(EventKind.PASSWORD_REMOVED, user_id, now)
        return True

    def reset(self, user_id: str, now: int) -> list[Session]:
        with transaction():
            locked(user_id).sign_in_mail = True
            db.session.execute(
                delete(PasskeyRow).where(PasskeyRow.user_id == user_id),
                execution_options=UNSYNCHRONISED,
            )
            remove_second_step(user_id)
            forget_devices(user_id)
            add_event(EventKind.FACTORS_RESET, user_id, now)
            return end_all(user_id, EndReason.ENDED_BY_ADMIN, now)

    def reject_sign_in(
        self,
        user_id: str,
        sid: str,
        change: EmailChange | None,
        now: int,
        *,
        recent_since: int,
    ) -> TakenBack | None:
        with unique_email(), transaction():
            user = locked(user_id)
            session = db.session.get(SessionRow, sid, populate_existing=True)
            wrong = session is None or session.user_id != user_id
            if session is None or wrong or session.ended_reason == EndReason.NOT_ME:
                return None
            if change and not restore_email(user, change, now):
                return None
            since = strange_since(session, recent_since)
            taken = take_back(user, EndReason.TAKEN_BACK, now, strange_since=since)
            # Also if it had ended before: the mark that the link was used.
            session.ended_at, session.ended_reason = session.ended_at or now, EndReason.NOT_ME
            add_event(EventKind.SIGN_IN_REJECTED, user_id, now, sid=sid)
            return taken

    def set_sign_in_mail(self, user_id: str, wanted: bool, now: int) -> bool:
        change = update(UserRow).where(UserRow.id == user_id, UserRow.sign_in_mail != wanted)
        change = change.values(sign_in_mail=wanted).returning(UserRow.id)
        with transaction():
            if changed := has_changed(change):
                kind = EventKind.SIGN_IN_MAIL_ON if wanted else EventKind.SIGN_IN_MAIL_OFF
                add_event(kind, user_id, now)
        return changed


def locked(user_id: str) -> UserRow:
    """The user's row, locked. Raises NotFound."""
    row, _ = lock_user(user_id, with_admins=False)
    if row is None:
        raise NotFound
    return row


def count_passkeys(user_id: str) -> int:
    counting = select(func.count()).select_from(PasskeyRow).where(PasskeyRow.user_id == user_id)
    return db.session.scalar(counting) or 0
