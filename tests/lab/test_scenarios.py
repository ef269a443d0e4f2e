"""Each scenario under Evergreen's rules: who is in, and what stands in Redis and in SQL."""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.lab.conftest import Play
from webapp.lab.diagram.steps import Run
from webapp.lab.sandbox.forgeries import NAMES

InRedis = Callable[[Run], str]


def test_expired_token(play: Play, in_redis: InRedis) -> None:
    run = play("expired-token")
    assert who_is_in(run) == {"You": True}
    assert in_redis(run).startswith("1 ")
    assert run.row["ended_reason"] == ""
    assert answers(run) == Counter(
        {"stored": 1, "open, at 0": 1, "rotated to 1": 1, "open, at 1": 1}
    )


def test_form_with_expired_token(play: Play, in_redis: InRedis) -> None:
    run = play("form-with-expired-token")
    assert who_is_in(run) == {"You": True}
    assert words(run, "app", "browser").count("303, done, cookies 1") == 1
    assert in_redis(run).startswith("1 ")


def test_twenty_requests(play: Play, in_redis: InRedis) -> None:
    run = play("twenty-requests")
    assert who_is_in(run) == {"You": True}
    assert answers(run)["rotated to 1"] == 1
    assert answers(run)["given 1 again"] == 19
    given = {
        step.details["Set-Cookie: refresh_token"]
        for step in run.steps
        if step.who.startswith("request") and "Set-Cookie: refresh_token" in step.details
    }
    assert given == {run.tokens["You: refresh_token"]}
    assert in_redis(run).startswith("1 ")


def test_five_tabs(play: Play, in_redis: InRedis) -> None:
    run = play("five-tabs")
    assert who_is_in(run) == {"You": True}
    assert answers(run)["rotated to 1"] == 1
    assert answers(run)["given 1 again"] == 4
    assert {step.at for step in run.steps if step.who == "tab 5"} == {8 * 3600 + 15}
    assert in_redis(run).startswith("1 ")


def test_lost_response(play: Play, in_redis: InRedis) -> None:
    run = play("lost-response")
    assert who_is_in(run) == {"You": True}
    assert "the response never arrives" in words(run, "browser", "browser")
    assert answers(run)["given 1 again"] == 1
    gen, _, state, handed_out = in_redis(run).split()
    assert (gen, state[0], handed_out) == ("1", "1", "3600")


def test_thief_replays(play: Play, in_redis: InRedis) -> None:
    run = play("thief-replays")
    assert who_is_in(run) == {"You": False, "The thief": False}
    assert words(run, "app", "thief") == ["sign-in page: reuse"]
    assert in_redis(run) == "ended reuse"
    assert run.row["ended_reason"] == "reuse"
    assert "mails the owner: the sign-in was copied" in words(run, "app", "app")


def test_thief_first(play: Play, in_redis: InRedis) -> None:
    run = play("thief-first")
    assert who_is_in(run) == {"You": False, "The thief": False}
    assert words(run, "app", "thief") == ["200, cookies 1", "200", "sign-in page: reuse"]
    assert words(run, "app", "browser")[-1] == "sign-in page: reuse"
    assert (in_redis(run), run.row["ended_reason"]) == ("ended reuse", "reuse")


def test_redis_rolled_back(play: Play, in_redis: InRedis) -> None:
    run = play("redis-rolled-back")
    assert who_is_in(run) == {"You": True, "The thief": False}
    assert answers(run)["healed: 3"] == 1
    assert words(run, "app", "thief") == ["sign-in page: logout"]
    assert in_redis(run).startswith("3 ")
    assert run.row["ended_reason"] == ""


def test_redis_emptied(play: Play, in_redis: InRedis) -> None:
    run = play("redis-emptied")
    assert who_is_in(run) == {"You": True, "The thief": False}
    assert answers(run)["healed: 1"] == 1
    assert words(run, "app", "thief") == ["sign-in page: logout"]
    assert in_redis(run).startswith("1 ")


def test_redis_stopped(play: Play, in_redis: InRedis) -> None:
    run = play("redis-stopped")
    assert who_is_in(run) == {"You": True}
    assert words(run, "app", "browser")[1:] == [
        "503, try again",
        "503, try again",
        "200, cookies 1",
        "200",
    ]
    assert not [step for step in run.steps if step.details.get("Set-Cookie") == "both deleted"]
    assert in_redis(run).startswith("1 ")


def test_logout_during_refresh(play: Play, in_redis: InRedis) -> None:
    run = play("logout-during-refresh")
    assert who_is_in(run) == {"You": False}
    seen_steps = [(step.who, step.words) for step in run.steps]
    opened, out = seen_steps.index(("tab 1", "open")), seen_steps.index(("tab 2", "signed out"))
    assert opened < out < seen_steps.index(("tab 1", "redeem 0")), "they do not overlap"
    assert answers(run)["ended: logout"] == 1
    assert (in_redis(run), run.row["ended_reason"]) == ("ended logout", "logout")


def test_logout_elsewhere(play: Play, in_redis: InRedis) -> None:
    run = play("logout-elsewhere")
    assert who_is_in(run) == {"You": False}
    seen_steps = [(step.who, step.words) for step in run.steps]
    from_cache = seen_steps.index(("tab 1", "access token: accepted from the cache"))
    assert from_cache < seen_steps.index(("tab 2", "notify all workers: check this session"))
    assert run.steps[-1].words == "401: session_ended"
    assert (in_redis(run), run.row["ended_reason"]) == ("ended logout", "logout")
    assert not run.tokens


def test_key_withdrawn(play: Play, in_redis: InRedis) -> None:
    run = play("key-withdrawn")
    assert who_is_in(run) == {"You": True, "The thief": False}
    assert words(run, "app", "thief") == ["200", "sign-in page: please sign in"]
    assert words(run, "app", "app").count("access token: not issued here") == 2
    assert in_redis(run).startswith("1 ")


@pytest.mark.parametrize("name", NAMES)
def test_forged_token(play: Play, in_redis: InRedis, name: str) -> None:
    run = play("forged-token", option=name)
    assert who_is_in(run) == {"You": True, "The thief": False}
    refused = [step.words for step in run.steps if step.result == "refused"]
    kind = "refresh" if name in ("access-as-refresh", "next-generation") else "access"
    assert refused[0] == f"{kind} token: not issued here"
    assert in_redis(run).startswith("0 ")
    assert run.row["ended_reason"] == ""


def who_is_in(run: Run) -> dict[str, bool]:
    assert all(ending.right for ending in run.endings)
    return {ending.who: ending.signed_in for ending in run.endings}


def words(run: Run, source: str, target: str) -> list[str]:
    return [step.words for step in run.steps if (step.source, step.target) == (source, target)]


def answers(run: Run) -> Counter[str]:
    """The results of Redis, with their counts."""
    return Counter(words(run, "redis", "app"))
