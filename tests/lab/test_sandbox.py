"""A sandbox is the real thing, and touches nothing of anybody's."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import redis
from flask import Flask

from tests.lab.conftest import PREFIX, Play
from tests.support.browser import Browser as RealBrowser
from tests.support.servers import RedisServer, free_port
from webapp.core.authentication import Authenticator
from webapp.core.errors import Unavailable
from webapp.core.sessions import Sessions
from webapp.lab.sandbox import run as policies
from webapp.lab.sandbox.fault_injection import SANDBOX_TTL
from webapp.lab.sandbox.sandbox import Sandbox
from webapp.lab.sandbox.scenarios import ALL
from webapp.store.redis.generations import RedisGenerations
from webapp.store.sql.models import EventRow, SessionRow, UserRow, db


def test_no_session_event_mail_or_news_of_anybody_else_is_touched(
    app: Flask, browser: RealBrowser, redis_server: RedisServer, play: Play
) -> None:
    browser.sign_in()
    before = everything_of_others(app, redis_server)
    assert before["news"] is not None
    for slug in ALL:
        play(slug)
    assert everything_of_others(app, redis_server) == before
    assert browser.is_in()


def test_its_entries_are_gone_within_a_quarter_of_an_hour(
    play: Play, redis_server: RedisServer
) -> None:
    client = redis_server.client()
    client.flushall()
    for slug in ALL:
        play(slug)
    keys = client.keys(f"{PREFIX}*")
    assert len(keys) >= len(ALL)
    for key in keys:
        assert 0 < client.ttl(key) <= SANDBOX_TTL


def test_two_at_once_know_nothing_of_each_other(play: Play) -> None:
    """One empties its Redis while the other counts on it."""
    slugs = ["redis-emptied", "twenty-requests", "redis-rolled-back", "five-tabs"]
    with ThreadPoolExecutor(len(slugs)) as pool:
        runs = list(pool.map(play, slugs))
    assert all(ending.right for run in runs for ending in run.endings)
    assert len({run.row["sid"] for run in runs}) == len(slugs)


def test_what_it_plays_is_the_real_code(
    play: Play, monkeypatch: pytest.MonkeyPatch, redis_server: RedisServer
) -> None:
    """The real sessions, and the real script on the real server."""
    asked: list[str] = []
    real = Sessions.redeem

    def redeem(self: Sessions, *args: Any, **more: Any) -> Any:
        asked.append(args[0])
        return real(self, *args, **more)

    monkeypatch.setattr(Sessions, "redeem", redeem)
    before = scripts_run(redis_server)
    play("twenty-requests")
    assert len(asked) == 20
    assert scripts_run(redis_server) - before >= 20


def test_it_asks_the_same_decision_function_as_the_hook(
    browser: RealBrowser, entries: RedisGenerations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`Authenticator.authenticate` of `core/authentication.py`; the lab has no copy of it."""
    tokens: list[Any] = []
    real = Authenticator.authenticate

    def authenticate(self: Authenticator, bearer: Any, access: Any, *args: Any, **more: Any) -> Any:
        tokens.extend(access)
        return real(self, bearer, access, *args, **more)

    browser.sign_in()
    box = Sandbox(entries, time.time())
    monkeypatch.setattr(Authenticator, "authenticate", authenticate)
    assert browser.get("/dashboard").status_code == 200
    assert box.you.click().status == 200
    assert tokens == [browser.access_token, box.you.access]


def test_parallel_requests_are_really_under_way_at_once(
    entries: RedisGenerations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits until all five are in the app: one after the other, none would come further."""
    box = Sandbox(entries, time.time())
    together = threading.Barrier(5)
    find = box.sql.find

    def find_together(user_id: str, sid: str) -> Any:
        together.wait(timeout=30)
        return find(user_id, sid)

    monkeypatch.setattr(box.sql, "find", find_together)
    box.clock.now += 301
    replies = box.you.send_at_once([box.you.request("GET /account") for _ in range(5)])
    assert [reply.status for reply in replies] == [200] * 5


def test_a_cached_token_asks_no_store(entries: RedisGenerations) -> None:
    box = Sandbox(entries, time.time())
    box.you.click()
    steps_before = len(box.recorder.steps)
    box.you.click()
    assert [step.words for step in box.recorder.steps[steps_before:]] == [
        "GET /account",
        "access token: accepted from the cache",
        "200",
    ]


def test_while_redis_is_silent_sql_accepts_a_good_access_token(
    entries: RedisGenerations,
) -> None:
    box = Sandbox(entries, time.time())
    box.you.click()
    box.redis.down = True
    assert box.you.click().status == 200
    assert box.recorder.steps[-1].words == "200"
    assert "no response" in [step.words for step in box.recorder.steps]


def test_the_model_for_all_forgeries_is_good(entries: RedisGenerations) -> None:
    """Or they might all be refused for one and the same wrong reason."""
    box = Sandbox(entries, time.time())
    seen = box.signer.verify_access(box.you.access, box.clock.now)
    box.thief.hold(access=box.signer.sign_access(replace(seen, role="admin", exp=seen.exp + 3600)))
    assert box.thief.click().status == 200


def test_its_tokens_open_nothing_in_the_app(app: Flask, play: Play) -> None:
    browser = RealBrowser(app)
    tokens = play("expired-token").tokens
    browser.keep({name.split()[-1]: token for name, token in tokens.items()})
    assert browser.refresh_token
    assert browser.access_token
    assert not browser.is_in()


def test_without_the_real_redis_there_is_no_run() -> None:
    no_server = redis.Redis(port=free_port(), retry=None, decode_responses=True)
    with pytest.raises(Unavailable):
        policies.run("lost-response", entries=RedisGenerations(no_server, "lab:"), now=time.time())


def test_a_real_outage_on_the_way_is_not_taken_for_part_of_the_story(
    entries: RedisGenerations, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **more: Any) -> Any:
        raise Unavailable

    monkeypatch.setattr(entries, "redeem", fail)
    with pytest.raises(Unavailable):
        policies.run("expired-token", entries=entries, now=time.time())


def test_each_answer_of_redis_shows_its_entry_and_was_measured(play: Play) -> None:
    run = play("twenty-requests")
    rotated = next(step for step in run.steps if step.words == "rotated to 1")
    assert rotated.details["entry now"].startswith("1 ")
    assert rotated.took is not None
    assert rotated.took > 0
    first_repeat = next(step for step in run.steps if step.words == "given 1 again")
    assert run.steps.index(rotated) < run.steps.index(first_repeat)


def everything_of_others(app: Flask, server: RedisServer) -> dict[str, Any]:
    client = server.client()
    with app.app_context():
        rows = {
            table.__name__: db.session.query(table).count()
            for table in (UserRow, SessionRow, EventRow)
        }
        ends = [row.ended_reason for row in db.session.query(SessionRow)]
    return {
        **rows,
        "ends": ends,
        "entries": {key: entry for key, (entry, _) in server.snapshot().items()},
        "news": client.xlen("doubts"),
        "mails": sorted(path.name for path in outbox(app)),
    }


def outbox(app: Flask) -> list[Any]:
    folder = app.extensions["evergreen"].settings.instance_path / "outbox"
    return list(folder.iterdir()) if folder.exists() else []


def scripts_run(server: RedisServer) -> int:
    found: Any = server.client().info("commandstats")
    return int(found.get("cmdstat_evalsha", {}).get("calls", 0))
