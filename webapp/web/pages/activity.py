"""What happened to an account: for its owner, and for admins."""

from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

from webapp.core.browsers import describe
from webapp.core.events import Event, EventKind
from webapp.core.policy import Permission
from webapp.web import messages
from webapp.web.authentication import visitor
from webapp.web.authorization import requires
from webapp.web.services import services

from . import pages

PER_PAGE = 25
# What the filters are called.
FILTERS = {
    "": "All",
    EventKind.SIGNED_IN: "Sign-ins",
    EventKind.SIGN_IN_FAILED: "Failed sign-ins",
    EventKind.SESSION_ENDED: "Sign-outs",
    EventKind.PASSWORD_CHANGED: "Password",
    EventKind.EMAIL_CHANGED: "E-mail",
}


@dataclass(frozen=True)
class ShownEvent:
    """An event in words."""

    kind: str
    title: str
    detail: str
    tone: str
    at: int
    ip: str
    device: str
    request_id: str
    actor: str
    user_id: str | None
    email: str


@pages.get("/account/activity")
@requires(Permission.OWN_ACCOUNT)
def activity() -> ResponseReturnValue:
    return show_events("activity.html", visitor().user.id)


def show_events(template: str, user_id: str | None) -> ResponseReturnValue:
    """One page of the events of a user, or of everybody, as the query asks for them."""
    kind, page = request.args.get("kind", ""), page_number()
    kind = kind if kind in FILTERS else ""
    found = services().events.page(
        user_id=user_id, kind=kind or None, offset=(page - 1) * PER_PAGE, limit=PER_PAGE
    )
    filters = [
        {"value": value, "label": label, "current": value == kind}
        for value, label in FILTERS.items()
    ]
    return render_template(
        template,
        events=[in_words(event) for event in found.events],
        filters=filters,
        page=page,
        pages=max(1, -(-found.total // PER_PAGE)),
        total=found.total,
    )


def page_number() -> int:
    """From 1. What is no page is the first."""
    return min(max(request.args.get("page", 1, type=int), 1), 1_000_000)


def in_words(event: Event) -> ShownEvent:
    title, detail, tone = messages.told(event.kind, event.detail)
    return ShownEvent(
        kind=event.kind,
        title=title,
        detail=detail,
        tone=tone,
        at=event.at,
        ip=event.ip,
        device=str(describe(event.user_agent)) if event.user_agent else "",
        request_id=event.request_id,
        actor=event.actor or ("an operator" if event.by_operator else ""),
        user_id=event.user_id,
        email=event.email,
    )
