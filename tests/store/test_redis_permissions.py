"""A Redis user that may do no more than docs/operations.md says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask

from scripts.bootstrap import ROOT
from tests.conftest import services_of
from tests.support.api import Program
from tests.support.browser import EMAIL, FIREFOX, Browser
from tests.support.clock import Clock
from tests.support.redis_cluster import ClusterServers
from tests.support.redis_processes import Process
from tests.support.redis_sentinel import SentinelServers
from tests.support.servers import wait_until
from tests.test_doctor import examined
from webapp import create_app
from webapp.web.services import Services

SECTION = (
    (ROOT / "docs" / "operations.md").read_text().partition("## Redis")[2].partition("\n## ")[0]
)
NAME, SECRET = "evergreen", "hunter2"


def rules(kind: str = "one") -> list[str]:
    """As documented; for several servers with what is needed besides."""
    (line,) = re.findall(rf"^user {NAME} (.+)$", SECTION, re.MULTILINE)
    more = re.search(rf"^- {kind.capitalize()}: `([^`]+)` besides", SECTION, re.MULTILINE)
    return line.replace(">password", f">{SECRET}").split() + (more[1].split() if more else [])


def commands(rules: list[str]) -> set[str]:
    return {rule[1:] for rule in rules if rule.startswith("+")}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path / "redis")
    process.configure([])
    process.start()
    yield process
    process.stop()


def permit(client: "redis.Redis", rules: list[str]) -> None:
    client.execute_command("ACL", "SETUSER", NAME, "reset", *rules)
    client.execute_command("ACL", "LOG", "RESET")
    client.execute_command("CONFIG", "RESETSTAT")


def denied(client: "redis.Redis") -> list[Any]:
    return [(entry["reason"], entry["object"]) for entry in client.acl_log()]


def make(environment: dict[str, str], url: str, clock: Clock | None = None) -> Flask:
    scheme, _, rest = url.partition("://")
    return create_app(environment | {"REDIS_URL": f"{scheme}://{NAME}:{SECRET}@{rest}"}, clock)


def live(app: Flask, other_worker: Flask, clock: Clock) -> None:
    """Sign in, look into the lab, refresh, be ended elsewhere, lose a form and find it again."""
    browser = Browser(app)
    browser.sign_in()
    assert browser.get("/lab").status_code == 200
    assert browser.get("/lab/compare/expired-token").status_code == 200
    clock.advance(301)
    assert browser.is_in()
    elsewhere = Browser(other_worker, FIREFOX)
    elsewhere.sign_in()
    csrf_token = elsewhere.csrf_token("/account")
    check_access_token(other_worker, elsewhere)
    browser.post("/account/sessions/end-others", form_on="/account/sessions")
    wait_until(lambda: not elsewhere.is_in())
    elsewhere.client.post("/account", data={"csrf_token": csrf_token, "name": "Ada L"})
    elsewhere.sign_in()
    for _ in range(12):
        answer = Browser(app).post("/login", email=EMAIL, password="wrong, and long")
    assert answer.status_code == 429
    with app.app_context():
        services_of(app).retention_job._begin()
        use_kept_form(services_of(app), clock())
        services_of(app).devices.generations.last_seen(["no-such-sid"])
    browser.sign_out()
    assert not browser.is_in()


def use_kept_form(services: Services, now: float) -> None:
    user, _ = services.accounts.find(EMAIL)
    assert user
    ((draft_id, draft),) = services.saved_forms.saved(user.id, now).items()
    assert services.saved_forms.claim(draft, draft_id)
    services.saved_forms.release(draft_id, user.id)
    services.saved_forms.remove(draft, draft_id)


def check_access_token(app: Flask, browser: Browser) -> None:
    """Until its worker follows the feed."""
    wait_until(lambda: browser.is_in() and services_of(app).feed.is_current)


def used(client: "redis.Redis") -> set[str]:
    """Also by scripts. A command that was denied does not count."""
    stats = client.info("commandstats")
    return {name.removeprefix("cmdstat_").lower() for name, of in stats.items() if of["calls"]}


def test_the_documented_permissions_are_enough_and_not_more_than_that(
    environment: dict[str, str], server: Process, clock: Clock
) -> None:
    admin = server.client()
    permit(admin, rules())
    url = f"redis://127.0.0.1:{server.port}/0"
    program = Program(make(environment, url))  # by Redis' clock
    program.refresh(program.log_in()["refresh_token"])
    app, other = make(environment, url, clock), make(environment, url, clock)
    live(app, other, clock)
    assert app.test_client().get("/readyz").json["redis"] == "ok"
    assert denied(admin) == []
    assert commands(rules()) - used(admin) == set()


@pytest.mark.parametrize("more", [[], ["+info"]], ids=["without INFO", "with INFO"])
def test_doctor_says_what_it_could_not_check(
    environment: dict[str, str], server: Process, more: list[str]
) -> None:
    permit(server.client(), rules() + more)
    status, found = examined(make(environment, f"redis://127.0.0.1:{server.port}/0"))
    assert status == 0
    levels = {name: of["level"] for name, of in found.items() if "redis" in name}
    for check in ("redis.reachable", "redis.writable", "redis.latency", "clock.redis"):
        assert levels[check] == "ok"
    assert ("redis.version" in levels) == bool(more)
    assert (levels.get("redis.info") == "warning") == (not more)


@pytest.mark.parametrize(
    ("less", "check", "level"),
    [
        ("-time", "clock.redis", "problem"),
        ("-set", "redis.writable", "problem"),
        ("-get", "redis.latency", "problem"),
        ("resetkeys", "redis.writable", "warning"),
    ],
)
def test_doctor_names_what_the_app_lacks(
    environment: dict[str, str], server: Process, less: str, check: str, level: str
) -> None:
    app = make(environment, f"redis://127.0.0.1:{server.port}/0")
    permit(server.client(), [*rules(), less])
    finding = examined(app)[1][check]
    assert (finding["level"], "permission" in finding["advice"]) == (level, True)
    assert examined(app)[1]["redis.reachable"]["level"] == "ok"


@pytest.fixture
def permitted(several: SentinelServers | ClusterServers) -> Iterator[str]:
    """The url of several servers with our user on each; as it was afterwards."""
    kind = "cluster" if isinstance(several, ClusterServers) else "sentinel"
    parts: list[tuple[Process, list[str]]] = []
    if isinstance(several, ClusterServers):
        parts = [(node, rules(kind)) for node in several.nodes]
    else:
        (line,) = re.findall(r"on the sentinels `([^`]+)`", SECTION)
        parts = [(each, rules(kind)) for each in several.servers]
        parts += [
            (each, ["on", f">{SECRET}", "-@all", *line.split()]) for each in several.sentinels
        ]
    for process, allowed in parts:
        process.client().execute_command("ACL", "SETUSER", NAME, "reset", *allowed)
        process.client().execute_command("ACL", "LOG", "RESET")
    yield several.url + (
        f"?sentinel_username={NAME}&sentinel_password={SECRET}" * (kind == "sentinel")
    )
    lacking = [entry for process, _ in parts for entry in denied(process.client())]
    for process, _ in parts:
        process.client().execute_command("ACL", "DELUSER", NAME)
    assert lacking == []


@pytest.mark.thorough("Sentinel and Cluster")
def test_several_servers_with_what_is_documented_for_them(
    environment: dict[str, str], permitted: str, clock: Clock
) -> None:
    app, other = (make(environment, permitted, clock) for _ in range(2))
    live(app, other, clock)
    assert app.test_client().get("/readyz").json["redis"] == "ok"
