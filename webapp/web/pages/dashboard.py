"""The dashboard: what needs attention, where one is signed in, and the session from inside."""

from contextlib import suppress
from dataclasses import dataclass

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from webapp.core.devices import Device
from webapp.core.errors import NotFound, Unavailable
from webapp.core.models import Session
from webapp.core.policy import Permission
from webapp.core.security_events import EventKind
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import requires
from webapp.web.device_names import device_and_place
from webapp.web.language import gettext as _
from webapp.web.messages import FEW_CODES
from webapp.web.services import services
from webapp.web.time_format import time_element

from . import pages
from .activity import EventView, to_view
from .sessions import devices_of, new_browsers

# Seconds in which a sign-in in a new browser is shown as news.
NEWS_TTL = 3 * 24 * 3600


@dataclass(frozen=True)
class Notice:
    """Something that needs attention, and the one thing to do about it."""

    kind: str
    tone: str
    text: str
    action: str
    url: str
    is_form: bool = False


@pages.get("/dashboard")
@requires(Permission.OWN_ACCOUNT)
def dashboard() -> ResponseReturnValue:
    return render_template("dashboard.html", session=session_facts(), **overview())


def session_facts() -> dict[str, object]:
    """Raises Unavailable."""
    access, now = current_identity().access, services().now()
    session = services().sessions.session_of(access)
    return {
        "sid": access.sid,
        "gen": access.gen,
        "client_id": access.client_id,
        "access_ttl": access.exp - access.iat,
        "access_expires_in": max(0, int(access.exp - now)),
        "last_refresh_ago": int(now) - access.iat if access.gen else None,
        "started_ago": int(now) - session.created_at if session else None,
        "remembered": bool(session and session.remembered),
    }


def overview() -> dict[str, object]:
    """For the template. While a store is down, what it knows is left out: the page still works."""
    found: dict[str, object] = {"notices": None, "last": None, "devices": None}
    with suppress(Unavailable, NotFound):
        found["last"] = last_sign_in()
        of_account = found["notices"] = notices_about_account()
        devices = devices_of(current_identity().user.id)
        found["devices"] = len(devices)
        found["notices"] = [*notices_about_devices(devices), *of_account]
    return found


def last_sign_in() -> EventView | None:
    """The newest one besides that of this session."""
    me = current_identity()
    newest = services().events.page(
        user_id=me.user.id, kinds=(EventKind.SIGNED_IN,), offset=0, limit=2
    )
    others = (event for event in newest.events if event.sid != me.access.sid)
    return next(map(to_view, others), None)


def notices_about_account() -> list[Notice]:
    """Raises NotFound (the user is deleted), Unavailable."""
    methods = services().factors.security.sign_in_methods(current_identity().user, services().now())
    notices = []
    if methods.user.email_verified_at is None:
        notices.append(email_unconfirmed(methods.user.email))
    if methods.authenticator_since is None:
        return notices if methods.passkeys else [*notices, no_second_step()]
    if methods.recovery_codes.left <= FEW_CODES:
        notices.append(few_codes(methods.recovery_codes.left))
    return notices


def email_unconfirmed(email: str) -> Notice:
    return Notice(
        "email",
        "warning",
        _("Your e-mail address is not confirmed yet. We sent a link to {email}.", email=email),
        _("Send it again"),
        url_for("pages.resend_my_verification"),
        is_form=True,
    )


def no_second_step() -> Notice:
    return Notice(
        "second-step",
        "info",
        _("Only a password protects your account. A passkey or a second step makes it safer."),
        _("Set one up"),
        url_for("pages.security"),
    )


def few_codes(left: int) -> Notice:
    text = _("Recovery codes left: {left}. Without them, a lost phone can lock you out.", left=left)
    return Notice(
        "recovery-codes", "warning", text, _("Create new codes"), url_for("pages.recovery_codes")
    )


def notices_about_devices(devices: list[Device]) -> list[Notice]:
    """Lately signed in, in a browser that was new, and not the one that shows this page."""
    since, here = services().now() - NEWS_TTL, current_identity().access.sid
    lately = [
        device.session
        for device in devices
        if device.session.created_at > since and device.session.sid != here
    ]
    new = new_browsers([session.sid for session in lately])
    strange = [session for session in lately if session.sid in new]
    return [news(strange)] if strange else []


def news(strange: list[Session]) -> Notice:
    newest = max(strange, key=lambda session: session.created_at)
    if len(strange) == 1:
        words, action = _("New sign-in, {ago}: {device}."), _("Was it you?")
        url = url_for("pages.devices", sid=newest.sid, _anchor=newest.sid)
    else:
        words, action = _("{count} new sign-ins, the newest {ago}: {device}."), _("Were these you?")
        url = url_for("pages.devices")
    message = Markup(words).format(  # noqa: S704
        count=len(strange),
        ago=time_element(newest.created_at),
        device=device_and_place(newest.user_agent, newest.ip),
    )
    return Notice("new-browser", "warning", message, action, url)
