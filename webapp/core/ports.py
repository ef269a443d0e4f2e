"""The ports of the core: protocols that the stores implement.

Every method may raise Unavailable; then nothing is known to have changed.
Times are Unix seconds, durations are seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from .models import Session, User, UserChanges
from .security_events import EventKind

# Sessions of a user. A thief of the password could otherwise open so many that lists of them
# fill the memory. Also the number of rows that the end of all sessions writes at once.
MOST_OPEN = 100


@dataclass(frozen=True, slots=True)
class EndResult:
    """What became of the wish to end a session."""

    session: Session | None
    """None if there is no such session."""
    new: bool
    """Whether it has ended by this, and had not before."""


class Outcome(StrEnum):
    """What Redis answers: to a redeem all but the last two, to a confirm the last three."""

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
    """One small entry a session, in Redis."""

    def start(self, sid: str, *, now: int, browser: str, ttl: int) -> None:
        """Write generation 0, handed to this browser: `browser` is `Origin.device_tag`."""

    def redeem(
        self, sid: str, gen: int, *, now: int, grace: int, browser: str, ttl: int
    ) -> GenerationResult:
        """Decide atomically what generation `gen` may still do (redeem.lua).

        Only asked when SQL says that the session is open: so a missing entry, or
        one that is behind, is healed.
        """

    def confirm(self, sid: str, gen: int) -> GenerationResult:
        """ALIVE, ENDED or MISSING; if `gen` is the newest generation, note that it has arrived."""

    def last_seen(self, sids: list[str]) -> dict[str, int]:
        """The time of the last rotation by sid; only of sessions that Redis has."""

    def write_tombstone(self, sid: str, reason: str, *, ttl: int) -> None:
        """Replace the entry by a tombstone."""


class SessionRepository(Protocol):
    """Users and sessions, in SQL.

    A session that ended together with all others of its user is returned as ended, whether or not
    that has been written to its row yet.
    """

    def find(self, user_id: str, sid: str) -> tuple[User | None, Session | None]:
        """Both rows, in one query. No user, no session; the session may be another user's."""

    def user_of(self, sid: str) -> str | None:
        """The id of the session's user, also after its end."""

    def open(
        self, session: Session, proof: str, device_id: str, announce: Callable[[str], object]
    ) -> list[Session]:
        """Insert a new session and the event of its start; note the browser, if it is one.

        If more than MOST_OPEN are open then, the oldest end and are returned; `announce` is called
        with the `sid` of each before the commit.

        Raises InvalidCredentials if `proof` is no longer the hash of the password, or the user is
        disabled or deleted: a sign-in with the old password must not outlive the end of all
        sessions.
        """

    def restore(self, session: Session, announce: Callable[[str], object]) -> list[Session]:
        """Insert a session that a restored backup has lost; otherwise as `open`.

        Does nothing if its row is there, or if it has ended with all others of its user.
        """

    def open_sessions(self, user_id: str, now: int) -> list[Session]:
        """Sessions that have neither ended nor reached their absolute limit, newest first.

        At most MOST_OPEN.
        """

    def record_reauthentication(self, sid: str, now: int) -> None:
        """Write the time at which the password was entered again."""

    def close(self, sid: str, reason: str, now: int) -> EndResult:
        """Write the end of a session. The first reason stays."""


class SessionQueries(Protocol):
    """Sessions of all users, for an operator. Every method may raise Unavailable."""

    def session(self, sid: str) -> tuple[Session, str] | None:
        """The session and its user's e-mail address."""

    def sessions(
        self, *, user_id: str | None, open_at: int | None, offset: int, limit: int
    ) -> list[tuple[Session, str]]:
        """Sessions and their users' e-mail addresses, newest first.

        `user_id`: of this user only. `open_at`: only those that are open at that time.
        """

    def open_sids(self, now: int, after: str, limit: int) -> list[str]:
        """Open sessions, opened by `now`, sorted by sid: at most `limit` above `after`."""


class DeviceRepository(Protocol):
    """The browsers that have signed in to an account, in SQL. `Records.open` notes them."""

    def knows(self, email: str, device_id: str) -> bool:
        """Whether that browser has signed in to the account that has this e-mail today."""


class UserRepository(Protocol):
    """Users in SQL. Every method may raise Unavailable."""

    def create(self, user: User, password_hash: str) -> None:
        """Raises Conflict if the e-mail is taken."""

    def by_email(self, email: str) -> tuple[User, str] | None:
        """The user and their password's hash."""

    def by_id(self, user_id: str) -> tuple[User, str] | None:
        """The user and their password's hash."""

    def change(
        self, user_id: str, changes: UserChanges, password_hash: str | None, now: int
    ) -> tuple[User, list[Session]] | None:
        """The changed user, and the sessions that ended, in one transaction; None: no such user.

        Raises Conflict: the e-mail is taken, or no admin would be left.
        """

    def replace_password(
        self, user: User, old_hash: str, new_hash: str, kind: EventKind, now: int, but: str | None
    ) -> list[Session] | None:
        """Set a new password if the old hash and the e-mail are unchanged; else None.

        In the same transaction all sessions end, except `but`. They are returned.
        """

    def rehash(self, user_id: str, old_hash: str, new_hash: str) -> bool:
        """Replace the hash by one of the same password at another cost, if it is unchanged."""

    def confirm(self, user: User, password_hash: str, now: int) -> bool:
        """Mark the e-mail as verified, once; False if e-mail or password has changed meanwhile."""


class InvalidationFeed(Protocol):
    """Invalidations for all workers: sessions and users whose access tokens are no longer cached.

    A worker announces an end of a session or a change of a user *before* it writes the change.
    From then on every worker asks the stores about that session or user, for as long as an access
    token can live. So no change is missed if the worker dies between the two. (Theft alone is
    announced afterwards: Redis notices it and ends the session in one step.)
    """

    @property
    def epoch(self) -> int:
        """Changes when announcements may have been missed; negative while disconnected."""

    def is_invalidated(self, sid: str, user_id: str) -> bool:
        """Whether the stores have to be asked about this session or this user."""

    @property
    def unsent(self) -> int:
        """Announcements that wait until Redis takes them."""

    def publish(self, name: str) -> bool:
        """Publish a `sid` or a user's id to all workers, this one at once; False if Redis is down.

        Raises nothing: what can't be sent now is sent later.
        """
