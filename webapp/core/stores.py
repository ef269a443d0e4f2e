"""What the core needs of the places where state lives. The store serves these protocols.

Every method may raise Unavailable; then nothing is known to have changed.
Times are Unix seconds, durations are seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

# Sessions of a user. A thief of the password could otherwise open so many that lists of them
# fill the memory. Also the number of rows that the end of all sessions writes at once.
MOST_OPEN = 100


@dataclass(frozen=True)
class User:
    id: str
    email: str
    name: str
    role: str
    created_at: int = 0
    disabled: bool = False
    confirmed_at: int | None = None
    """When the address was shown to be theirs, by a link that was mailed to it."""
    proof: str = field(default="", repr=False)
    """The password's hash, of who has just given it: a session opens only while it still is."""
    pending: bool = False
    """Registered by somebody who has to show that first: no sign-in until then."""
    pending_email: str | None = None
    """A new address that waits for its link to be opened; what a session's look-up leaves out."""
    sessions_ended_at: int | None = None
    """When all sessions ended last, of which `sessions_ended_reason` was the reason."""
    sessions_ended_reason: str | None = None
    session_kept: str | None = None
    """The sid of the one session that this did not end."""

    def ended_before(self, sid: str, began_at: int) -> str | None:
        """Why a session ended that has no row to show it; None if it began later, or was kept.

        Of the same second it counts as ended: a session that really is newer has its row.
        """
        over = self.sessions_ended_at is not None and began_at <= self.sessions_ended_at
        return self.sessions_ended_reason if over and sid != self.session_kept else None


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser or client, as SQL remembers it."""

    sid: str
    user_id: str
    client_id: str
    created_at: int
    ip: str
    user_agent: str
    remembered: bool
    idle_ttl: int
    expires_at: int
    """The absolute limit: no rotation moves it."""
    proved_at: int | None = None
    """When the password was last given in this session."""
    ended_at: int | None = None
    ended_reason: str | None = None
    epoch: int | None = 0
    """How often all sessions of the user had ended when it began; a lower number than theirs
    means that it has ended with the others. A time would not do: two things happen in a second.
    None: the version before 0009 wrote it, and its row alone says whether it has ended.
    """


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


class DeviceRepository(Protocol):
    """The browsers that have signed in to an account, in SQL. `Records.open` notes them."""

    def knows(self, email: str, device_id: str) -> bool:
        """Whether that browser has signed in to the account that has this address today."""
