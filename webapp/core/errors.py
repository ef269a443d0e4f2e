"""The exceptions of the core.

`code` is the machine-readable name in responses of the JSON API. `web/error_handlers.py` maps each
class to an HTTP status.
"""

from typing import TYPE_CHECKING

from .text import N_

if TYPE_CHECKING:
    from .claims import AccessClaims, RefreshClaims


class EvergreenError(Exception):
    """Base class. `str(error)` may be shown to users."""

    code = "error"
    message = N_("Something went wrong.")

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)

    @property
    def text(self) -> str:
        """The message as it was given: it may be a `text.Message`, for translation."""
        text: str = self.args[0]
        return text


class Unauthenticated(EvergreenError):
    """The request does not prove an identity."""


class TokenMissing(Unauthenticated):
    code = "token_missing"
    message = N_("Please sign in to continue.")


class TokenInvalid(Unauthenticated):
    code = "token_invalid"
    message = N_("The token is not one of ours.")


class KeyUnknown(TokenInvalid):
    """The key is not in the ring. A host with a newer key may have signed a valid token."""


class CookiesDiffer(Unauthenticated):
    """The access cookie and the refresh cookie are of different sessions."""

    code = "token_invalid"
    message = N_("The cookies of two sign-ins are mixed. Please sign in again.")


class TokenExpired(Unauthenticated):
    """The token is authentic, but has expired. `claims` name its user and session."""

    code = "token_expired"
    message = N_("The token has expired.")

    def __init__(self, claims: "AccessClaims | RefreshClaims") -> None:
        super().__init__()
        self.claims = claims


class SessionEnded(Unauthenticated):
    """The session has ended; `reason` is an `EndReason` value."""

    code = "session_ended"
    message = N_("This session has ended.")

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class RefreshInvalid(Unauthenticated):
    code = "refresh_invalid"
    message = N_("The refresh token is not valid.")


class RefreshReused(SessionEnded):
    code = "refresh_reused"
    message = N_("The refresh token had already been used, so the session was ended.")


class InvalidCredentials(Unauthenticated):
    code = "invalid_credentials"
    message = N_("That e-mail address and password do not match an account.")


class SecondStepRequired(Unauthenticated):
    """The password is right, and the account needs a code as well."""

    code = "second_step_required"
    message = N_("This account needs a second step: send a code, or a recovery code.")


class PasskeyInvalid(Unauthenticated):
    code = "passkey_invalid"
    message = N_("This passkey does not sign in to any account here.")


class PasskeyUnknown(PasskeyInvalid):
    """No account has this passkey: the browser may delete it."""

    code = "passkey_unknown"


class ValidationFailed(EvergreenError):
    """`fields` maps the name of a field to its errors."""

    code = "validation_failed"
    message = N_("Please check what you entered.")

    def __init__(self, fields: dict[str, list[str]]) -> None:
        super().__init__()
        self.fields = fields


class WrongPassword(ValidationFailed):
    """The change needs the current password, and it was wrong."""

    code = "forbidden"


class WrongCode(ValidationFailed):
    """A code of an authenticator app, or a recovery code, that is wrong or was used."""

    code = "forbidden"


class CodeUsed(WrongCode):
    """A code of an authenticator app that was right and used before: it is no guess."""


class Conflict(ValidationFailed):
    """The value is taken, or the change would leave no admin, or no way to sign in."""

    code = "conflict"


class ClientInvalid(Unauthenticated):
    code = "client_invalid"
    message = N_("The client is unknown, or its secret is wrong.")


class InvalidLink(EvergreenError):
    """A mailed link that was used, has expired, or is forged."""

    code = "link_void"
    message = N_("This link has been used already, or it is too old.")


class RateLimited(EvergreenError):
    """Too many attempts. The next one is allowed after `retry_after` seconds."""

    code = "rate_limited"
    message = N_("Too many attempts in a short time.")

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class Forbidden(EvergreenError):
    code = "forbidden"
    message = N_("Your account may not do this.")


class ReauthenticationRequired(Forbidden):
    code = "reauthentication_required"
    message = N_("Please confirm first that it is you.")


class InsufficientScope(Forbidden):
    """The user has the permission; the client lacks `scope` (RFC 6750 section 3.1)."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"The client may not do this: its scope does not include {scope}.")
        self.scope = scope


class AccountDisabled(Forbidden):
    """The account is disabled. Raised only after the right password."""

    message = N_("This account is disabled. An administrator can enable it again.")


class NotFound(EvergreenError):
    code = "not_found"
    message = N_("There is nothing here.")


class Unavailable(EvergreenError):
    """A store is down: temporary, and no sign-out. Retry after `retry_after` seconds."""

    code = "unavailable"
    message = N_("A part of the service is not answering. Nothing was changed.")
    retry_after = 2


class ClockSkew(Unavailable):
    """An authentic token from the future: the clock of this or of the signing host is wrong."""

    message = N_("The clocks of our servers differ. Nothing was changed.")

    def __init__(self, claims: "AccessClaims | RefreshClaims") -> None:
        super().__init__()
        self.claims = claims


class Overloaded(Unavailable):
    """The queue for password checks is full."""

    message = N_("Many people are signing in at the moment. Please try again in a few seconds.")


def first_line(error: BaseException) -> str:
    """The first line of an error message, for logs: drivers write several."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
