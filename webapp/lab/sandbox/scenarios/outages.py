"""Redis forgets, or does not answer."""

from webapp.lab.diagram.steps import Ending
from webapp.lab.sandbox.sandbox import Sandbox

from .everyday import EXPIRED
from .scenario import Choice, Scenario, outsider, owner

STAYED_OUT = "Out: SQL says that this session has ended."
FORGOTTEN = "Out: the one store that knew this session has lost it."
CAME_BACK = "In again: the one store that knew the end has lost it."


def redis_rolled_back(box: Sandbox, option: str) -> list[Ending]:
    phone = box.sign_in("Your phone", "phone")
    box.thief.copy(phone)
    copied = box.snapshot()
    box.recorder.note("redis", "the replica has its last copy")
    phone.log_out()
    for _ in range(2):
        box.wait(EXPIRED, "5 minutes later")
        box.you.click()
    box.roll_back_redis(copied)
    box.recorder.note("redis", "fails over to the replica", "outage")
    box.wait(EXPIRED, "5 minutes later")
    return [owner(box.you), outsider(box.thief, STAYED_OUT, CAME_BACK)]


def redis_emptied(box: Sandbox, option: str) -> list[Ending]:
    phone = box.sign_in("Your phone", "phone")
    box.thief.copy(phone)
    phone.log_out()
    box.empty_redis()
    box.recorder.note("redis", "is emptied", "outage")
    box.wait(EXPIRED, "5 minutes later")
    out = STAYED_OUT if box.sql_knows else FORGOTTEN
    return [owner(box.you), outsider(box.thief, out, CAME_BACK)]


def redis_stopped(box: Sandbox, option: str) -> list[Ending]:
    box.wait(EXPIRED, "5 minutes later")
    box.redis.lose_next_answer = True
    box.you.click()
    box.wait(2, "the browser tries again")
    box.you.click()
    box.wait(3, "5 s after it stopped, Redis is back")
    box.redis.down = False
    box.you.click()
    return [owner(box.you)]


SCENARIOS = (
    Scenario(
        "redis-rolled-back",
        "Redis is rolled back",
        "Redis fails over to a replica that is ten minutes behind. You have been renewed twice "
        "since; your phone, whose cookies a thief has, was signed out.",
        (
            Choice("You are out, and the thief is back in."),
            Choice("Both are out, to be safe."),
            Choice("You stay in, the thief stays out.", right=True),
            Choice("Both are in: Redis knows no better."),
        ),
        "Your token is newer than what Redis knows. Only we can sign it, so it is Redis that is "
        "behind: its entry is healed. Of the phone it has forgotten the end; but SQL is asked "
        "first, and has the last word on which sessions are over.",
        (
            ("webapp/store/redis/redeem.lua", "presented > gen"),
            ("webapp/core/session_status.py", "find_open"),
        ),
        "tests/core/test_sessions.py"
        "::TestHealed::test_a_redis_five_generations_behind_signs_nobody_out",
        redis_rolled_back,
    ),
    Scenario(
        "redis-emptied",
        "Redis is emptied",
        "Somebody types FLUSHALL. A thief has the cookies of your phone, which you signed out "
        "before.",
        (
            Choice("Everybody has to sign in again."),
            Choice("You stay in, the thief stays out.", right=True),
            Choice("Both are in: the tokens are authentic."),
        ),
        "A missing entry says nothing, so SQL is asked: your session is open, and the entry is "
        "written anew, one generation on. The phone's session has ended there, and stays ended.",
        (
            ("webapp/store/redis/redeem.lua", "Redis was emptied"),
            ("webapp/core/session_status.py", "write_tombstone"),
        ),
        "tests/core/test_sessions.py::TestHealed::test_an_empty_redis_signs_nobody_out",
        redis_emptied,
    ),
    Scenario(
        "redis-stopped",
        "Redis stops for five seconds",
        "It stops in the middle of your refresh: the new generation is written, the answer never "
        "comes.",
        (
            Choice("You are signed out: nobody can tell who you are."),
            Choice("A page that says to try again; five seconds later all is well.", right=True),
            Choice("Five seconds later your token is a used one: theft."),
        ),
        "An outage is not a logout: the answer is 503, and the cookies stay. When Redis is back "
        "the browser shows its old token, whose successor nobody has seen: it gets that one. "
        "Whoever has a good access token has noticed nothing: SQL alone will do for that.",
        (
            ("webapp/web/error_handlers.py", "Unavailable"),
            ("webapp/store/redis/errors.py", "translate_redis_errors"),
        ),
        "tests/faults/test_outages.py"
        "::test_when_redis_cannot_answer_a_refresh_waits_and_then_goes_on",
        redis_stopped,
    ),
)
