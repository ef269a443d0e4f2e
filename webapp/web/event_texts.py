"""The texts of security events: titles, details and tones."""

from webapp.core.end_reasons import EndReason
from webapp.core.security_events import EventKind
from webapp.core.text import N_

from .language import gettext as _

# Kind of event → title and tone.
EVENTS: dict[str, tuple[str, str]] = {
    EventKind.REGISTERED: (N_("Account created"), "good"),
    EventKind.REGISTERED_AGAIN: (N_("Second registration with this e-mail"), "info"),
    EventKind.SIGNED_IN: (N_("Signed in"), "good"),
    EventKind.SIGN_IN_FAILED: (N_("Sign-in failed"), "warning"),
    EventKind.PASSWORD_REFUSED: (N_("Wrong password while signed in"), "warning"),
    EventKind.SESSION_ENDED: (N_("Signed out"), "info"),
    EventKind.SESSION_RESTORED: (N_("Session restored after an outage"), "info"),
    EventKind.PASSWORD_CHANGED: (N_("Password changed"), "info"),
    EventKind.PASSWORD_RESET: (N_("Password reset by e-mail"), "info"),
    EventKind.RESET_REQUESTED: (N_("Password reset requested"), "info"),
    EventKind.EMAIL_CHANGE_REQUESTED: (N_("Change of the e-mail address requested"), "info"),
    EventKind.EMAIL_CHANGE_CANCELLED: (N_("Change of the e-mail address cancelled"), "info"),
    EventKind.EMAIL_CHANGED: (N_("E-mail address changed"), "info"),
    EventKind.EMAIL_RESTORED: (N_("Change of the e-mail address undone"), "warning"),
    EventKind.EMAIL_CONFIRMED: (N_("E-mail address confirmed"), "good"),
    EventKind.ROLE_CHANGED: (N_("Role changed"), "warning"),
    EventKind.DISABLED: (N_("Account disabled"), "bad"),
    EventKind.ENABLED: (N_("Account enabled"), "good"),
    EventKind.PASSKEY_ADDED: (N_("Passkey added"), "good"),
    EventKind.PASSKEY_REMOVED: (N_("Passkey removed"), "warning"),
    EventKind.PASSKEY_REFUSED: (N_("Passkey refused: it may be a copy"), "bad"),
    EventKind.PASSWORD_REMOVED: (N_("Password removed"), "warning"),
    EventKind.AUTHENTICATOR_ADDED: (N_("Authenticator app added"), "good"),
    EventKind.AUTHENTICATOR_REMOVED: (N_("Authenticator app removed"), "warning"),
    EventKind.CODE_REFUSED: (N_("Wrong code"), "warning"),
    EventKind.RECOVERY_CODES_CREATED: (N_("Recovery codes created"), "info"),
    EventKind.RECOVERY_CODE_USED: (N_("Recovery code used"), "warning"),
    EventKind.TRUST_ENDED: (N_("A browser is not trusted any more"), "info"),
    EventKind.SIGN_IN_MAIL_ON: (N_("E-mail about new browsers switched on"), "info"),
    EventKind.SIGN_IN_MAIL_OFF: (N_("E-mail about new browsers switched off"), "warning"),
    EventKind.SIGN_IN_REJECTED: (N_("Sign-in reported as a stranger's"), "bad"),
    EventKind.FACTORS_RESET: (N_("Sign-in methods reset"), "bad"),
    EventKind.ACCOUNT_DELETED: (N_("Account deleted"), "bad"),
}
# Icon → the kinds of events that it is drawn beside (templates/_event_icons.html).
ICONS: dict[str, tuple[str, ...]] = {
    "enter": (EventKind.SIGNED_IN, EventKind.SESSION_RESTORED),
    "leave": (EventKind.SESSION_ENDED,),
    "person": (EventKind.REGISTERED, EventKind.ROLE_CHANGED, EventKind.ENABLED),
    "blocked": (EventKind.SIGN_IN_FAILED, EventKind.DISABLED, EventKind.ACCOUNT_DELETED),
    "password": (
        EventKind.PASSWORD_REFUSED,
        EventKind.PASSWORD_CHANGED,
        EventKind.PASSWORD_RESET,
        EventKind.PASSWORD_REMOVED,
        EventKind.RESET_REQUESTED,
    ),
    "passkey": (
        EventKind.PASSKEY_ADDED,
        EventKind.PASSKEY_REMOVED,
        EventKind.PASSKEY_REFUSED,
    ),
    "phone": (
        EventKind.AUTHENTICATOR_ADDED,
        EventKind.AUTHENTICATOR_REMOVED,
        EventKind.CODE_REFUSED,
        EventKind.RECOVERY_CODES_CREATED,
        EventKind.RECOVERY_CODE_USED,
    ),
    "mail": (
        EventKind.REGISTERED_AGAIN,
        EventKind.EMAIL_CHANGE_REQUESTED,
        EventKind.EMAIL_CHANGE_CANCELLED,
        EventKind.EMAIL_CHANGED,
        EventKind.EMAIL_RESTORED,
        EventKind.EMAIL_CONFIRMED,
        EventKind.SIGN_IN_MAIL_ON,
        EventKind.SIGN_IN_MAIL_OFF,
    ),
    "shield": (EventKind.TRUST_ENDED, EventKind.SIGN_IN_REJECTED, EventKind.FACTORS_RESET),
}
ICON_OF = {kind: icon for icon, kinds in ICONS.items() for kind in kinds}
SIGN_IN_METHODS = {
    "passkey": N_("With a passkey"),
    "code": N_("With password and code"),
    "recovery_code": N_("With password and recovery code"),
}
THEFT = (N_("A copied sign-in was used, and ended"), "bad")

# Why a session ended, in the list of events.
END_REASON_TEXT: dict[str, str] = {
    EndReason.LOGOUT: "",
    EndReason.ENDED_ELSEWHERE: N_("This device was signed out from another one"),
    EndReason.ENDED_BY_ADMIN: N_("By an administrator"),
    EndReason.PASSWORD_CHANGED: N_("Because the password was changed"),
    EndReason.NOT_ME: N_("Because a sign-in was reported as a stranger's"),
    EndReason.TAKEN_BACK: N_("Because a sign-in was reported as a stranger's"),
    EndReason.EMAIL_RESTORED: N_("Because a change of the e-mail address was undone"),
    EndReason.CLIENT_DELETED: N_("Because its program was deleted"),
    EndReason.DISABLED: N_("Because the account was disabled"),
    EndReason.DELETED: N_("Because the account was deleted"),
    EndReason.TOO_MANY: N_("Because 100 newer sign-ins are open"),
}


def describe_event(kind: str, detail: str) -> tuple[str, str, str]:
    """An event's title, detail and tone."""
    if kind == EventKind.SESSION_ENDED and detail == EndReason.REUSE:
        return _(THEFT[0]), "", THEFT[1]
    title, tone = EVENTS.get(kind, (kind, "info"))
    if kind == EventKind.SESSION_ENDED:
        detail = _(END_REASON_TEXT.get(detail, detail))
    elif kind == EventKind.SIGNED_IN:
        detail = _(SIGN_IN_METHODS.get(detail, detail))
    elif kind == EventKind.RECOVERY_CODE_USED:
        detail = _("{count} left", count=detail)
    return _(title), detail, tone


def icon_of(kind: str) -> str:
    return ICON_OF.get(kind, "shield")
