"""A user and a session, as SQL stores them. Times are Unix seconds, durations are seconds."""

from dataclasses import dataclass, field

from .end_reasons import EndReason


@dataclass(frozen=True)
class User:
    id: str
    email: str
    name: str
    role: str
    created_at: int = 0
    disabled: bool = False
    email_verified_at: int | None = None
    """When the address was shown to be theirs, by a link that was mailed to it."""
    verified_password_hash: str = field(default="", repr=False)
    """The hash that the password just matched: a session opens only while it is still stored."""
    awaiting_verification: bool = False
    """Registered, and `confirmed_at` is needed before the first sign-in."""
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


@dataclass(frozen=True)
class UserChanges:
    """New values for a user; None leaves a value as it is."""

    email: str | None = None
    name: str | None = None
    role: str | None = None
    disabled: bool | None = None
    password: str | None = None

    @property
    def session_end_reason(self) -> EndReason | None:
        """Why the user's sessions end, if they do. Enabling the user ends them, too."""
        if self.password is not None:
            return EndReason.PASSWORD_CHANGED
        return None if self.disabled is None else EndReason.DISABLED


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser or client."""

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
    reauthenticated_at: int | None = None
    """When the password was last given in this session."""
    ended_at: int | None = None
    ended_reason: str | None = None
    epoch: int | None = 0
    """How often all sessions of the user had ended when it began; a lower number than theirs
    means that it has ended with the others. A time would not do: two things happen in a second.
    None: the version before 0009 wrote it, and its row alone says whether it has ended.
    """
