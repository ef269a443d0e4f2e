"""The texts of pages: flash messages, event titles and reasons."""

from typing import Any

import flask
from markupsafe import Markup

from webapp.core.end_reasons import EndReason
from webapp.core.errors import CookiesDiffer, SessionEnded, TokenExpired, Unauthenticated
from webapp.core.text import N_

from .language import gettext as _
from .request_info import shows_messages

# With so many recovery codes left, or fewer, it is time for new ones.
FEW_CODES = 2

# A category that is not displayed: the e-mail that the next page fills in. In a URL it would be
# stored in histories and logs.
EMAIL = "address"
# Not displayed either: the requested page has just refused this browser's cookies.
REFUSED = "refused"
# Nor is this one: the id of a passkey that was removed, for the page's script.
REMOVED_PASSKEY = "removed-passkey"
# Nor are these: the next page shows the text as its own, with what to do now.
SENT = "sent"
RESULTS: dict[str, str] = {
    "registered": N_("You are registered"),
    "confirmed": N_("E-mail address confirmed"),
    "password-reset": N_("Password changed"),
}

# Shown beside the button of the form that was saved, or at the top of a page without that form.
SAVED = "saved"

SIGNED_OUT = N_("You are signed out. See you soon.")
PLEASE_SIGN_IN = N_("Please sign in to continue.")

REPORTED = N_(
    "A sign-in to this account was reported as a stranger's, and all devices were signed out. "
    "Set a new password to sign in again."
)
WHY_SIGNED_OUT: dict[str, str] = {
    EndReason.LOGOUT: N_("You signed out. Please sign in again to continue."),
    EndReason.REUSE: N_(
        "We signed you out to protect you: a copy of your sign-in was used. "
        "Your other sessions are still open. If it was not you, change your password."
    ),
    EndReason.ENDED_ELSEWHERE: N_("This session was signed out from another of your devices."),
    EndReason.ENDED_BY_ADMIN: N_("An administrator has signed this session out."),
    EndReason.PASSWORD_CHANGED: N_("Your password was changed. Please sign in with the new one."),
    EndReason.NOT_ME: REPORTED,
    EndReason.TAKEN_BACK: REPORTED,
    EndReason.EMAIL_RESTORED: N_(
        "A change of this account's e-mail address was undone, and all devices were signed out."
    ),
    EndReason.DISABLED: N_("This account has been disabled."),
    EndReason.DELETED: N_("This account no longer exists."),
    EndReason.TOO_MANY: N_("This sign-in was ended because 100 newer ones are open."),
    EndReason.UNKNOWN: N_("We could not find your session any more. Please sign in again."),
}
FORM_KEPT = N_("Your form is saved. Sign in to continue with it.")
NOT_SENT_YET = N_("A form that you filled in was not sent.")
SENT_ALREADY = N_("This form was already sent. Nothing was done a second time.")
NOT_KEPT_ANY_MORE = N_("That form was already sent, or is no longer stored.")
OF_ANOTHER_USER = N_(
    "This form belongs to another account. Nothing was changed. It is saved for its owner, who "
    "can sign in and send it."
)
FORM_FROM_ELSEWHERE = N_(
    "This form was sent from another site. Nothing was changed. To continue, check the "
    "form and send it again."
)
FORM_OUT_OF_DATE = N_(
    "This form was out of date. Nothing was changed. Please check it and send it again."
)
FORM_OF_ANOTHER_SESSION = N_(
    "This form was made before you signed in as {email}. Nothing was changed: please check it and "
    "send it again."
)
COOKIES_NEEDED = N_(
    "Your browser did not send our cookie back. Nothing was changed: allow cookies for this site, "
    "then send the form again."
)
EXPIRED = N_("Your sign-in has expired. Please sign in again.")
NOT_RECOGNISED = N_("Your sign-in could not be recognised. Please sign in again.")
MIXED = N_("This browser had the cookies of two sign-ins. Please sign in again.")


CHECK_YOUR_MAIL = N_("Thank you. We have sent an e-mail to {email}.")
LINK_SENT = N_("If {email} has an account that needs it, an e-mail with a link is on its way.")
REGISTERED = N_("Thank you. You can sign in now; an e-mail to {email} asks you to confirm it.")
NEW_EMAIL_WAITS = N_("Saved. We have sent an e-mail to {new}: open its link to confirm it.")
EMAIL_CHANGED = N_("Your e-mail address is {new} now. Sign in with it from now on.")
EMAIL_RESTORED = N_(
    "{old} is the e-mail address of your account again, and all devices are signed out. "
    "Now choose a new password: the old one does not work any more."
)
CONFIRMED = N_("Your e-mail address is confirmed. You can sign in.")
PASSWORD_RESET = N_("Your new password is set, and you are signed out everywhere. Sign in with it.")
PASSWORD_CHANGED = N_("Your password is changed. All other devices are signed out.")
PASSWORD_SET = N_("Your password is set. All other devices are signed out.")
NOT_CONFIRMED = N_(
    "That e-mail address and password do not match an account, or the e-mail address is "
    "not confirmed yet: the link is in our e-mail."
)

SECOND_STEP_OVER = N_(
    "Please sign in again: the second step took too long, or your account changed."
)
TOO_MANY_CODES = N_(
    "Too many wrong codes. Try again in {minutes} minutes, or use a recovery code or a passkey now."
)
TOO_MANY_PROOFS = N_(
    "Too many wrong entries. Try again in {minutes} minutes, or prove it in another way."
)
CODES_LEFT = N_("You signed in with a recovery code. Codes left: {left}.")
FACTOR_ADDED = N_("{} is added. We have sent you an e-mail about it.")
FACTOR_REMOVED = N_("{} is removed. We have sent you an e-mail about it.")
PASSKEY_ADDED = N_("{} is added. You can rename it below. We have sent you an e-mail about it.")
APP_REPLACED = N_("{} was replaced. We have sent you an e-mail about it.")
PASSKEY_NOT_ADDED = N_("The passkey was not added. Please try again.")
PASSKEY_GONE = N_("That passkey was removed already.")
PASSKEY_REMOVAL = N_(
    "It will not sign in here any more. Devices that are signed in stay signed in."
)
LAST_WAY_IN = N_("That is your last way to sign in. Add a passkey or a password first.")
ONLY_PASSKEYS_THEN = N_(
    "From then on you sign in with a passkey. If you lose all passkeys, you can set a new password "
    "by e-mail."
)
AUTHENTICATOR_REMOVAL = N_(
    "The password alone signs in then. Your recovery codes end, and no browser is trusted any more."
)
SETUP_OVER = N_("This set-up has expired. Scan the new picture, then enter its code.")
RECOVERY_CODES_SAVED = N_("Your recovery codes are valid now.")
RECOVERY_CODES_RENEWED = N_("Your recovery codes are valid now. Earlier ones do not work any more.")
RECOVERY_CODES_OVER = N_("Those codes can't be used any more. Please create new ones.")
SIGN_IN_MAIL_ON = N_("We will send you an e-mail when your account is used in a new browser.")
SIGN_IN_MAIL_OFF = N_("We will send no more e-mails about new browsers.")
TRUST_ENDED = N_("That browser will need a code at its next sign-in.")
ALL_TRUST_ENDED = N_("Each browser will need a code at its next sign-in.")
TRUST_GONE = N_("That browser was not trusted any more.")
SIGN_IN_REJECTED = N_("All devices are signed out. The old password does not work any more.")
STRANGE_FACTORS_REMOVED = N_("These were added only lately, and are removed: {factors}.")
SECOND_STEP_IS_OFF = N_("No authenticator app is set up now.")
PASSKEYS_LOST = N_("These passkeys were removed before, and stay removed: {names}.")
PASSKEYS_LEFT = N_("These passkeys still sign in: {names}. Remove those that you do not know.")


def flash_message(message: str, category: str) -> None:
    """Flash a message for the next page, once: a page's images would add it again and again."""
    message = _(message)
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


def flash_result(category: str, text: str, email: str) -> None:
    """Keep what the next page is about: a text, and the e-mail for its form."""
    flask.flash(text, category)
    flash_email(email)


def flashed_result(*categories: str) -> tuple[str, str]:
    """Category and text that the last page kept, or empty strings."""
    kept = flashed_messages(with_categories=True, category_filter=categories)
    return kept[-1] if kept else ("", "")


def flash_result_elsewhere() -> None:
    """For a redirect past the page that the result was for."""
    category, text = flashed_result(*RESULTS)
    if category:
        flask.flash(text, "success")


def flash_removed_passkey(credential_id: str) -> None:
    """Keep the id for the next page, whose script tells the browser to delete the passkey."""
    flask.flash(credential_id, REMOVED_PASSKEY)


def flashed_removed_passkeys() -> list[str]:
    return [str(each) for each in flashed_messages(category_filter=[REMOVED_PASSKEY])]


def flash_factor_change(words: str, factor: str) -> None:
    """Flash that a factor was added or removed, and offer to sign out other devices."""
    link = Markup('{} <a href="{}" data-testid="offer-sign-out">{}</a>')
    devices, offer = flask.url_for("pages.devices"), _("Sign out other devices")
    flask.flash(link.format(_(words).format(factor), devices, offer), "success")


def flash_codes_left(left: int) -> None:
    """Flash how many recovery codes are left after one was used; if few, offer new ones."""
    words = _(CODES_LEFT, left=left)
    if left > FEW_CODES:
        flask.flash(words, "info")
        return
    link = Markup('{} <a href="{}" data-testid="offer-codes">{}</a>')
    offer = _("Create new codes")
    flask.flash(link.format(words, flask.url_for("pages.recovery_codes"), offer), "warning")
