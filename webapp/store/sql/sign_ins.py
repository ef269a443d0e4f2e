"""Conditions and consequences of a sign-in, in its transaction."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, exists, or_, select

from webapp.core.errors import WrongCode
from webapp.core.models import Session, SignIn
from webapp.core.security_events import EventKind
from webapp.core.text import N_
from webapp.core.token_issuer import BROWSER_CLIENT

from . import second_factors
from .factor_models import PasskeyRow
from .models import EventRow, SessionRow, UserRow, db

CODE_USED = N_("That code was used already. Wait for the next one, or take another one.")


def still_valid(sign_in: SignIn) -> Iterator[ColumnElement[bool]]:
    """Conditions on the user's row: what was proved a moment ago still holds."""
    if sign_in.password_hash:
        yield UserRow.password_hash == sign_in.password_hash
        yield UserRow.disabled_at.is_(None)
    if sign_in.passkey_id is not None:
        yield exists(
            select(PasskeyRow.id).where(
                PasskeyRow.id == sign_in.passkey_id, PasskeyRow.user_id == UserRow.id
            )
        )
        yield UserRow.disabled_at.is_(None)


def use_code(user_id: str, sign_in: SignIn, now: int) -> int | None:
    """Use up the code; the recovery codes that are left, if it is one. Raises WrongCode."""
    if sign_in.time_step is not None and not second_factors.use_step(user_id, sign_in.time_step):
        raise WrongCode({"code": [CODE_USED]})
    if not sign_in.code_hash:
        return None
    left = second_factors.use_code(user_id, sign_in.code_hash, now)
    if left is None:
        raise WrongCode({"recovery_code": [CODE_USED]})
    return left


def to_be_mailed(session: Session) -> bool:
    """Whether to mail the user about a sign-in from an unknown device; its row is not inserted yet.

    A program is known by its client and IP. The first sign-in after the registration is no news.
    """
    wants_mail = select(UserRow.sign_in_mail).where(UserRow.id == session.user_id)
    wants_mail = wants_mail.where(_has_signed_in(session.user_id))
    if session.client_id != BROWSER_CLIENT:
        from_there = (SessionRow.client_id == session.client_id, SessionRow.ip == session.ip)
        known = select(SessionRow.sid).where(SessionRow.user_id == session.user_id, *from_there)
        wants_mail = wants_mail.where(~exists(known))
    return bool(db.session.scalar(wants_mail))


def _has_signed_in(user_id: str) -> ColumnElement[bool]:
    """Not by devices: the link that verified the e-mail may have been opened in another browser."""
    signed_in = (EventRow.user_id == user_id) & (EventRow.kind == EventKind.SIGNED_IN)
    return or_(
        exists(select(SessionRow.sid).where(SessionRow.user_id == user_id)),
        exists(select(EventRow.id).where(signed_in)),
    )
