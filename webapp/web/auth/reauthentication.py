"""Asking first: before something that can't be undone, and for the password if it was long ago.

The question carries the form that led to it, so nothing is stored, no session
changes, and what is open in other tabs stays good.
"""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from webapp.core.errors import Forbidden, WrongPassword
from webapp.core.token_issuer import BROWSER_CLIENT
from webapp.web.services import services

from .authentication import current_identity
from .password_checks import check_password

OWN_FIELDS = {"csrf_token", "confirmed", "current_password"}


def confirm_action(
    question: str,
    explanation: str,
    yes: str,
    cancel: str,
    *,
    danger: bool = False,
    always: bool = True,
) -> ResponseReturnValue | None:
    """The page that asks; None once it has been answered.

    With `always=False` it only asks for the password, and only if the last proof is old
    (OWASP ASVS 5.0 7.5.1, 7.5.3).
    """
    proved, wrong = reauthenticate()
    if proved and (request.form.get("confirmed") or not always):
        return None
    kept = [pair for pair in request.form.items(multi=True) if pair[0] not in OWN_FIELDS]
    page = render_template(
        "confirm.html",
        question=question,
        explanation=explanation,
        yes=yes,
        cancel=cancel,
        danger=danger,
        action=request.script_root + request.path,
        kept=[*kept, ("confirmed", "yes")],
        ask_password=not proved,
        wrong=wrong,
    )
    return page, 422 if wrong else 200


def reauthenticate() -> tuple[bool, str]:
    """Whether the user has signed in recently, and the error if a password was wrong."""
    access, now = current_identity().access, services().now()
    if services().sessions.recently_authenticated(access, now):
        return True, ""
    if not request.form.get("confirmed"):
        return False, ""
    try:
        check_password(request.form.get("current_password", ""))
    except WrongPassword as refusal:
        return False, refusal.fields["current_password"][0]
    services().sessions.record_reauthentication(access.sid, now)
    return True, ""


def require_recent_login() -> None:
    """For programs: the token of a browser's session, which scripts can read, is not enough.

    Raises Forbidden.
    """
    access = current_identity().access
    if access.client_id == BROWSER_CLIENT and not services().sessions.recently_authenticated(
        access, services().now()
    ):
        raise Forbidden("It is some time ago that the password was entered in this session.")
