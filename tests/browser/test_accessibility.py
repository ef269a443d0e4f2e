"""Every page in every state: no axe violation, on a phone, in the dark."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import pytest
from flask import Flask

from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.servers import RedisServer
from webapp.core.rate_limits import FORGOT_PER_ACCOUNT

from .looks import DESKTOP, Judge, look, refusals
from .page import Page
from .test_account_pages import (
    GRACE,
    PROOF_IS_OLD,
    create,
    end_everywhere,
    mailed_link,
    make_admin,
    register,
)

NEW_EMAIL = "grace@elsewhere.example"
# More than one page of the list of users, and of events.
MANY = 26


@dataclass
class World:
    page: Page
    app: Flask
    clock: Clock
    redis: RedisServer


# Brings the page there, from where the state before has left it.
State = Callable[[World], object]


def visit(path: str) -> State:
    return lambda world: world.page.open(path)


def visit_with_details(path: str) -> State:
    """With all that is folded away opened."""

    def state(world: World) -> None:
        world.page.open(path)
        world.page.script(
            "for (const each of document.querySelectorAll('details')) each.open = true"
        )

    return state


def send(path: str, button: str, **values: str) -> State:
    def state(world: World) -> None:
        world.page.open(path)
        world.page.fill(**values)
        world.page.send(button)

    return state


def type_a_new_password(world: World) -> None:
    world.page.open("/register")
    world.page.fill(password="a whole new")
    world.page.wait(lambda: world.page.find("strength").is_displayed())


def too_many(world: World) -> None:
    for _ in range(FORGOT_PER_ACCOUNT.amount):
        Browser(world.app).post("/forgot-password", email=EMAIL)
    send("/forgot-password", "forgot-submit", email=EMAIL)(world)


def open_mailed_link(world: World) -> None:
    world.page.open(mailed_link(world.app, EMAIL))


def reset_too_short(world: World) -> None:
    send(mailed_link(world.app, EMAIL), "reset-submit", password="short")(world)


def confirm_address(world: World) -> None:
    register(world.app, GRACE)
    world.page.open(mailed_link(world.app, GRACE))


def sign_in(world: World) -> None:
    """As a user with an unverified e-mail."""
    world.page.let_in(world.app, GRACE)
    world.page.open("/account")


def open_menu(world: World) -> None:
    world.page.open("/account/activity")
    world.page.click("account-menu-button")


def save(world: World) -> None:
    send("/account", "account-submit", name="Grace")(world)
    world.page.wait_for_message("Saved")


def ask_for_another_address(world: World) -> None:
    send("/account", "account-submit", email=NEW_EMAIL, current_password=PASSWORD)(world)
    world.page.wait_for("pending-email")


def be_too_late(world: World) -> None:
    """Where something is typed, the page stays when its session has ended."""
    page = world.page
    page.open("/account")
    page.fill(name="Grace Hopper")
    page.script("new BroadcastChannel('evergreen').postMessage('signed-out')")
    page.wait(lambda: page.find("session-over").is_displayed())


def sign_in_elsewhere(world: World) -> None:
    for looks in (
        FIREFOX,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari",
        "curl/8",
    ):
        Browser(world.app, looks).sign_in(GRACE, remember="y")
    world.page.open("/account/sessions")


def name_a_device(world: World) -> None:
    page = world.page
    page.click("rename-device")
    page.fill(device_new_name="A laptop with a name that needs more than one line")
    page.send("device-rename-submit")
    page.wait_for_message("is called")
    page.click("rename-device")


def send_an_old_form(world: World) -> None:
    world.page.open("/account/sessions")
    old = "for (const field of document.getElementsByName('csrf_token')) field.value = 'old'"
    world.page.script(old)
    world.page.send("end-others")
    world.page.wait_for("send-again")


def happen_often(world: World) -> None:
    for _ in range(MANY):
        Browser(world.app, FIREFOX).sign_in(GRACE)
    world.page.open("/account/activity?page=2")


def ask_for_the_password(world: World) -> None:
    world.clock.advance(PROOF_IS_OLD)
    send("/account/sessions", "end-others")(world)


def answer_wrongly(world: World) -> None:
    world.page.fill(current_password="not that")
    world.page.send("confirm-yes")


def keep_a_form(world: World) -> None:
    page = world.page
    page.open("/account")
    page.fill(name="Grace Hopper", current_password=PASSWORD)
    end_everywhere(world.app, world.clock, GRACE)
    page.send("account-submit")
    page.wait_for("login-form")


def come_back(world: World) -> None:
    world.page.fill(email=GRACE, password=PASSWORD)
    world.page.send("login-submit")
    world.page.wait_for("kept-form")


def administer(world: World) -> None:
    for number in range(MANY):
        create(world.app, world.clock, f"somebody-{number}@example.com")
    make_admin(world.app, world.clock)
    world.page.let_in(world.app)
    world.page.open("/admin/users")


def see_oneself(world: World) -> None:
    send("/admin/users?q=ada", "user-link")(world)


def open_a_user(world: World) -> None:
    send("/admin/users?q=grace", "user-link")(world)


def fail_to_reach_redis(world: World) -> None:
    world.page.open("/forgot-password")
    world.page.fill(email=EMAIL)
    world.redis.stop()
    world.page.send("forgot-submit")
    world.page.wait_for("send-again")
    world.redis.start()


STATES: dict[str, State] = {
    "home": visit("/"),
    "nothing there": visit("/nowhere"),
    "outbox, empty": visit("/dev/outbox"),
    "API": visit_with_details("/api/docs"),
    "login": visit("/login"),
    "login, nothing typed": send("/login", "login-submit"),
    "login, wrong password": send("/login", "login-submit", email=EMAIL, password="not that"),
    "login, asked for": visit("/account"),
    "sign out, signed out already": visit("/logout"),
    "register": visit("/register"),
    "register, typing a password": type_a_new_password,
    "register, weak password": send("/register", "register-submit", email=GRACE, password="aaaa"),
    "forgot": visit("/forgot-password"),
    "forgot, nothing typed": send("/forgot-password", "forgot-submit"),
    "forgot, sent": send("/forgot-password", "forgot-submit", email=EMAIL),
    "reset": open_mailed_link,
    "reset, too short": reset_too_short,
    "too many": too_many,
    "resend": visit("/verify-email"),
    "resend, nothing typed": send("/verify-email", "resend-submit"),
    "register, done": send(
        "/register", "register-submit", email="new@example.com", password=PASSWORD
    ),
    "confirm the address": confirm_address,
    "link void": visit("/reset-password/broken"),
    "outbox": visit_with_details("/dev/outbox"),
    "account, not confirmed": sign_in,
    "dashboard": visit("/dashboard"),
    "account menu": open_menu,
    "account, wrong": send("/account", "account-submit", email="nobody"),
    "account, saved": save,
    "account, session over": be_too_late,
    "account, new address": ask_for_another_address,
    "confirm the new address": lambda world: world.page.open(mailed_link(world.app, NEW_EMAIL)),
    "devices, only this": visit("/account/sessions"),
    "devices": sign_in_elsewhere,
    "devices, a name": name_a_device,
    "dashboard, news": visit("/dashboard"),
    "send again": send_an_old_form,
    "sign out": visit("/logout"),
    "activity": visit("/account/activity"),
    "activity, none of this kind": visit("/account/activity?kind=email_changed"),
    "activity, page 2": happen_often,
    "password": visit("/account/password"),
    "password, nothing typed": send("/account/password", "password-submit"),
    "password, wrong": send(
        "/account/password", "password-submit", current_password="no", new_password="short"
    ),
    "delete": visit("/account/delete"),
    "delete, wrong": send("/account/delete", "delete-submit", password=PASSWORD, confirm="nobody"),
    "not allowed": visit("/admin/users"),
    "confirm": ask_for_the_password,
    "confirm, wrong password": answer_wrongly,
    "login, signed out": keep_a_form,
    "kept form": come_back,
    "users": administer,
    "users, of a filter": visit("/admin/users?kind=admins"),
    "overview for admins": visit_with_details("/admin"),
    "users, none": visit("/admin/users?q=nobody"),
    "user, oneself": see_oneself,
    "user, somebody": open_a_user,
    "user, delete": lambda world: world.page.send("delete-user"),
    "events": visit_with_details("/admin/events"),
    "events, none": visit("/admin/events?user=nobody"),
    "outage": fail_to_reach_redis,
}
# The first so many: up to the form for a forgotten password.
GUEST_PAGES = 13


@pytest.mark.parametrize(
    "states",
    [
        pytest.param(GUEST_PAGES, id="those of guests"),
        pytest.param(None, id="all", marks=pytest.mark.thorough("browsers in full")),
    ],
)
def test_every_state_of_every_page_is_accessible_and_fits_a_phone(
    page: Page,
    app: Flask,
    clock: Clock,
    redis_server: RedisServer,
    judge: Judge,
    states: int | None,
) -> None:
    world = World(page, app, clock, redis_server)
    found: dict[str, list[str]] = {}
    for name, state in islice(STATES.items(), states):
        look(page, "light", DESKTOP)
        page.drain_logs()
        state(world)
        found[name] = refusals(page)
        found |= judge(page, name)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_the_current_page_is_marked_in_forced_colours(page: Page, app: Flask) -> None:
    """Where a shadow or a tint alone would be gone."""
    page.let_in(app)
    page.cdp("Emulation.setEmulatedMedia", features=[{"name": "forced-colors", "value": "active"}])
    for path in ("/account", "/account/activity", "/lab/walk/2"):
        page.open(path)
        current, others = page.script(BACKGROUNDS)
        assert current, path
        assert not set(current) & set(others), path


# Of the links in menus and filters: of those that are current, and of the others.
BACKGROUNDS = """
const links = [...document.querySelectorAll('nav a, .choice a, .dots a')];
const isCurrent = (link) => link.matches('[aria-current]');
const background = (link) => getComputedStyle(link).backgroundColor;
return [links.filter(isCurrent), links.filter((link) => !isCurrent(link))]
  .map((some) => some.map(background));
"""
