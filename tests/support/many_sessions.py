"""Very many sessions of one user, as if each had been opened by a sign-in of its own."""

from dataclasses import replace

from flask import Flask
from sqlalchemy import insert

from tests.conftest import services_of
from webapp.core.models import Session, User
from webapp.core.token_issuer import ClientInfo, IssuedTokens
from webapp.store.sql.models import SessionRow, UserRow, db


def user_of(app: Flask, email: str) -> User:
    user, _ = services_of(app).accounts.find(email)
    assert user
    return user


def open_many(app: Flask, email: str, count: int, origin: ClientInfo) -> list[IssuedTokens]:
    """The oldest first, a second apart, the newest a second ago."""
    sessions, now = services_of(app).sessions, services_of(app).now()
    user, issuer = user_of(app, email), sessions._issuer
    epoch = db.session.get_one(UserRow, user.id).session_epoch
    opened = []
    for age in range(count, 0, -1):
        session = issuer.new_session(user, origin, remember=True, now=now - age)
        opened.append(replace(session, epoch=epoch))
    db.session.execute(insert(SessionRow), [as_row(session) for session in opened])
    db.session.commit()
    return [issuer.issue(user, each, "started", 0, each.created_at, now) for each in opened]


def as_row(session: Session) -> dict[str, object]:
    return {name: getattr(session, name) for name in Session.__slots__}
