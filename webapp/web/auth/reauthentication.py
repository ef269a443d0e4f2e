"""Asking first: before something that can't be undone, and for a proof if the last is long ago.

The question carries the form that led to it, so nothing is stored, no session
changes, and what is open in other tabs stays good. Any factor of the user is a proof.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.errors import (
    Forbidden,
    RateLimited,
    ReauthenticationRequired,
    ValidationFailed,
)
from webapp.core.text import N_
from webapp.core.token_issuer import BROWSER_CLIENT
from webapp.web import messages
from webapp.web.language import gettext as _
from webapp.web.saved_forms import is_secret
from webapp.web.services import services

from .authentication import current_identity
from .destinations import return_path
from .password_checks import check_password, rate_limited_code

OWN_FIELDS = {"csrf_token", "confirmed", "current_password", "current_code"}


def confirm_action(
    question: str,
    explanation: str,
    yes: str,
    cancel: str,
    *,
    danger: bool = False,
    always: bool = True,
    more: Mapping[str, str] = {},
) -> ResponseReturnValue | None:
    """The page that asks; None once it has been answered. `more`: further hidden fields.

    With `always=False` it only asks for a proof, and only if the last one is old
    (OWASP ASVS 5.0 7.5.1, 7.5.3).
    """
    refusal = reauthenticate()
    if refusal is None and (request.form.get("confirmed") or not always):
        return None
    kept = [pair for pair in request.form.items(multi=True) if may_repeat(pair[0], more)]
    page = render_template(
        "confirm.html",
        question=question,
        explanation=explanation,
        yes=yes,
        cancel=cancel,
        danger=danger,
        action=request.script_root + request.path,
        kept=[*kept, *more.items(), ("confirmed", "yes")],
        ask=factors_to_ask() if refusal else None,
        wrong=refusal.errors if refusal else {},
    )
    return refusal.answer(page) if refusal else page


def may_repeat(name: str, more: Mapping[str, str]) -> bool:
    """Whether the page may contain the field. Typed passwords and codes are in no page."""
    return name not in {*OWN_FIELDS, *more} and not is_secret(name)


def require_identity() -> ResponseReturnValue | None:
    """Before a page that shows or changes a factor: the page that asks for a proof, or None."""
    if recently_authenticated():
        return None
    if request.method == "GET":
        return redirect(url_for("pages.confirm_identity", next=return_path()), 303)
    question, why = _("Confirm that it is you"), _("Then we continue where you were.")
    return confirm_action(question, why, _("Continue"), url_for("pages.security"), always=False)


def recently_authenticated() -> bool:
    return services().sessions.recently_authenticated(current_identity().access, services().now())


@dataclass(frozen=True)
class Unproved:
    """The user has not proved yet, or not recently, who they are."""

    errors: Mapping[str, str] = field(default_factory=dict)
    """Field → what is wrong with what was sent."""
    retry_after: int = 0
    """Seconds until the next attempt; 0: now."""

    def answer(self, page: str) -> ResponseReturnValue:
        if self.retry_after:
            return page, 429, {"Retry-After": str(self.retry_after)}
        return page, 422 if self.errors else 200


def reauthenticate() -> Unproved | None:
    """None if the user has proved recently who they are, or does so with this form."""
    if recently_authenticated():
        return None
    if not request.form.get("confirmed"):
        return Unproved()
    password, code = (request.form.get(name, "") for name in ("current_password", "current_code"))
    if not (password or code):
        return Unproved(nothing_typed())
    try:
        check_proof(password, code)
    except ValidationFailed as refusal:
        return Unproved({name: errors[0] for name, errors in refusal.fields.items()})
    except RateLimited as limit:
        words = _(messages.TOO_MANY_PROOFS, minutes=-(-limit.retry_after // 60))
        return Unproved({"code" if code else "current_password": words}, limit.retry_after)
    services().sessions.record_reauthentication(current_identity().access.sid, services().now())
    return None


def nothing_typed() -> dict[str, str]:
    """The error by field. It is no guess, so it does not count as one."""
    ask = factors_to_ask()
    if not ask["password"]:
        return {"code": N_("Enter the six digits of the app.")}
    words = N_("Enter your password or a code.") if ask["code"] else N_("Enter your password.")
    return {"current_password": words}


def check_proof(password: str, code: str) -> None:
    """Check the password, or a code of the app. Raises WrongPassword, WrongCode, RateLimited."""
    me = current_identity().user
    if not code:
        check_password(password)
        return
    with rate_limited_code(me, known=True):
        services().factors.apps.use_code(me.id, code, services().now())


def factors_to_ask() -> dict[str, Any]:
    """The factors that this user can prove: for the template."""
    factors, me = services().factors, current_identity().user
    return {
        "password": factors.security.has_password(me.id),
        "code": factors.queries.authenticator(me.id) is not None,
        "passkey": bool(factors.passkeys.party.id and factors.queries.passkeys(me.id)),
    }


def require_recent_login() -> None:
    """For programs: the token of a browser's session, which scripts can read, is not enough.

    Raises Forbidden.
    """
    if current_identity().access.client_id == BROWSER_CLIENT and not recently_authenticated():
        raise Forbidden("It is some time ago that the user of this session proved who they are.")


def require_recent_proof() -> None:
    """For the page's script. Raises ReauthenticationRequired."""
    if not recently_authenticated():
        raise ReauthenticationRequired
