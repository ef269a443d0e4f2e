"""For admins: find somebody, see what happened, and help. Every change is asked about first."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.accounts import Changes
from webapp.core.directory import SORTS
from webapp.core.errors import Conflict, NotFound
from webapp.core.policy import Permission, Role
from webapp.core.sessions import EndReason
from webapp.core.stores import User
from webapp.web.authentication import visitor
from webapp.web.authorization import requires
from webapp.web.confirmation import ask_first
from webapp.web.services import services

from . import pages
from .activity import in_words, page_number, show_events
from .devices import devices_of

PER_PAGE = 20
NEWEST_EVENTS = 20


@pages.get("/admin/users")
@requires(Permission.MANAGE_USERS)
def admin_users() -> ResponseReturnValue:
    q, sort, page = request.args.get("q", "")[:100], request.args.get("sort", ""), page_number()
    sort = sort if sort in SORTS else "-created_at"
    found = services().directory.page(query=q, sort=sort, page=page, per_page=PER_PAGE)
    return render_template(
        "admin/users.html",
        users=found.users,
        q=q,
        sort=sort,
        page=page,
        pages=max(1, -(-found.total // PER_PAGE)),
        total=found.total,
    )


@pages.get("/admin/users/<user_id>")
@requires(Permission.MANAGE_USERS)
def admin_user(user_id: str) -> ResponseReturnValue:
    user = services().accounts.profile(user_id)
    newest = services().events.page(user_id=user_id, kind=None, offset=0, limit=NEWEST_EVENTS)
    return render_template(
        "admin/user.html",
        user=user,
        devices=devices_of(user_id),
        events=[in_words(event) for event in newest.events],
        myself=user_id == visitor().user.id,
    )


@pages.get("/admin/events")
@requires(Permission.MANAGE_USERS)
def admin_events() -> ResponseReturnValue:
    return show_events("admin/events.html", request.args.get("user") or None)


@pages.post("/admin/users/<user_id>/role")
@requires(Permission.MANAGE_USERS)
def admin_change_role(user_id: str) -> ResponseReturnValue:
    role = Role.ADMIN if request.form.get("role") == Role.ADMIN else Role.USER
    user = services().accounts.profile(user_id)
    may = "may manage all users" if role is Role.ADMIN else "may only manage their own account"
    return change(
        user,
        f"Make {user.email} {'an admin' if role is Role.ADMIN else 'a user'}?",
        f"From then on they {may}.",
        f"Make {role}",
        lambda now: services().directory.change(user_id, Changes(role=role), now),
    )


@pages.post("/admin/users/<user_id>/disable")
@requires(Permission.MANAGE_USERS)
def admin_disable(user_id: str) -> ResponseReturnValue:
    user = services().accounts.profile(user_id)
    return change(
        user,
        f"Disable {user.email}?",
        "They are signed out everywhere at once, and can't sign in until you enable them again.",
        "Disable",
        lambda now: services().directory.change(user_id, Changes(disabled=True), now),
    )


@pages.post("/admin/users/<user_id>/enable")
@requires(Permission.MANAGE_USERS)
def admin_enable(user_id: str) -> ResponseReturnValue:
    user = services().accounts.profile(user_id)
    return change(
        user,
        f"Enable {user.email}?",
        "They can sign in again.",
        "Enable",
        lambda now: services().directory.change(user_id, Changes(disabled=False), now),
    )


@pages.post("/admin/users/<user_id>/end-sessions")
@requires(Permission.MANAGE_USERS)
def admin_end_sessions(user_id: str) -> ResponseReturnValue:
    user = services().accounts.profile(user_id)
    return change(
        user,
        f"Sign {user.email} out everywhere?",
        "They can sign in again at once.",
        "Sign out",
        lambda now: services().devices.end_all(user_id, EndReason.ENDED_BY_ADMIN, now),
    )


@pages.post("/admin/users/<user_id>/sessions/<sid>/end")
@requires(Permission.MANAGE_USERS)
def admin_end_session(user_id: str, sid: str) -> ResponseReturnValue:
    user = services().accounts.profile(user_id)

    def end(now: float) -> None:
        services().devices.end_one(user_id, sid, now, EndReason.ENDED_BY_ADMIN)

    question = f"Sign this device of {user.email} out?"
    return change(user, question, "It has to sign in again.", "Sign out", end)


@pages.post("/admin/users/<user_id>/delete")
@requires(Permission.MANAGE_USERS)
def admin_delete(user_id: str) -> ResponseReturnValue:
    user = services().accounts.profile(user_id)
    return change(
        user,
        f"Delete {user.email}?",
        "Their account, sessions and events are gone for good.",
        "Delete for good",
        lambda now: services().directory.remove(user_id, now),
        then=url_for("pages.admin_users"),
    )


def change(
    user: User,
    question: str,
    explanation: str,
    yes: str,
    act: Callable[[float], object],
    then: str | None = None,
) -> ResponseReturnValue:
    """Ask, do it, and say so."""
    back = url_for("pages.admin_user", user_id=user.id)
    if page := ask_first(question, explanation, yes, back, danger=then is not None):
        return page
    try:
        act(services().now())
    except Conflict as refusal:
        flash(refusal.fields["role"][0], "error")
        return redirect(back, 303)
    except NotFound:
        flash("That is gone already.", "info")
        return redirect(back, 303)
    flash(f"Done: {yes.lower()}, {user.email}.", "success")
    return redirect(then or back, 303)
