"""The texts of pages: flash messages, event titles and reasons."""

from typing import Any

import flask
from markupsafe import Markup

from webapp.core.end_reasons import EndReason
from webapp.core.errors import CookiesDiffer, SessionEnded, TokenExpired, Unauthenticated
from webapp.core.security_events import EventKind

from .request_info import shows_messages

# A category that is not displayed: the e-mail that the next page fills in. In a URL it would be
# stored in histories and logs.
EMAIL = "address"
# Not displayed either: the requested page has just refused this browser's cookies.
REFUSED = "refused"
# Nor is this one: the id of a passkey that was removed, for the page's script.
REMOVED_PASSKEY = "removed-passkey"

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
    EndReason.NOT_ME: (
        "A sign-in to this account was reported as a stranger's, and all devices were signed out. "
        "Set a new password to sign in again."
    ),
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

SECOND_STEP_OVER = "Please sign in again: the second step took too long, or your account changed."
TOO_MANY_CODES = (
    "Too many wrong codes. Try again in {minutes} minutes, or use a recovery code or a passkey now."
)
FACTOR_ADDED = "{} is added. We have sent you an e-mail about it."
FACTOR_REMOVED = "{} is removed. We have sent you an e-mail about it."
PASSKEY_GONE = "That passkey was removed already."
PASSKEY_REMOVAL = "It will not sign in here any more. Devices that are signed in stay so."
LAST_WAY_IN = "That is your last way to sign in. Add a passkey or a password first."
ONLY_PASSKEYS_THEN = (
    "From then on you sign in with a passkey. If you lose all passkeys, you can set a new password "
    "by e-mail."
)
AUTHENTICATOR_REMOVAL = (
    "The password alone signs in then. Your recovery codes end, and no browser is trusted any more."
)
SETUP_OVER = "This set-up has expired. Scan the new picture, then enter its code."
RECOVERY_CODES_SAVED = "Your recovery codes are valid now. Earlier ones do not work any more."
RECOVERY_CODES_OVER = "Those codes can't be used any more. Please create new ones."
SIGN_IN_MAIL_ON = "We will send you an e-mail when your account is used in a new browser."
SIGN_IN_MAIL_OFF = "We will send no more e-mails about new browsers."
TRUST_ENDED = "From now on it needs the second step again."
TRUST_GONE = "That browser was not trusted any more."
SIGN_IN_REJECTED = (
    "All devices are signed out, and the old password does not work any more. Choose a new one."
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
    EventKind.PASSKEY_ADDED: ("Passkey added", "good"),
    EventKind.PASSKEY_REMOVED: ("Passkey removed", "warning"),
    EventKind.PASSKEY_REFUSED: ("Passkey refused: it may be a copy", "bad"),
    EventKind.PASSWORD_REMOVED: ("Password removed", "warning"),
    EventKind.AUTHENTICATOR_ADDED: ("Authenticator app added", "good"),
    EventKind.AUTHENTICATOR_REMOVED: ("Authenticator app removed", "warning"),
    EventKind.CODE_REFUSED: ("Wrong code", "warning"),
    EventKind.RECOVERY_CODES_CREATED: ("Recovery codes created", "info"),
    EventKind.RECOVERY_CODE_USED: ("Recovery code used", "warning"),
    EventKind.TRUST_ENDED: ("A browser is not trusted any more", "info"),
    EventKind.SIGN_IN_MAIL_ON: ("E-mail about new browsers switched on", "info"),
    EventKind.SIGN_IN_MAIL_OFF: ("E-mail about new browsers switched off", "warning"),
    EventKind.SIGN_IN_REJECTED: ("Sign-in reported as a stranger's", "bad"),
    EventKind.FACTORS_RESET: ("Sign-in methods reset", "bad"),
    EventKind.ACCOUNT_DELETED: ("Account deleted", "bad"),
}
SIGN_IN_METHODS = {
    "passkey": "With a passkey",
    "code": "With password and code",
    "recovery_code": "With password and recovery code",
}
THEFT = ("A copied sign-in was used, and ended", "bad")

# Why a session ended, in the list of events.
END_REASON_TEXT: dict[str, str] = {
    EndReason.LOGOUT: "",
    EndReason.ENDED_ELSEWHERE: "This device was signed out from another one",
    EndReason.ENDED_BY_ADMIN: "By an administrator",
    EndReason.PASSWORD_CHANGED: "Because the password was changed",
    EndReason.NOT_ME: "Because a sign-in was reported as a stranger's",
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
    if kind == EventKind.SESSION_ENDED:
        detail = END_REASON_TEXT.get(detail, detail)
    elif kind == EventKind.SIGNED_IN:
        detail = SIGN_IN_METHODS.get(detail, detail)
    elif kind == EventKind.RECOVERY_CODE_USED:
        detail = f"{detail} left"
    return title, detail, tone


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


def flash_removed_passkey(credential_id: str) -> None:
    """Keep the id for the next page, whose script tells the browser to delete the passkey."""
    flask.flash(credential_id, REMOVED_PASSKEY)


def flashed_removed_passkeys() -> list[str]:
    return [str(each) for each in flashed_messages(category_filter=[REMOVED_PASSKEY])]


def flash_factor_change(words: str, factor: str) -> None:
    """Flash that a factor was added or removed, and offer to sign out other devices."""
    link = Markup('{} <a href="{}" data-testid="offer-sign-out">Sign out other devices</a>')
    flask.flash(link.format(words.format(factor), flask.url_for("pages.devices")), "success")
