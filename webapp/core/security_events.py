"""Security events of accounts, each with its time and actor (OWASP ASVS 5.0 V16.3)."""

from collections.abc import Callable, Collection
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class EventKind(StrEnum):
    REGISTERED = "registered"
    SIGNED_IN = "signed_in"  # detail: SignIn.method
    SIGN_IN_FAILED = "sign_in_failed"
    PASSWORD_REFUSED = "password_refused"  # noqa: S105 - a kind, not a password
    SESSION_ENDED = "session_ended"  # detail: an EndReason
    SESSION_RESTORED = "session_restored"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    PASSWORD_RESET = "password_reset"  # noqa: S105
    RESET_REQUESTED = "reset_requested"
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    EMAIL_CHANGE_CANCELLED = "email_change_cancelled"
    EMAIL_CHANGED = "email_changed"
    EMAIL_RESTORED = "email_restored"
    EMAIL_CONFIRMED = "email_confirmed"
    REGISTERED_AGAIN = "registered_again"
    ROLE_CHANGED = "role_changed"  # detail: the new role
    DISABLED = "disabled"
    ENABLED = "enabled"
    PASSKEY_ADDED = "passkey_added"  # detail: its name
    PASSKEY_REMOVED = "passkey_removed"  # detail: its name
    PASSKEY_REFUSED = "passkey_refused"  # its counter went back: it may be a copy
    PASSWORD_REMOVED = "password_removed"  # noqa: S105
    AUTHENTICATOR_ADDED = "authenticator_added"
    AUTHENTICATOR_REMOVED = "authenticator_removed"
    CODE_REFUSED = "code_refused"
    RECOVERY_CODES_CREATED = "recovery_codes_created"
    RECOVERY_CODE_USED = "recovery_code_used"  # detail: the number that is left
    TRUST_ENDED = "trust_ended"
    SIGN_IN_MAIL_ON = "sign_in_mail_on"
    SIGN_IN_MAIL_OFF = "sign_in_mail_off"
    SIGN_IN_REJECTED = "sign_in_rejected"
    FACTORS_RESET = "factors_reset"
    ACCOUNT_DELETED = "account_deleted"  # detail: the user's id


@dataclass(frozen=True)
class AuditContext:
    """The request and the actor behind an event; empty outside of a request."""

    request_id: str = ""
    ip: str = ""
    user_agent: str = ""
    actor_id: str | None = None
    device_id: str = ""
    """The browser's, if it has a device cookie."""
    script_root: str = ""
    """The path below which the app is mounted, as the request shows it (WSGI SCRIPT_NAME)."""


# Prefix of the request id of an operator's command. No client can forge it: a colon is not
# allowed in the request ids of clients.
BY_OPERATOR = "cli:"

# Set once in each request and called where an event is written. Otherwise every function between
# the two would need it as a parameter.
audit_context: ContextVar[Callable[[], AuditContext]] = ContextVar("context", default=AuditContext)


@dataclass(frozen=True)
class Event:
    id: int
    kind: str
    detail: str
    at: int
    user_id: str | None
    email: str
    """The user's; empty if there is no such account."""
    actor: str
    """The e-mail of the user who did it, if that was another one."""
    sid: str | None
    ip: str
    user_agent: str
    request_id: str
    session_ip: str = ""
    """The IP at which the session `sid` was opened; empty once its row is deleted."""
    session_user_agent: str = ""

    @property
    def by_operator(self) -> bool:
        return self.request_id.startswith(BY_OPERATOR)


@dataclass(frozen=True)
class EventPage:
    events: list[Event]
    total: int


class Events(Protocol):
    """The event store: one row and one log line an event. Methods may raise Unavailable."""

    def record(self, kind: EventKind, user_id: str | None, now: float, detail: str = "") -> None:
        """Record an event. `detail` never holds a token, a password or a cookie."""

    def page(
        self,
        *,
        user_id: str | None,
        kinds: Collection[str] = (),
        offset: int,
        limit: int,
        since: int = 0,
    ) -> EventPage:
        """Events, newest first. `user_id` None: of all users. `kinds` empty: of all kinds."""
