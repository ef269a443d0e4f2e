"""Security events: what happened to an account, when, and who did it (OWASP ASVS 5.0 V16.3)."""

from collections.abc import Callable, Collection
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class EventKind(StrEnum):
    REGISTERED = "registered"
    SIGNED_IN = "signed_in"
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
    ACCOUNT_DELETED = "account_deleted"  # detail: whose


@dataclass(frozen=True)
class AuditContext:
    """On whose behalf something happens; empty outside of a request."""

    request_id: str = ""
    ip: str = ""
    user_agent: str = ""
    actor_id: str | None = None
    device_id: str = ""
    """The browser's, if it has a device cookie."""
    script_root: str = ""
    """The path below which the request found the app, where no setting says where the app is."""


# What the names of an operator's commands begin with, where a request has its id. No client can
# give its request such a name: there is no colon in those that are kept.
BY_OPERATOR = "cli:"

# Who can say so. Set once a request, called where an event is written: every function between the
# two would otherwise have to pass it on.
audit_context: ContextVar[Callable[[], AuditContext]] = ContextVar("context", default=AuditContext)


@dataclass(frozen=True)
class Event:
    id: int
    kind: str
    detail: str
    at: int
    user_id: str | None
    email: str
    """Whose; empty if there is no such account."""
    actor: str
    """The address of who did it, if it was somebody else."""
    sid: str | None
    ip: str
    user_agent: str
    request_id: str
    session_ip: str = ""
    """Where the session of `sid` was opened, as long as its row is kept."""
    session_user_agent: str = ""

    @property
    def by_operator(self) -> bool:
        return self.request_id.startswith(BY_OPERATOR)


@dataclass(frozen=True)
class EventPage:
    events: list[Event]
    total: int


class Events(Protocol):
    """One row and one log line each. Every method may raise Unavailable."""

    def record(self, kind: EventKind, user_id: str | None, now: float, detail: str = "") -> None:
        """Never a token, a password or a cookie."""

    def page(
        self,
        *,
        user_id: str | None,
        kinds: Collection[str] = (),
        offset: int,
        limit: int,
        since: int = 0,
    ) -> EventPage:
        """Newest first; of everybody if `user_id` is None, of all kinds if there are none."""
