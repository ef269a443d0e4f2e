"""For admins: find a user, read the events, change the account. Every change is confirmed first."""

from collections.abc import Callable
from contextlib import suppress

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.end_reasons import EndReason
from webapp.core.errors import Conflict, NotFound
from webapp.core.models import User, UserChanges
from webapp.core.policy import Permission, Role
from webapp.core.text import N_
from webapp.core.user_admin import SORTS, UserFilter
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import requires
from webapp.web.auth.reauthentication import confirm_action
from webapp.web.language import gettext as _
from webapp.web.services import services

from . import pages
from .activity import event_views, page_number, to_view
from .sessions import ENDED_ALREADY, device_of, devices_of, paged

PER_PAGE = 20
NEWEST_EVENTS = 20
FILTERS = {
    UserFilter.ALL: N_("All"),
    UserFilter.ADMINS: N_("Admins"),
    UserFilter.DISABLED: N_("Disabled"),
    UserFilter.UNCONFIRMED: N_("E-mail not confirmed"),
}


@pages.get("/admin/users")
@requires(Permission.MANAGE_USERS)
def admin_users() -> ResponseReturnValue:
    q, sort, page = request.args.get("q", "")[:100], request.args.get("sort", ""), page_number()
    sort = sort if sort in SORTS else "-created_at"
    shown = request.args.get("kind", "")
    shown = UserFilter(shown) if shown in list(UserFilter) else UserFilter.ALL
    found = services().user_admin.page(
        query=q, sort=sort, page=page, per_page=PER_PAGE, shown=shown
    )
    ids = [user.id for user in found.users]
    return render_template(
        "admin/users.html",
        users=found.users,
        last_sign_ins=services().device_queries.last_sign_ins(ids),
        filters=[(each.value, _(label), each is shown) for each, label in FILTERS.items()],
        shown=shown,
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
    newest = services().events.page(user_id=user_id, offset=0, limit=NEWEST_EVENTS)
    return render_template(
        "admin/user.html",
        user=user,
        **paged(devices_of(user_id)),
        events=[to_view(event) for event in newest.events],
        methods=services().factors.security.sign_in_methods(user, services().now()),
        myself=user_id == current_identity().user.id,
    )


@pages.get("/admin/events")
@requires(Permission.MANAGE_USERS)
def admin_events() -> ResponseReturnValue:
    user_id, email = request.args.get("user") or None, ""
    with suppress(NotFound):
        email = services().accounts.profile(user_id).email if user_id else ""
    return event_views("admin/events.html", user_id, user_email=email)


@pages.post("/admin/users/<user_id>/role")
@requires(Permission.MANAGE_USERS)
def admin_change_role(user_id: str) -> ResponseReturnValue:
    role = Role.ADMIN if request.form.get("role") == Role.ADMIN else Role.USER
    user = services().accounts.profile(user_id)
    email, promoted = user.email, role is Role.ADMIN
    question = N_("Make {email} an admin?") if promoted else N_("Make {email} a user?")
    explanation = (
        N_("From then on they may manage all users.")
        if promoted
        else N_("From then on they may only manage their own account.")
    )
    done = N_("{email} is an admin now.") if promoted else N_("{email} is a user now.")
    return change(
        user,
        _(question, email=email),
        _(explanation),
        _("Make admin") if promoted else _("Remove admin role"),
        _(done, email=email),
        lambda now: services().user_admin.change(user_id, UserChanges(role=role), now),
    )


@pages.post("/admin/users/<user_id>/disable")
@requires(Permission.MANAGE_USERS)
def admin_disable(user_id: str) -> ResponseReturnValue:
    user = services().accounts.profile(user_id)
    return change(
        user,
        _("Disable {email}?", email=user.email),
        _("They are signed out everywhere at once, and can't sign in until you enable them again."),
        _("Disable"),
        _("{email} is disabled.", email=user.email),
        lambda now: services().user_admin.change(user_id, UserChanges(disabled=True), now),
    )


@pages.post("/admin/users/<user_id>/enable")
@requires(Permission.MANAGE_USERS)
def admin_enable(user_id: str) -> ResponseReturnValue:
    user = services().accounts.profile(user_id)
    return change(
        user,
        _("Enable {email}?", email=user.email),
        _("They can sign in again."),
        _("Enable"),
        _("{email} is enabled, and can sign in again.", email=user.email),
        lambda now: services().user_admin.change(user_id, UserChanges(disabled=False), now),
    )


@pages.post("/admin/users/<user_id>/end-sessions")
@requires(Permission.MANAGE_USERS)
def admin_end_sessions(user_id: str) -> ResponseReturnValue:
    user = services().accounts.profile(user_id)
    return change(
        user,
        _("Sign {email} out everywhere?", email=user.email),
        _("They can sign in again at once."),
        _("Sign out"),
        _("{email} is signed out everywhere.", email=user.email),
        lambda now: services().devices.end_all(user_id, EndReason.ENDED_BY_ADMIN, now),
    )


@pages.post("/admin/users/<user_id>/sessions/<sid>/end")
@requires(Permission.MANAGE_USERS)
def admin_end_session(user_id: str, sid: str) -> ResponseReturnValue:
    user = services().accounts.profile(user_id)

    def end(now: float) -> None:
        services().devices.end_one(user_id, sid, now, EndReason.ENDED_BY_ADMIN)

    device = device_of(user_id, sid)
    if device is None:
        flash(_(ENDED_ALREADY), "info")
        return redirect(url_for("pages.admin_user", user_id=user_id), 303)
    about = {"device": device.name, "email": user.email}
    question = _("Sign out {device} of {email}?", **about)
    done = _("{device} of {email} is signed out.", **about)
    return change(user, question, device.before_it_ends, _("Sign out"), done, end)


@pages.post("/admin/users/<user_id>/reset-factors")
@requires(Permission.MANAGE_USERS)
def admin_reset_factors(user_id: str) -> ResponseReturnValue:
    user, security = services().accounts.profile(user_id), services().factors.security
    rest = (
        N_("The password stays. They get an e-mail. Do it only if you know who asks.")
        if security.has_password(user_id)
        else N_("They have no password: they set one by e-mail. Do it only if you know who asks.")
    )
    lost = _(
        "Passkeys, authenticator app, recovery codes and trusted browsers are deleted, and all "
        "sessions end."
    )
    return change(
        user,
        _("Reset the sign-in methods of {email}?", email=user.email),
        f"{lost} {_(rest)}",
        _("Reset"),
        _("The sign-in methods of {email} are reset.", email=user.email),
        lambda now: security.reset(user, now),
    )


@pages.post("/admin/users/<user_id>/delete")
@requires(Permission.MANAGE_USERS)
def admin_delete(user_id: str) -> ResponseReturnValue:
    user = services().accounts.profile(user_id)
    return change(
        user,
        _("Delete {email}?", email=user.email),
        _("Their account, sessions and events are deleted. This can't be undone."),
        _("Delete the account"),
        _("{email} is deleted.", email=user.email),
        lambda now: services().user_admin.remove(user_id, now),
        then=url_for("pages.admin_users"),
    )


def change(
    user: User,
    question: str,
    explanation: str,
    yes: str,
    done: str,
    act: Callable[[float], object],
    then: str | None = None,
) -> ResponseReturnValue:
    """Ask, change the account, and flash the result."""
    back = url_for("pages.admin_user", user_id=user.id)
    if page := confirm_action(question, explanation, yes, back, danger=then is not None):
        return page
    try:
        act(services().now())
    except Conflict as refusal:
        flash(_(refusal.fields["role"][0]), "error")
        return redirect(back, 303)
    except NotFound:
        flash(_("That is gone already."), "info")
        return redirect(back, 303)
    flash(done, "success")
    return redirect(then or back, 303)
