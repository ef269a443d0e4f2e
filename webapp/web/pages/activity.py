"""What happened to an account: for its owner, and for admins."""

from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

from webapp.core.end_reasons import EndReason
from webapp.core.policy import Permission
from webapp.core.security_events import Event, EventKind, EventPage
from webapp.core.text import N_
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import requires
from webapp.web.device_names import device_and_place, device_name
from webapp.web.event_texts import describe_event, icon_of
from webapp.web.language import gettext as _
from webapp.web.services import services
from webapp.web.time_format import day

from . import pages

PER_PAGE = 25
# What the filters are called, and which kinds each shows. Any other kind is one of its own.
FILTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": (N_("All"), ()),
    EventKind.SIGNED_IN: (N_("Sign-ins"), (EventKind.SIGNED_IN, EventKind.SESSION_RESTORED)),
    EventKind.SIGN_IN_FAILED: (N_("Failed sign-ins"), (EventKind.SIGN_IN_FAILED,)),
    EventKind.SESSION_ENDED: (N_("Sign-outs"), (EventKind.SESSION_ENDED,)),
    EventKind.PASSWORD_CHANGED: (
        N_("Password"),
        (
            EventKind.PASSWORD_CHANGED,
            EventKind.PASSWORD_RESET,
            EventKind.RESET_REQUESTED,
            EventKind.PASSWORD_REFUSED,
            EventKind.PASSWORD_REMOVED,
        ),
    ),
    EventKind.PASSKEY_ADDED: (
        N_("Passkeys and codes"),
        (
            EventKind.PASSKEY_ADDED,
            EventKind.PASSKEY_REMOVED,
            EventKind.PASSKEY_REFUSED,
            EventKind.AUTHENTICATOR_ADDED,
            EventKind.AUTHENTICATOR_REMOVED,
            EventKind.CODE_REFUSED,
            EventKind.RECOVERY_CODES_CREATED,
            EventKind.RECOVERY_CODE_USED,
            EventKind.TRUST_ENDED,
            EventKind.FACTORS_RESET,
        ),
    ),
    EventKind.EMAIL_CHANGED: (
        N_("E-mail"),
        (
            EventKind.EMAIL_CHANGE_REQUESTED,
            EventKind.EMAIL_CHANGE_CANCELLED,
            EventKind.EMAIL_CHANGED,
            EventKind.EMAIL_CONFIRMED,
            EventKind.EMAIL_RESTORED,
            EventKind.REGISTERED_AGAIN,
        ),
    ),
}


@dataclass(frozen=True)
class EventView:
    """An event in words."""

    kind: str
    title: str
    detail: str
    tone: str
    icon: str
    at: int
    day: str
    ip: str
    device: str
    request_id: str
    actor: str
    user_id: str | None
    email: str


@pages.get("/account/activity")
@requires(Permission.OWN_ACCOUNT)
def activity() -> ResponseReturnValue:
    return event_views("activity.html", current_identity().user.id)


def event_views(template: str, user_id: str | None, **about: str) -> ResponseReturnValue:
    """One page of the events of a user, or of all users, filtered and paged by the query."""
    kind, page = request.args.get("kind", ""), page_number()
    known, found = kind in FILTERS or kind in list(EventKind), EventPage([], 0)
    if known:
        kinds = FILTERS[kind][1] if kind in FILTERS else (kind,)
        found = services().events.page(
            user_id=user_id, kinds=kinds, offset=(page - 1) * PER_PAGE, limit=PER_PAGE
        )
    filters = [
        {"value": value, "label": _(label), "current": value == kind}
        for value, (label, _kinds) in FILTERS.items()
    ]
    return render_template(
        template,
        events=[to_view(event) for event in found.events],
        filters=filters,
        kind=kind,
        unknown_kind=not known,
        page=page,
        pages=max(1, -(-found.total // PER_PAGE)),
        **about,
    )


def page_number() -> int:
    """From 1. What is no page is the first."""
    return min(max(request.args.get("page", 1, type=int), 1), 1_000_000)


def to_view(event: Event) -> EventView:
    title, detail, tone = describe_event(event.kind, event.detail)
    ip, user_agent = place_of(event)
    if event.detail == EndReason.REUSE:
        device = device_and_place(event.user_agent, event.ip)
        detail = _("The copy was used from {device}", device=device)
    return EventView(
        kind=event.kind,
        title=title,
        detail=detail,
        tone=tone,
        icon=icon_of(event.kind),
        at=event.at,
        day=day(event.at),
        ip=ip,
        device=device_name(user_agent),
        request_id=event.request_id,
        actor=event.actor or (_("an operator") if event.by_operator else ""),
        user_id=event.user_id,
        email=event.email,
    )


def place_of(event: Event) -> tuple[str, str]:
    """IP address and user agent of the device that it is about.

    A sign-out is about the device that was signed out, not the one that did it.
    """
    if event.kind == EventKind.SESSION_ENDED and event.detail != EndReason.LOGOUT:
        return event.session_ip, event.session_user_agent
    return event.ip, event.user_agent
