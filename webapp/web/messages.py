"""The texts of pages: flash messages, event titles and reasons."""

from typing import Any

import flask

from webapp.core.end_reasons import EndReason
from webapp.core.errors import CookiesDiffer, SessionEnded, TokenExpired, Unauthenticated
from webapp.core.security_events import EventKind

from .request_info import shows_messages

# A category that is not displayed: the e-mail that the next page fills in. In a URL it would be
# stored in histories and logs.
EMAIL = "address"
# Not displayed either: the requested page has just refused this browser's cookies.
REFUSED = "refused"

SIGNED_OUT = "You are signed out. See you soon."
PLEASE_SIGN_IN = "Please sign in to continue."

WHY_SIGNED_OUT: dict[str, str] = {
    EndReason.LOGOUT: "You signed out. Please sign in again to continue.",
    EndReason.REUSE: (
        "We signed you out to protect you: a copy of your sign-in was used. "
        "Your other sessions are still open. If it was not you, change your password."
    ),
    EndReason.ENDED_ELSEWHERE: "This session was signed out from another of your devices.",
    EndReason.ENDED_BY_ADMIN: "An administrator has signed this session out.",
    EndReason.PASSWORD_CHANGED: "Your password was changed. Please sign in with the new one.",
    EndReason.EMAIL_RESTORED: (
        "A change of this account's e-mail address was undone, and all devices were signed out."
    ),
    EndReason.DISABLED: "This account has been disabled.",
    EndReason.DELETED: "This account no longer exists.",
    EndReason.TOO_MANY: "This sign-in was ended because 100 newer ones are open.",
    EndReason.UNKNOWN: "We could not find your session any more. Please sign in again.",
}
FORM_KEPT = "Your form is saved. Sign in to continue with it."
NOT_SENT_YET = "A form that you filled in was not sent."
SENT_ALREADY = "This form was already sent. Nothing was done a second time."
NOT_KEPT_ANY_MORE = "That form was already sent, or is no longer stored."
OF_ANOTHER_USER = (
    "This form belongs to another account. Nothing was changed. It is saved for its owner, who "
    "can sign in and send it."
)
FORM_FROM_ELSEWHERE = (
    "This form was sent from another site. Nothing was changed. To continue, check the "
    "form and send it again."
)
FORM_OUT_OF_DATE = (
    "This form was out of date. Nothing was changed. Please check it and send it again."
)
FORM_OF_ANOTHER_SESSION = (
    "This form was made before you signed in as {email}. Nothing was changed: please check it and "
    "send it again."
)
COOKIES_NEEDED = (
    "Your browser did not send our cookie back. Nothing was changed: allow cookies for this site, "
    "then send the form again."
)
EXPIRED = "Your sign-in has expired. Please sign in again."
NOT_RECOGNISED = "Your sign-in could not be recognised. Please sign in again."
MIXED = "This browser had the cookies of two sign-ins. Please sign in again."


CHECK_YOUR_MAIL = "Thank you. We have sent an e-mail to {email}."
LINK_SENT = "If {email} has an account that needs it, an e-mail with a link is on its way."
REGISTERED = "Thank you. You can sign in now; an e-mail to {email} asks you to confirm it."
NEW_EMAIL_WAITS = "Saved. We have sent an e-mail to {new}: open its link to confirm it."
EMAIL_CHANGED = "Your e-mail address is {new} now. Sign in with it from now on."
EMAIL_RESTORED = (
    "{old} is the e-mail address of your account again, and all devices are signed out. "
    "Now choose a new password: the old one does not work any more."
)
CONFIRMED = "Your e-mail address is confirmed. You can sign in."
PASSWORD_RESET = "Your new password is set, and you are signed out everywhere. Sign in with it."  # noqa: S105
PASSWORD_CHANGED = "Your password is changed. All other devices are signed out."  # noqa: S105
NOT_CONFIRMED = (
    "That e-mail address and password do not match an account, or the e-mail address is "
    "not confirmed yet: the link is in our e-mail."
)

# Kind of event → title and tone.
EVENTS: dict[str, tuple[str, str]] = {
    EventKind.REGISTERED: ("Account created", "good"),
    EventKind.REGISTERED_AGAIN: ("Second registration with this e-mail", "info"),
    EventKind.SIGNED_IN: ("Signed in", "good"),
    EventKind.SIGN_IN_FAILED: ("Sign-in failed", "warning"),
    EventKind.PASSWORD_REFUSED: ("Wrong password while signed in", "warning"),
    EventKind.SESSION_ENDED: ("Signed out", "info"),
    EventKind.SESSION_RESTORED: ("Session restored after an outage", "info"),
    EventKind.PASSWORD_CHANGED: ("Password changed", "info"),
    EventKind.PASSWORD_RESET: ("Password reset by e-mail", "info"),
    EventKind.RESET_REQUESTED: ("Password reset requested", "info"),
    EventKind.EMAIL_CHANGE_REQUESTED: ("Change of the e-mail address requested", "info"),
    EventKind.EMAIL_CHANGE_CANCELLED: ("Change of the e-mail address cancelled", "info"),
    EventKind.EMAIL_CHANGED: ("E-mail address changed", "info"),
    EventKind.EMAIL_RESTORED: ("Change of the e-mail address undone", "warning"),
    EventKind.EMAIL_CONFIRMED: ("E-mail address confirmed", "good"),
    EventKind.ROLE_CHANGED: ("Role changed", "warning"),
    EventKind.DISABLED: ("Account disabled", "bad"),
    EventKind.ENABLED: ("Account enabled", "good"),
    EventKind.ACCOUNT_DELETED: ("Account deleted", "bad"),
}
THEFT = ("A copied sign-in was used, and ended", "bad")

# Why a session ended, in the list of events.
END_REASON_TEXT: dict[str, str] = {
    EndReason.LOGOUT: "",
    EndReason.ENDED_ELSEWHERE: "This device was signed out from another one",
    EndReason.ENDED_BY_ADMIN: "By an administrator",
    EndReason.PASSWORD_CHANGED: "Because the password was changed",
    EndReason.EMAIL_RESTORED: "Because a change of the e-mail address was undone",
    EndReason.CLIENT_DELETED: "Because its program was deleted",
    EndReason.DISABLED: "Because the account was disabled",
    EndReason.DELETED: "Because the account was deleted",
    EndReason.TOO_MANY: "Because 100 newer sign-ins are open",
}


def describe_event(kind: str, detail: str) -> tuple[str, str, str]:
    """An event's title, detail and tone."""
    if kind == EventKind.SESSION_ENDED and detail == EndReason.REUSE:
        return THEFT[0], "", THEFT[1]
    title, tone = EVENTS.get(kind, (kind, "info"))
    return (
        title,
        END_REASON_TEXT.get(detail, detail) if kind == EventKind.SESSION_ENDED else detail,
        tone,
    )


def flash_message(message: str, category: str) -> None:
    """Flash a message for the next page, once: a page's images would add it again and again."""
    if (shows_messages() or flask.request.method == "POST") and (
        category,
        message,
    ) not in flask.session.get("_flashes", ()):
        flask.flash(message, category)


def flashed_messages(*args: Any, **options: Any) -> list[Any]:
    """`get_flashed_messages`, but only for a response that a person will see."""
    return flask.get_flashed_messages(*args, **options) if shows_messages() else []


def why_signed_out(refusal: Unauthenticated) -> str:
    """The message of the sign-in page after credentials were refused."""
    if isinstance(refusal, SessionEnded):
        return WHY_SIGNED_OUT.get(refusal.reason, PLEASE_SIGN_IN)
    if isinstance(refusal, CookiesDiffer):
        return MIXED
    return EXPIRED if isinstance(refusal, TokenExpired) else NOT_RECOGNISED


def leave_refusal() -> None:
    """Record for the sign-in page that this request's cookies were refused."""
    flash_message(REFUSED, REFUSED)


def has_just_refused() -> bool:
    """Whether the last page refused the cookies: then a redirect back to it would never end.

    Another app's cookies, set for that path only, may reach that page and not this one.
    """
    return bool(flashed_messages(category_filter=[REFUSED]))


def flash_email(email: str) -> None:
    """Keep an e-mail for the form of the next page."""
    flask.flash(email, EMAIL)


def flashed_email() -> str:
    """The e-mail that the last page kept, or an empty string."""
    emails = flashed_messages(category_filter=[EMAIL])
    return str(emails[-1]) if emails else ""
