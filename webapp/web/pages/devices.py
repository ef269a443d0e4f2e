"""Where am I signed in, and out with that one (OWASP ASVS 5.0 7.4.5, 7.5.2)."""

from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.core.browsers import describe
from webapp.core.devices import Device
from webapp.core.errors import NotFound
from webapp.core.policy import Permission
from webapp.core.sessions import EndReason
from webapp.web.authentication import visitor
from webapp.web.authorization import requires
from webapp.web.confirmation import ask_first
from webapp.web.services import services

from . import pages


@dataclass(frozen=True)
class ShownDevice:
    """A session in words. Times are Unix seconds."""

    sid: str
    current: bool
    browser: str
    system: str
    kind: str
    ip: str
    started_at: int
    seen_at: int
    remembered: bool
    client: str


@pages.get("/account/sessions")
@requires(Permission.OWN_ACCOUNT)
def devices() -> ResponseReturnValue:
    return render_template("devices.html", devices=devices_of(visitor().user.id))


@pages.post("/account/sessions/<sid>/end")
@requires(Permission.OWN_ACCOUNT)
def end_device(sid: str) -> ResponseReturnValue:
    question, why = "Sign this device out?", "It has to sign in again."
    if page := ask_first(question, why, "Sign out", url_for("pages.devices"), always=False):
        return page
    try:
        services().devices.end_one(visitor().user.id, sid, services().now())
    except NotFound:
        flash("That device was signed out already.", "info")
    else:
        flash("That device is signed out.", "success")
    return redirect(url_for("pages.devices"), 303)


@pages.post("/account/sessions/end-others")
@requires(Permission.OWN_ACCOUNT)
def end_other_devices() -> ResponseReturnValue:
    question, why = "Sign out everywhere else?", "Only this browser stays signed in."
    if page := ask_first(question, why, "Sign out", url_for("pages.devices"), always=False):
        return page
    me, now = visitor(), services().now()
    services().devices.end_all(me.user.id, EndReason.ENDED_ELSEWHERE, now, but=me.access.sid)
    flash("All other devices are signed out.", "success")
    return redirect(url_for("pages.devices"), 303)


def devices_of(user_id: str) -> list[ShownDevice]:
    return [in_words(device) for device in services().devices.of(user_id, services().now())]


def in_words(device: Device) -> ShownDevice:
    session = device.session
    looks = describe(session.user_agent)
    return ShownDevice(
        sid=session.sid,
        current=session.sid == visitor().access.sid,
        browser=looks.browser,
        system=looks.system,
        kind=looks.shape,
        ip=session.ip,
        started_at=session.created_at,
        seen_at=device.last_seen,
        remembered=session.remembered,
        client=session.client_id,
    )
