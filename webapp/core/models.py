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
    """When a link that was mailed to the e-mail was opened."""
    verified_password_hash: str = field(default="", repr=False)
    """The hash that the password just matched. A session opens only if it is still stored."""
    awaiting_verification: bool = False
    """Whether the e-mail has to be verified before the first sign-in."""
    pending_email: str | None = None
    """A new e-mail that is not verified yet. Not read with a session."""
    sessions_ended_at: int | None = None
    """When all sessions ended the last time, for `sessions_ended_reason`."""
    sessions_ended_reason: str | None = None
    session_kept: str | None = None
    """The sid of the one session that stayed open then."""
    language: str = ""
    """Of pages and mails; empty: not chosen."""
    sign_in_mail: bool = True
    """Whether a sign-in in a new browser is mailed. Not read with a session."""

    def ended_before(self, sid: str, began_at: int) -> str | None:
        """The end reason of a session without a row; None if it began later, or stayed open.

        One of the same second counts as ended: a session that is really newer has its row.
        """
        ended = self.sessions_ended_at is not None and began_at <= self.sessions_ended_at
        return self.sessions_ended_reason if ended and sid != self.session_kept else None


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
        """The end reason of the user's sessions; None if they stay. Enabling ends them, too."""
        if self.password is not None:
            return EndReason.PASSWORD_CHANGED
        return None if self.disabled is None else EndReason.DISABLED


@dataclass(frozen=True)
class EmailChange:
    """A completed change. While it can be undone, the old e-mail is reserved for the account.

    Otherwise a thief could register the old e-mail, which would make the undo impossible.
    """

    id: int
    user_id: str
    old_email: str
    changed_at: int


@dataclass(frozen=True)
class SignIn:
    """How a user signed in, and from which browser."""

    method: str = ""
    """`passkey`, or what came after the password: `code`, `recovery_code`. Empty: nothing."""
    password_hash: str = field(default="", repr=False)
    """The session opens only if this hash is still stored; empty: no password was used."""
    passkey_id: int | None = None
    """The session opens only if the user still has this passkey."""
    device_id: str = ""
    """From the browser's device cookie; empty for a program."""
    trusted_until: int | None = None
    """Until then the browser needs no second step; None: no change."""
    time_step: int | None = None
    """Of the app's code, which is used up as the session opens."""
    code_hash: str = ""
    """Of the recovery code, which is used up as the session opens."""


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
    """The absolute limit, which rotations do not change."""
    reauthenticated_at: int | None = None
    """When the user last proved who they are: with the password, a code or a passkey."""
    ended_at: int | None = None
    ended_reason: str | None = None
    epoch: int | None = 0
    """`session_epoch` of the user when the session began. If the user's is higher, all sessions
    have ended since. A counter, since a time in seconds is not precise enough. None: written by
    the version before migration 0009; only `ended_at` counts.
    """
