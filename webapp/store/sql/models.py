"""The tables. Times are Unix seconds, like those in the tokens.

Their partial indexes are in `partial_indexes.py`.
"""

from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    create_engine,
    false,
    true,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from webapp.core.clients import Client
from webapp.core.email_tokens import UNDO_TTL
from webapp.core.models import EmailChange, Session, User
from webapp.core.passwords import is_hash


class Base(DeclarativeBase):
    # Named constraints: SQLite can change a table only by rewriting it.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Database(SQLAlchemy):
    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        """Keep the options as they are: Flask-SQLAlchemy would turn the pool's 0.4 s into 0."""
        return create_engine(**options)

    def _teardown_session(self, exc: BaseException | None) -> None:
        """Close the session after each request, if it was used."""
        if self.session.registry.has():
            self.close_session()

    def close_session(self) -> None:
        """Close the session. If its connection is cut, it can't and need not be rolled back.

        The response is complete by then, so an error would only hide it.
        """
        try:
            self.session.remove()
        except SQLAlchemyError:
            self.session.registry.clear()


db = Database(model_class=Base, session_options={"expire_on_commit": False})


class UserRow(Base):
    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100), index=True)
    password_hash: Mapped[str] = mapped_column(String(100))
    former_hash: Mapped[str | None] = mapped_column(String(100))
    """Of the password before."""
    hash_before_week: Mapped[str | None] = mapped_column(String(100))
    """Of the password before the first change in a week: a thief may have changed it often."""
    week_began_at: Mapped[int | None] = mapped_column(BigInteger)
    role: Mapped[str] = mapped_column(String(20), index=True)
    created_at: Mapped[int] = mapped_column(BigInteger, index=True)
    disabled_at: Mapped[int | None] = mapped_column(BigInteger)
    email_verified_at: Mapped[int | None] = mapped_column("confirmed_at", BigInteger)
    awaiting_verification: Mapped[bool] = mapped_column("pending", default=False)
    pending_email: Mapped[str | None] = mapped_column(String(254))
    session_epoch: Mapped[int] = mapped_column(default=0, server_default="0")
    sessions_ended_at: Mapped[int | None] = mapped_column(BigInteger)
    sessions_ended_reason: Mapped[str | None] = mapped_column(String(30))
    session_kept: Mapped[str | None] = mapped_column(String(22))
    language: Mapped[str] = mapped_column(String(5), default="", server_default="")
    sign_in_mail: Mapped[bool] = mapped_column(default=True, server_default=true())

    def replace_hash(self, new_hash: str, now: int) -> None:
        self.keep_former_hash(self.password_hash, now)
        self.password_hash = new_hash

    def keep_former_hash(self, password_hash: str, now: int) -> None:
        """The next password has to differ from it."""
        if not is_hash(password_hash):
            return
        self.former_hash = password_hash
        if (self.week_began_at or 0) <= now - UNDO_TTL:
            self.hash_before_week, self.week_began_at = password_hash, now

    def to_user(self) -> User:
        return User(
            id=self.id,
            email=self.email,
            name=self.name,
            role=self.role,
            created_at=self.created_at,
            disabled=self.disabled_at is not None,
            email_verified_at=self.email_verified_at,
            awaiting_verification=self.awaiting_verification,
            pending_email=self.pending_email,
            sign_in_mail=self.sign_in_mail,
            language=self.language,
        )


class EmailChangeRow(Base):
    """A change of a user's e-mail that can still be undone from the old e-mail."""

    __tablename__ = "email_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    old_email: Mapped[str] = mapped_column(String(254), index=True)
    changed_at: Mapped[int] = mapped_column(BigInteger, index=True)
    undone_at: Mapped[int | None] = mapped_column(BigInteger)

    def to_change(self) -> EmailChange:
        return EmailChange(self.id, self.user_id, self.old_email, self.changed_at)


class UserWordRow(Base):
    """A word of a user's name or e-mail, for the user search (user_search.py)."""

    __tablename__ = "user_words"

    # Sorted by code points in every database: prefix ranges depend on it.
    word: Mapped[str] = mapped_column(
        String(40).with_variant(String(40, collation="C"), "postgresql"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class ClientRow(Base):
    """A registered client; a public one has no secret."""

    __tablename__ = "clients"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[int] = mapped_column(BigInteger)
    secret_hash: Mapped[str | None] = mapped_column(String(64))
    scope: Mapped[str] = mapped_column(String(40), server_default="profile")

    def to_client(self) -> Client:
        return Client(self.client_id, self.name, self.created_at, self.secret_hash, self.scope)


class SessionRow(Base):
    """A session, until after its last token has expired. Generation and last use are in Redis."""

    __tablename__ = "sessions"

    sid: Mapped[str] = mapped_column(String(22), primary_key=True)
    # No foreign key: a deleted user may have too many rows to delete in one statement.
    user_id: Mapped[str] = mapped_column(String(36), index=True)
    client_id: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[int] = mapped_column(BigInteger)
    ip: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(400))
    remembered: Mapped[bool]
    idle_ttl: Mapped[int]
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
    reauthenticated_at: Mapped[int | None] = mapped_column("proved_at", BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_reason: Mapped[str | None] = mapped_column(String(30))
    epoch: Mapped[int | None]
    new_browser: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its user was mailed about it. It may be a stranger's."""
    name: Mapped[str] = mapped_column(String(60), default="", server_default="")
    """Chosen by its user, for their list of devices."""

    def to_session(self) -> Session:
        return Session(**{name: getattr(self, name) for name in Session.__slots__})


class DeviceRow(Base):
    """A browser that has signed in to this account (web/auth/device_cookie.py)."""

    __tablename__ = "devices"

    # No foreign key, as in SessionRow.
    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    device_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    first_seen: Mapped[int] = mapped_column(BigInteger)
    last_seen: Mapped[int] = mapped_column(BigInteger, index=True)
    trusted_until: Mapped[int | None] = mapped_column(BigInteger)
    """Until then it needs no second step."""
    user_agent: Mapped[str] = mapped_column(String(400), default="", server_default="")


class SessionEndRow(Base):
    """The end of all sessions of a user that is not yet written to each row (session_ends.py).

    Of a deleted user: sessions and events remain to be deleted. Epoch 0: too many sessions are
    open, so the oldest have to end.
    """

    __tablename__ = "session_ends"

    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reason: Mapped[str] = mapped_column(String(30))
    at: Mapped[int] = mapped_column(BigInteger)


class EventRow(Base):
    """A security event. It never holds a token, password or cookie.

    Without a user: the e-mail of a failed sign-in has no account, or the account is deleted.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_user_id_at", "user_id", "at"),
        Index("ix_events_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    # No foreign key, as in SessionRow.
    user_id: Mapped[str | None] = mapped_column(String(36))
    actor_id: Mapped[str | None] = mapped_column(String(36))
    sid: Mapped[str | None] = mapped_column(String(22))
    at: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(30))
    detail: Mapped[str] = mapped_column(String(200), default="")
    ip: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(400), default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")
