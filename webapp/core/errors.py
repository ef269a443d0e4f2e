"""One small tree: everything that the core refuses, and why.

`code` is the machine-readable name that the JSON API answers with; which HTTP
status it becomes is `web/error_handlers.py`'s business.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .claims import AccessClaims, RefreshClaims


class EvergreenError(Exception):
    """Something was refused. `str(error)` is safe to show to a person."""

    code = "error"
    message = "Something went wrong."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)


class Unauthenticated(EvergreenError):
    """Whoever asks has not shown who they are."""


class TokenMissing(Unauthenticated):
    code = "token_missing"
    message = "Please sign in to continue."


class TokenInvalid(Unauthenticated):
    code = "token_invalid"
    message = "The token is not one of ours."


class KeyUnknown(TokenInvalid):
    """Perhaps a good token: a host that has a newer key than this one may have signed it."""


class CookiesDiffer(Unauthenticated):
    """The access cookie is of one session, the refresh cookie of another one."""

    code = "token_invalid"
    message = "The cookies of two sign-ins are mixed. Please sign in again."


class TokenExpired(Unauthenticated):
    """The token is authentic, but its time is over. `claims` say whose session it was."""

    code = "token_expired"
    message = "The token has expired."

    def __init__(self, claims: "AccessClaims | RefreshClaims") -> None:
        super().__init__()
        self.claims = claims


class SessionEnded(Unauthenticated):
    """The session is closed for good; `reason` is an `EndReason` value."""

    code = "session_ended"
    message = "This session has ended."

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class RefreshInvalid(Unauthenticated):
    code = "refresh_invalid"
    message = "The refresh token is not valid."


class RefreshReused(SessionEnded):
    code = "refresh_reused"
    message = "The refresh token had already been used, so the session was ended."


class InvalidCredentials(Unauthenticated):
    code = "invalid_credentials"
    message = "That e-mail address and password do not match an account."


class ValidationFailed(EvergreenError):
    """`fields` maps a field's name to its complaints."""

    code = "validation_failed"
    message = "Please check what you entered."

    def __init__(self, fields: dict[str, list[str]]) -> None:
        super().__init__()
        self.fields = fields


class WrongPassword(ValidationFailed):
    """The change needs the current password, and this was not it."""

    code = "forbidden"


class Conflict(ValidationFailed):
    """What was asked for is taken."""

    code = "conflict"


class ClientInvalid(Unauthenticated):
    code = "client_invalid"
    message = "The client is unknown, or its secret is wrong."


class InvalidLink(EvergreenError):
    """A mailed link that has been used, is too old, or is not one of ours."""

    code = "link_void"
    message = "This link has been used already, or it is too old."


class RateLimited(EvergreenError):
    """Too many tries; the next one is welcome in `retry_after` seconds."""

    code = "rate_limited"
    message = "Too many tries in a short time."

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class Forbidden(EvergreenError):
    code = "forbidden"
    message = "Your account may not do this."


class InsufficientScope(Forbidden):
    """The user may do this; their client may not, without `scope` (RFC 6750 section 3.1)."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"The client may not do this: its scope does not include {scope}.")
        self.scope = scope


class AccountDisabled(Forbidden):
    """The password was right. Only the account's owner, or its thief, learns this."""

    message = "This account is disabled. An administrator can enable it again."


class NotFound(EvergreenError):
    code = "not_found"
    message = "There is nothing here."


class Unavailable(EvergreenError):
    """A store could not answer. An outage is not a logout: try again in `retry_after` s."""

    code = "unavailable"
    message = "A part of the service is not answering. Nothing was changed; please try again."
    retry_after = 2


class ClockSkew(Unavailable):
    """A good token from the future: this host's clock is wrong, or that of the one who signed."""

    message = "The clocks of our servers differ. Nothing was changed; please try again."

    def __init__(self, claims: "AccessClaims | RefreshClaims") -> None:
        super().__init__()
        self.claims = claims


class Overloaded(Unavailable):
    """More people are signing in than there is room for."""

    message = "Many people are signing in at the moment. Please try again in a few seconds."


def first_line(error: BaseException) -> str:
    """What a driver says: often several lines, of which the first names the cause."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
