"""Why a session has ended."""

from enum import StrEnum


class EndReason(StrEnum):
    """The value in SQL and Redis. The texts for people are in `web/messages.py`."""

    LOGOUT = "logout"
    REUSE = "reuse"
    ENDED_ELSEWHERE = "ended_elsewhere"
    ENDED_BY_ADMIN = "ended_by_admin"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, not a password
    EMAIL_RESTORED = "email_restored"
    CLIENT_DELETED = "client_deleted"
    DISABLED = "disabled"
    DELETED = "deleted"
    TOO_MANY = "too_many"  # newer sessions took its place: see `stores.MOST_OPEN`
    UNKNOWN = "forgotten"  # in neither store: both have lost it
