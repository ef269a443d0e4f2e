"""The lab's first page: the user's own session live, and the list of scenarios."""

from flask import g, make_response, render_template, request
from flask.typing import ResponseReturnValue

from webapp.core.policy import Permission
from webapp.lab.live.exchanges import START, Exchange
from webapp.lab.sandbox.scenarios import GROUPS
from webapp.web.auth import cookies
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import public, requires
from webapp.web.auth.destinations import not_a_destination
from webapp.web.compression import compressed
from webapp.web.search_engines import indexable

from . import lab
from .panels import all_panels, lab_services
from .reference import settings_of_this_server


@lab.get("")
@public
@indexable
@compressed
def overview() -> ResponseReturnValue:
    """For guests without the live part: they have no session to watch."""
    if not g.identity:
        return render_template("lab/overview.html", groups=GROUPS, **settings_of_this_server())
    exchanges = exchanges_after(START)
    page = render_template(
        "lab/overview.html",
        exchanges=exchanges,
        place=last(exchanges, START),
        groups=GROUPS,
        **(settings_of_this_server() | session_state()),
    )
    return cookies.set_lab_cookie(make_response(page))


@lab.get("/events")
@requires(Permission.OWN_ACCOUNT)
@not_a_destination
def events() -> ResponseReturnValue:
    """Exchanges after the id `after`, as diagrams; 204 without new ones, for one Redis command."""
    after = request.args.get("after", START)
    exchanges = exchanges_after(after)
    if not exchanges:
        return cookies.set_lab_cookie(make_response("", 204))
    page = render_template(
        "lab/_events.html", exchanges=exchanges, place=last(exchanges, after), **session_state()
    )
    return cookies.set_lab_cookie(make_response(page))


def exchanges_after(place: str) -> list[Exchange]:
    return lab_services().exchanges.after(current_identity().access.sid, place)


def last(exchanges: list[Exchange], place: str) -> str:
    return exchanges[-1].place if exchanges else place


def session_state() -> dict[str, object]:
    access = current_identity().access
    return {"panels": all_panels(), "access_ttl": access.exp - access.iat}
