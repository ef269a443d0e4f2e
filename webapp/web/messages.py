"""The texts of pages: flash messages, event titles and reasons."""

from typing import Any

import flask

from webapp.core.end_reasons import EndReason
from webapp.core.errors import CookiesDiffer, SessionEnded, TokenExpired, Unauthenticated
from webapp.core.security_events import EventKind

from .request_info import shows_messages

# A category that is not shown by itself: the e-mail address that the next page fills in. In the
# URL it would end up in histories and logs.
ADDRESS = "address"
# Nor is this one: the page that was asked for has just refused this browser's cookies.
REFUSED = "refused"

SIGNED_OUT = "You are signed out. See you soon."
PLEASE_SIGN_IN = "Please sign in to continue."

WHY_SIGNED_OUT: dict[str, str] = {
    EndReason.LOGOUT: "You signed out. Please sign in again to continue.",
    EndReason.REUSE: (
        "We signed you out to protect you: a copy of your sign-in was used a second time. "
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
FORM_KEPT = "What you sent is kept for you. Sign in to go on with it."
NOT_SENT_YET = "A form that you filled in was not sent."
SENT_ALREADY = "This form was sent already. Nothing was done a second time."
NOT_KEPT_ANY_MORE = "That form was sent already, or is no longer kept."
OF_ANOTHER_USER = (
    "This form belongs to another account. Nothing was changed; it is kept for its owner, who "
    "can sign in and send it."
)
FORM_FROM_ELSEWHERE = (
    "This form was sent from another site. Nothing was changed: if you want to go on, check the "
    "form and send it again."
)
FORM_OUT_OF_DATE = (
    "This form was out of date. Nothing was changed: please check it and send it again."
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


CHECK_YOUR_MAIL = "Thank you. We have sent a mail to {email}."
LINK_SENT = "If {email} has an account that needs it, a mail with a link is on its way."
REGISTERED = "Thank you. You can sign in now; a mail to {email} asks you to confirm the address."
NEW_EMAIL_WAITS = "Saved. We have sent a mail to {new}: open its link to confirm the new address."
EMAIL_CHANGED = "Your e-mail address is {new} now. Sign in with it from now on."
EMAIL_RESTORED = (
    "{old} is the e-mail address of your account again, and all devices are signed out. "
    "Now choose a new password: the old one does not work any more."
)
CONFIRMED = "Your address is confirmed. You can sign in."
PASSWORD_RESET = "Your new password is set, and you are signed out everywhere. Sign in with it."  # noqa: S105
PASSWORD_CHANGED = "Your password is changed. All other devices are signed out."  # noqa: S105
NOT_CONFIRMED = (
    "That e-mail address and password do not match an account, or the address has not been "
    "confirmed yet: the link is in our mail."
)

# Event → its title and its tone.
EVENTS: dict[str, tuple[str, str]] = {
    EventKind.REGISTERED: ("Account created", "good"),
    EventKind.REGISTERED_AGAIN: ("A second registration with this address", "info"),
    EventKind.SIGNED_IN: ("Signed in", "good"),
    EventKind.SIGN_IN_FAILED: ("Sign-in failed", "warning"),
    EventKind.PASSWORD_REFUSED: ("Wrong password while signed in", "warning"),
    EventKind.SESSION_ENDED: ("Signed out", "info"),
    EventKind.SESSION_RESTORED: ("Session restored after an outage", "info"),
    EventKind.PASSWORD_CHANGED: ("Password changed", "info"),
    EventKind.PASSWORD_RESET: ("Password reset by a mailed link", "info"),
    EventKind.RESET_REQUESTED: ("Link for a new password asked for", "info"),
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
    """For the next page, once. Images of a signed-out page would pile them up."""
    if (shows_messages() or flask.request.method == "POST") and (
        category,
        message,
    ) not in flask.session.get("_flashes", ()):
        flask.flash(message, category)


def flashed_messages(*args: Any, **how: Any) -> list[Any]:
    """As `get_flashed_messages`; they wait for an answer that a person will see."""
    return flask.get_flashed_messages(*args, **how) if shows_messages() else []


def why_signed_out(refusal: Unauthenticated) -> str:
    if isinstance(refusal, SessionEnded):
        return WHY_SIGNED_OUT.get(refusal.reason, PLEASE_SIGN_IN)
    if isinstance(refusal, CookiesDiffer):
        return MIXED
    return EXPIRED if isinstance(refusal, TokenExpired) else NOT_RECOGNISED


def leave_refusal() -> None:
    flash_message(REFUSED, REFUSED)


def has_just_refused() -> bool:
    """Another app's cookies may reach that page and not this one: going back would be a circle."""
    return bool(flashed_messages(category_filter=[REFUSED]))


def flash_address(email: str) -> None:
    """For the next page to fill in."""
    flask.flash(email, ADDRESS)


def flashed_address() -> str:
    found = flashed_messages(category_filter=[ADDRESS])
    return str(found[-1]) if found else ""
