"""Where am I signed in, and out with that one (OWASP ASVS 5.0 7.4.5, 7.5.2)."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from webapp.core.devices import Device
from webapp.core.end_reasons import EndReason
from webapp.core.errors import NotFound, ValidationFailed
from webapp.core.policy import Permission
from webapp.core.session_notes import SessionNote
from webapp.core.text import N_
from webapp.core.token_issuer import BROWSER_CLIENT
from webapp.core.user_agents import describe
from webapp.web.auth import device_cookie
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import requires
from webapp.web.auth.reauthentication import confirm_action
from webapp.web.device_names import device_name
from webapp.web.language import gettext as _
from webapp.web.services import services
from webapp.web.time_format import seconds_since, time_element

from . import pages
from .activity import page_number

PER_PAGE = 20
# Seconds in which a sign-in in a new browser is marked as new.
NEW_TTL = 24 * 3600
# The order of the groups in the list.
COMPUTERS, HANDHELDS, PROGRAMS = range(3)
GROUPS = {"desktop": COMPUTERS, "phone": HANDHELDS, "tablet": HANDHELDS, "program": PROGRAMS}

ENDED_ALREADY = N_("That device was signed out already.")


@dataclass(frozen=True)
class SessionView:
    """A session in words. Times are Unix seconds."""

    sid: str
    current: bool
    browser: str
    system: str
    kind: str
    ip: str
    started_at: int
    seen_at: int
    ends_at: int
    """If it is not used until then."""
    remembered: bool
    client: str
    group: int
    model: str
    """The browser and the system."""
    own_name: str = ""
    """Chosen by the user."""
    is_new: bool = False

    @property
    def name(self) -> str:
        return f"{self.own_name} ({self.model})" if self.own_name else self.model

    @property
    def before_it_ends(self) -> Markup:
        ago = time_element(self.seen_at)
        if not self.ip:
            words = Markup(_("It was last used {ago}. It has to sign in again."))  # noqa: S704
            return words.format(ago=ago)
        words = Markup(_("It was last used {ago}, from {ip}. It has to sign in again."))  # noqa: S704
        return words.format(ago=ago, ip=self.ip)


@pages.get("/account/sessions")
@requires(Permission.OWN_ACCOUNT)
def devices() -> ResponseReturnValue:
    mine, current = devices_of(current_identity().user.id), current_identity().access.sid
    others = sorted((each for each in mine if each.session.sid != current), key=group_of)
    shown = paged(others, page_of(others, request.args.get("sid")))
    this = [to_view(device) for device in mine if device.session.sid == current]
    notes = services().devices.notes.of([view.sid for view in (*this, *shown["devices"])])
    this, shown["devices"] = (
        [with_note(view, notes.get(view.sid)) for view in views]
        for views in (this, shown["devices"])
    )
    return render_template("devices.html", this=this, **shown)


@pages.post("/account/sessions/<sid>/rename")
@requires(Permission.OWN_ACCOUNT)
def rename_device(sid: str) -> ResponseReturnValue:
    me, name = current_identity().user, request.form.get("name", "")
    try:
        name = services().devices.notes.rename(me.id, sid, name)
    except ValidationFailed as refusal:
        flash(_(refusal.fields["name"][0]), "error")
    except NotFound:
        flash(_(ENDED_ALREADY), "info")
    else:
        words = _("The device is called “{name}” now.", name=name)
        flash(words if name else _("The name is removed."), "success")
    return redirect(url_for("pages.devices", sid=sid), 303)


@pages.post("/account/sessions/<sid>/end")
@requires(Permission.OWN_ACCOUNT)
def end_device(sid: str) -> ResponseReturnValue:
    device = device_of(current_identity().user.id, sid)
    back = url_for("pages.devices", page=request.form.get("page") or None)
    if device is None:
        flash(_(ENDED_ALREADY), "info")
        return redirect(back, 303)
    question = _("Sign out {device}?", device=device.name)
    if page := confirm_action(question, device.before_it_ends, _("Sign out"), back, always=False):
        return page
    with suppress(NotFound):  # it has ended meanwhile
        services().devices.end_one(current_identity().user.id, sid, services().now())
    end_trust_elsewhere()
    flash(_("{name} is signed out.", name=device.name), "success")
    return redirect(back, 303)


@pages.post("/account/sessions/end-others")
@requires(Permission.OWN_ACCOUNT)
def end_other_devices() -> ResponseReturnValue:
    question, why = _("Sign out everywhere else?"), _("Only this browser stays signed in.")
    if page := confirm_action(question, why, _("Sign out"), url_for("pages.devices"), always=False):
        return page
    me, now = current_identity(), services().now()
    services().devices.end_all(me.user.id, EndReason.ENDED_ELSEWHERE, now, but=me.access.sid)
    end_trust_elsewhere()
    flash(_("All other devices are signed out."), "success")
    return redirect(url_for("pages.devices"), 303)


def end_trust_elsewhere() -> None:
    """A browser that is signed out needs the second step again. Its session does not name it, so
    this ends the trust of all others."""
    me, now = current_identity().user.id, int(services().now())
    services().factors.queries.end_trust(me, None, now, but=device_cookie.signed_id())


def device_of(user_id: str, sid: str) -> SessionView | None:
    found = (device for device in devices_of(user_id) if device.session.sid == sid)
    view = next(map(to_view, found), None)
    return view and with_note(view, services().devices.notes.of([sid]).get(sid))


def devices_of(user_id: str) -> list[Device]:
    return services().devices.of(user_id, services().now())


def page_of(devices: list[Device], sid: str | None) -> int | None:
    """The page with this session; None if there is none."""
    found = (at for at, device in enumerate(devices) if device.session.sid == sid)
    return next((at // PER_PAGE + 1 for at in found), None)


def paged(devices: list[Device], page: int | None = None) -> dict[str, Any]:
    """For a template: those of the page, or of the one in the query, or else of the last."""
    pages = max(1, -(-len(devices) // PER_PAGE))
    page = min(page or page_number(), pages)
    shown = devices[(page - 1) * PER_PAGE : page * PER_PAGE]
    return {"devices": [to_view(device) for device in shown], "page": page, "pages": pages}


def new_browsers(sids: list[str]) -> set[str]:
    """Those whose browser was new when they began."""
    return {sid for sid, note in services().devices.notes.of(sids).items() if note.new_browser}


def to_view(device: Device) -> SessionView:
    session = device.session
    looks = describe(session.user_agent)
    return SessionView(
        sid=session.sid,
        current=session.sid == current_identity().access.sid,
        browser=_(looks.browser),
        system=looks.system,
        kind=looks.shape,
        ip=session.ip,
        started_at=session.created_at,
        seen_at=device.last_seen,
        ends_at=min(device.last_seen + session.idle_ttl, session.expires_at),
        remembered=session.remembered,
        client=session.client_id,
        group=group_of(device),
        model=device_name(session.user_agent) or _(looks.browser),
    )


def group_of(device: Device) -> int:
    """A program may use a browser's `User-Agent`."""
    is_program = device.session.client_id != BROWSER_CLIENT
    return PROGRAMS if is_program else GROUPS[describe(device.session.user_agent).shape]


def with_note(view: SessionView, note: SessionNote | None) -> SessionView:
    if note is None:
        return view
    is_new = note.new_browser and seconds_since(view.started_at) < NEW_TTL
    return replace(view, own_name=note.name, is_new=is_new)
