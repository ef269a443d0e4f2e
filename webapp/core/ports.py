"""The ports of the core: protocols that the stores implement.

Every method may raise Unavailable; then nothing is known to have changed.
Times are Unix seconds, durations are seconds.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from .models import Session, SignIn, User, UserChanges
from .security_events import EventKind

# Open sessions of a user: an upper limit, so that a thief of the password can't open so many that
# lists of them fill the memory. Also the batch size when all sessions of a user end.
MAX_OPEN_SESSIONS = 100


@dataclass(frozen=True, slots=True)
class EndResult:
    """The result of ending a session."""

    session: Session | None
    """The session with its end; None if there is no such session."""
    new: bool
    """Whether this call ended it. False if it had ended before."""


@dataclass(frozen=True, slots=True)
class OpenResult:
    """The result of opening a session."""

    ended: list[Session]
    """Older sessions that ended to make room."""
    new_browser: bool = False
    """Whether to mail the user: they have signed in before, and never from this browser."""
    codes_left: int | None = None
    """The recovery codes that are left, if one was used."""


class Outcome(StrEnum):
    """The result of a redeem (all but the last two) or of a confirm (the last three)."""

    ROTATED = "rotated"
    REPEATED = "repeated"
    HEALED = "healed"
    REUSED = "reused"
    ENDED = "ended"
    ALIVE = "alive"
    MISSING = "missing"


@dataclass(frozen=True)
class GenerationResult:
    outcome: Outcome
    gen: int = 0
    rotated_at: int = 0
    reason: str = ""


class GenerationStore(Protocol):
    """The newest generation of each session, in Redis."""

    def start(self, sid: str, *, now: int, browser: str, ttl: int) -> None:
        """Write generation 0. `browser` is `ClientInfo.device_tag`."""

    def redeem(
        self, sid: str, gen: int, *, now: int, grace: int, browser: str, ttl: int
    ) -> GenerationResult:
        """Redeem generation `gen`, atomically (redeem.lua).

        Call it only for a session that is open in SQL: an entry that is missing or behind is
        healed.
        """

    def confirm(self, sid: str, gen: int) -> GenerationResult:
        """ALIVE, ENDED or MISSING. If `gen` is the newest generation, mark it as confirmed."""

    def last_seen(self, sids: list[str]) -> dict[str, int]:
        """The time of the last rotation by sid, for sessions that Redis has."""

    def write_tombstone(self, sid: str, reason: str, *, ttl: int) -> None:
        """Replace the entry by a tombstone."""


class SessionRepository(Protocol):
    """Users and sessions, in SQL.

    A session that ended together with all others of its user is returned as ended, even before
    the end is written to its row.
    """

    def find(self, user_id: str, sid: str) -> tuple[User | None, Session | None]:
        """Both rows, in one query. Without the user, no session. It may be another user's."""

    def user_of(self, sid: str) -> str | None:
        """The id of the session's user, also after its end."""

    def open(
        self, session: Session, sign_in: SignIn, announce: Callable[[str], object]
    ) -> OpenResult:
        """Insert a new session and its event; use up a code; remember the device, if there is one.

        If more than MAX_OPEN_SESSIONS are open then, the oldest end and are returned. `announce`
        is called with the `sid` of each before the commit.

        Raises InvalidCredentials if the password or passkey of `sign_in` has changed, or the user
        is disabled or deleted: a sign-in with the old one must not survive the end of all sessions.
        Raises WrongCode if the code was used meanwhile.
        """

    def restore(self, session: Session, announce: Callable[[str], object]) -> list[Session]:
        """Insert a session that a restored backup has lost, with its event.

        The oldest end as in `open`. Does nothing if the row exists, or if the session has ended
        with all others of its user.
        """

    def open_sessions(self, user_id: str, now: int) -> list[Session]:
        """Sessions that have neither ended nor reached their absolute limit, newest first.

        At most MAX_OPEN_SESSIONS.
        """

    def record_reauthentication(self, sid: str, now: int) -> None:
        """Store the time at which the user proved again who they are."""

    def close(self, sid: str, reason: str, now: int) -> EndResult:
        """Store the end of a session. The first reason stays."""


class SessionQueries(Protocol):
    """Sessions of all users, for an operator. Every method may raise Unavailable."""

    def session(self, sid: str) -> tuple[Session, str] | None:
        """The session and its user's e-mail."""

    def sessions(
        self, *, user_id: str | None, open_at: int | None, offset: int, limit: int
    ) -> list[tuple[Session, str]]:
        """Sessions and their users' e-mails, newest first.

        `user_id`: only of this user. `open_at`: only those that are open at that time.
        """

    def open_sids(self, now: int, after: str, limit: int) -> list[str]:
        """Sids of open sessions, sorted: at most `limit` of them, all greater than `after`."""


class DeviceRepository(Protocol):
    """Browsers that have signed in to an account, in SQL. `SessionRepository.open` adds them."""

    def knows(self, email: str, device_id: str) -> bool:
        """Whether the browser has signed in to the account with this e-mail."""

    def last_sign_ins(self, user_ids: Collection[str]) -> dict[str, int]:
        """When each of these users last signed in with a browser; those who have one."""


class UserRepository(Protocol):
    """Users in SQL. Every method may raise Unavailable."""

    def create(self, user: User, password_hash: str) -> None:
        """Insert a user. Raises Conflict if the e-mail is taken."""

    def by_email(self, email: str) -> tuple[User, str] | None:
        """The user and their password's hash."""

    def by_id(self, user_id: str) -> tuple[User, str] | None:
        """The user and their password's hash."""

    def former_hashes(self, user_id: str) -> list[str]:
        """Of the password before, and of the one before the first change in a week."""

    def change(
        self, user_id: str, changes: UserChanges, password_hash: str | None, now: int
    ) -> tuple[User, list[Session]] | None:
        """Apply changes; the user and the sessions that ended by them. None: no such user.

        One transaction. Raises Conflict if the e-mail is taken, or no admin would be left.
        """

    def replace_password(
        self, user: User, old_hash: str, new_hash: str, kind: EventKind, now: int, but: str | None
    ) -> list[Session] | None:
        """Set a new password if the old hash and the e-mail are unchanged; else None.

        In the same transaction all sessions except `but` end; they are returned.
        """

    def rehash(self, user_id: str, old_hash: str, new_hash: str) -> bool:
        """Replace the hash by one of the same password with another cost, if it is unchanged."""

    def set_language(self, user_id: str, language: str) -> None:
        """The language of pages and mails; no event."""

    def confirm(self, user: User, password_hash: str, now: int) -> bool:
        """Mark the e-mail as verified. False if it was, or if e-mail or password has changed."""


class InvalidationFeed(Protocol):
    """Invalidations for all workers: sessions and users whose cached tokens must not be used.

    A worker publishes the end of a session or a change of a user *before* it commits the change.
    From then on every worker reads the stores for that session or user, for as long as an access
    token can live. So no change is missed if the worker dies between the two. (Only a theft is
    published afterwards: Redis detects it and ends the session in one step.)
    """

    @property
    def epoch(self) -> int:
        """Changes when invalidations may have been missed; negative while disconnected."""

    def is_invalidated(self, sid: str, user_id: str) -> bool:
        """Whether cached tokens of this session or this user must not be used."""

    @property
    def unsent(self) -> int:
        """The number of invalidations that are not yet in Redis."""

    def publish(self, name: str) -> bool:
        """Invalidate a `sid` or a user's id on all workers, here at once; False if Redis is down.

        Raises nothing: if Redis is down, the invalidation is sent later.
        """
