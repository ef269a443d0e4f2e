"""Scenarios in which Redis loses data or does not respond."""

from webapp.core.text import N_
from webapp.lab.diagram.steps import THIEF_OUT, YOU_IN, Ending
from webapp.lab.sandbox.sandbox import Sandbox

from .everyday import EXPIRED
from .scenario import Choice, Scenario, outsider, owner

STAYED_OUT = N_("Out: in SQL this session has ended.")
SESSION_LOST = N_("Out: this session was stored in one place only, and is lost.")
END_LOST = N_("In again: the end of this session was stored in one place only, and is lost.")


def redis_rolled_back(box: Sandbox, option: str) -> list[Ending]:
    phone = box.sign_in(N_("Your phone"), N_("phone"))
    box.thief.copy(phone)
    copied = box.snapshot()
    box.recorder.note("redis", N_("the replica has its last copy"))
    phone.sign_out()
    for _ in range(2):
        box.wait(EXPIRED, N_("5 minutes later"))
        box.you.click()
    box.roll_back_redis(copied)
    box.recorder.note("redis", N_("fails over to the replica"), "outage")
    box.wait(EXPIRED, N_("5 minutes later"))
    return [owner(box.you), outsider(box.thief, STAYED_OUT, END_LOST)]


def redis_emptied(box: Sandbox, option: str) -> list[Ending]:
    phone = box.sign_in(N_("Your phone"), N_("phone"))
    box.thief.copy(phone)
    phone.sign_out()
    box.empty_redis()
    box.recorder.note("redis", N_("is emptied"), "outage")
    box.wait(EXPIRED, N_("5 minutes later"))
    out = STAYED_OUT if box.sql_has_sessions else SESSION_LOST
    return [owner(box.you), outsider(box.thief, out, END_LOST)]


def redis_stopped(box: Sandbox, option: str) -> list[Ending]:
    box.wait(EXPIRED, N_("5 minutes later"))
    box.redis.lose_next_response = True
    box.you.click()
    box.wait(2, N_("the browser tries again"))
    box.you.click()
    box.wait(3, N_("5 s after it stopped, Redis is back"))
    box.redis.down = False
    box.you.click()
    return [owner(box.you)]


SCENARIOS = (
    Scenario(
        "redis-rolled-back",
        N_("Redis is rolled back"),
        N_(
            "Redis switches to a copy that is 10 minutes old. In these 10 minutes your tokens were "
            "renewed twice, and you signed out your phone. A thief has the phone's cookies."
        ),
        (
            Choice(N_("You are out, and the thief is back in.")),
            Choice(N_("Both are out, to be safe.")),
            Choice(N_("You stay in, the thief stays out."), right=True),
            Choice(N_("Both are in: Redis has no other data.")),
        ),
        N_(
            "Your token is newer than the entry in Redis. Only this app can make a newer token. So "
            "the data in Redis is too old, and its entry is healed. Redis has also lost the end of "
            "the phone's session; but SQL is checked first, and decides which sessions have ended."
        ),
        (
            ("webapp/store/redis/redeem.lua", "presented > gen"),
            ("webapp/core/session_status.py", "find_open"),
        ),
        "tests/core/test_sessions.py"
        "::TestHealed::test_a_redis_five_generations_behind_signs_no_user_out",
        redis_rolled_back,
        outcome=(YOU_IN, THIEF_OUT),
    ),
    Scenario(
        "redis-emptied",
        N_("Redis is emptied"),
        N_(
            "An operator types FLUSHALL. A thief has the cookies of your phone, which you signed "
            "out before."
        ),
        (
            Choice(N_("All users have to sign in again.")),
            Choice(N_("You stay in, the thief stays out."), right=True),
            Choice(N_("Both are in: the tokens are authentic.")),
        ),
        N_(
            "A missing entry proves nothing, so SQL decides: your session is open, and the entry "
            "is written again, one generation on. The phone's session has ended there, and stays "
            "ended."
        ),
        (
            ("webapp/store/redis/redeem.lua", "Redis was emptied"),
            ("webapp/core/session_status.py", "write_tombstones"),
        ),
        "tests/core/test_sessions.py::TestHealed::test_an_empty_redis_signs_no_user_out",
        redis_emptied,
        outcome=(YOU_IN, THIEF_OUT),
    ),
    Scenario(
        "redis-stopped",
        N_("Redis stops for five seconds"),
        N_(
            "It stops in the middle of your refresh: the new generation is written, the response "
            "never arrives."
        ),
        (
            Choice(N_("You are signed out: the app can't identify you.")),
            Choice(N_("You are asked to try again; five seconds later it works."), right=True),
            Choice(N_("Five seconds later your token counts as used, so as stolen.")),
        ),
        N_(
            "An outage is not a sign-out: the response is 503, and the cookies stay. When Redis is "
            "back, the browser sends its old token, whose successor is unused: it gets that "
            "successor. Requests with a valid access token work all the time: for them SQL is "
            "enough."
        ),
        (
            ("webapp/web/error_handlers.py", "(Unavailable, 503)"),
            ("webapp/store/redis/errors.py", "translate_redis_errors"),
        ),
        "tests/faults/test_outages.py"
        "::test_when_redis_cannot_answer_a_refresh_waits_and_then_goes_on",
        redis_stopped,
    ),
)
