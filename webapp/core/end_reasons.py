"""Reasons for the end of a session."""

from enum import StrEnum


class EndReason(StrEnum):
    """Each value is stored in SQL and Redis. Its text for pages is in `web/messages.py`."""

    LOGOUT = "logout"
    REUSE = "reuse"
    ENDED_ELSEWHERE = "ended_elsewhere"
    ENDED_BY_ADMIN = "ended_by_admin"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, not a password
    NOT_ME = "not_me"  # this one was rejected
    TAKEN_BACK = "taken_back"  # another one was rejected
    EMAIL_RESTORED = "email_restored"
    CLIENT_DELETED = "client_deleted"
    DISABLED = "disabled"
    DELETED = "deleted"
    TOO_MANY = "too_many"  # newer sessions replaced it: see `ports.MAX_OPEN_SESSIONS`
    UNKNOWN = "forgotten"  # in neither store
