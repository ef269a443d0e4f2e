"""What the core needs of the places where state lives. The store serves these protocols.

Every method may raise Unavailable; then nothing is known to have changed.
Times are Unix seconds, durations are seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from .events import EventKind
from .models import Changes, Session, User

# Sessions of a user. A thief of the password could otherwise open so many that lists of them
# fill the memory. Also the number of rows that the end of all sessions writes at once.
MOST_OPEN = 100


@dataclass(frozen=True, slots=True)
class Closed:
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
class Answer:
    outcome: Outcome
    gen: int = 0
    rotated_at: int = 0
    reason: str = ""


class Entries(Protocol):
    """One small entry a session, in Redis."""

    def start(self, sid: str, *, now: int, browser: str, ttl: int) -> None:
        """Write generation 0, handed to this browser: `browser` is `Origin.device_tag`."""

    def redeem(self, sid: str, gen: int, *, now: int, grace: int, browser: str, ttl: int) -> Answer:
        """Decide atomically what generation `gen` may still do (redeem.lua).

        Only asked when SQL says that the session is open: so a missing entry, or
        one that is behind, is healed.
        """

    def confirm(self, sid: str, gen: int) -> Answer:
        """Say whether the session is alive; if `gen` is the newest, note that it arrived."""

    def last_seen(self, sids: list[str]) -> dict[str, int]:
        """When each of these sessions was last rotated, as far as Redis knows."""

    def bury(self, sid: str, reason: str, *, ttl: int) -> None:
        """Replace the entry by a tombstone."""


class Records(Protocol):
    """Users and sessions, in SQL.

    A session that ended together with all others of its user is returned as ended, whether or not
    that has been written to its row yet.
    """

    def find(self, user_id: str, sid: str) -> tuple[User | None, Session | None]:
        """Both rows, in one query; no session without its user, but maybe another user's."""

    def user_of(self, sid: str) -> str | None:
        """Whose session it is, also after its end."""

    def open(
        self, session: Session, proof: str, device_id: str, announce: Callable[[str], object]
    ) -> list[Session]:
        """Insert a new session and the event of its start; note the browser, if it is one.

        Sessions that are too many now end, and are returned; `announce` is called with the `sid`
        of each before the commit.

        Unless the password has changed since it was `proof`, or the user is disabled or gone:
        whoever was let in by the old one must not slip past the end of all sessions.
        Raises InvalidCredentials.
        """

    def restore(self, session: Session, announce: Callable[[str], object]) -> list[Session]:
        """Insert a session that a restored backup did not have; otherwise as `open`.

        Unless it is there, or has ended with all others of its user.
        """

    def open_sessions(self, user_id: str, now: int) -> list[Session]:
        """Those that have neither ended nor reached their absolute limit, newest first.

        No more than MOST_OPEN.
        """

    def prove(self, sid: str, now: int) -> None:
        """Note when the password was given again."""

    def close(self, sid: str, reason: str, now: int) -> Closed:
        """Write down a session's end, once."""


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
        """Whether that browser has signed in to the account that has this address today."""


class Users(Protocol):
    """Users in SQL. Every method may raise Unavailable."""

    def create(self, user: User, password_hash: str) -> None:
        """Raises Conflict if the address is taken."""

    def by_email(self, email: str) -> tuple[User, str] | None:
        """The user and their password's hash."""

    def by_id(self, user_id: str) -> tuple[User, str] | None:
        """The user and their password's hash."""

    def change(
        self, user_id: str, changes: Changes, password_hash: str | None, now: int
    ) -> tuple[User, list[Session]] | None:
        """The user as they are now, and the sessions that ended with it, in one transaction.

        Raises Conflict: the address is taken, or nobody would be left to administer.
        """

    def swap_password(
        self, user: User, old_hash: str, new_hash: str, kind: EventKind, now: int, but: str | None
    ) -> list[Session] | None:
        """Set a new password if the old one and the address are still what they were.

        In the same transaction all sessions end, except `but`; which those were.
        """

    def rehash(self, user_id: str, old_hash: str, new_hash: str) -> bool:
        """The same password at another cost, if it still is the same."""

    def confirm(self, user: User, password_hash: str, now: int) -> bool:
        """Mark the address as the user's own, once; not if anything has changed meanwhile."""


class Feed(Protocol):
    """What the other workers have to tell: whose tokens have to be checked again.

    Whoever is about to end a session or to change a user announces it *before*
    the change is made; from then on every worker asks the stores about them for
    as long as an access token can live. So nothing is missed if the one who made
    the change dies on the way. (Theft alone is announced after it: Redis finds it out
    and ends the session in one step.)
    """

    @property
    def epoch(self) -> int:
        """Another number each time that something may have been missed; below 0 while it may be."""

    def doubts(self, sid: str, user_id: str) -> bool:
        """Whether this session, or this user, has to be asked about."""

    @property
    def unsent(self) -> int:
        """How many announcements wait until Redis can be told."""

    def announce(self, name: str) -> bool:
        """Tell all workers of a `sid` or a user's id, this one at once; whether Redis has heard.

        Never fails: what can't be sent now is sent later.
        """
