"""What people are told, in one place and in plain words."""

from webapp.core.errors import SessionEnded, TokenExpired, Unauthenticated
from webapp.core.sessions import EndReason

SIGNED_OUT = "You are signed out. See you soon."
PLEASE_SIGN_IN = "Please sign in to continue."

WHY_SIGNED_OUT: dict[str, str] = {
    EndReason.LOGOUT: "You signed out. Please sign in again to continue.",
    EndReason.REUSE: (
        "We signed you out to protect you: a copy of your sign-in was used a second time. "
        "Your other sessions are still open."
    ),
    EndReason.DISABLED: "This account has been disabled.",
    EndReason.DELETED: "This account no longer exists.",
    EndReason.FORGOTTEN: "We could not find your session any more. Please sign in again.",
}
EXPIRED = "You were away for a while, so your sign-in has expired. Please sign in again."
NOT_RECOGNISED = "Your sign-in could not be recognised. Please sign in again."


def why_signed_out(refusal: Unauthenticated) -> str:
    if isinstance(refusal, SessionEnded):
        return WHY_SIGNED_OUT.get(refusal.reason, PLEASE_SIGN_IN)
    return EXPIRED if isinstance(refusal, TokenExpired) else NOT_RECOGNISED
