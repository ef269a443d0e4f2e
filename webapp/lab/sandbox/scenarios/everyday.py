"""Scenarios without an attacker: expiry, parallel requests, a lost response."""

from webapp.core.text import N_, Message
from webapp.lab.diagram.steps import Ending
from webapp.lab.sandbox.sandbox import LIMITS, Sandbox

from .scenario import Choice, Scenario, owner, tab

EXPIRED = LIMITS.access_ttl + 1


def expired_token(box: Sandbox, option: str) -> list[Ending]:
    box.you.click()
    box.wait(EXPIRED, N_("5 minutes later"))
    box.you.click()
    return [owner(box.you)]


def form_with_expired_token(box: Sandbox, option: str) -> list[Ending]:
    box.you.click()
    box.wait(EXPIRED, N_("5 minutes of typing"))
    box.you.click("POST /account")
    return [owner(box.you)]


def twenty_requests(box: Sandbox, option: str) -> list[Ending]:
    box.wait(EXPIRED, N_("5 minutes later"))
    expired = box.you.access
    requests = [
        box.you.request(
            "GET /api/v1/profile", Message("request {number}", number=n), bearer=expired
        )
        for n in range(1, 21)
    ]
    box.you.send_at_once(requests)
    return [owner(box.you)]


def five_tabs(box: Sandbox, option: str) -> list[Ending]:
    box.wait(8 * 3600, N_("a night later, the laptop wakes up"))
    requests = [box.you.request("GET /account", tab(n)) for n in range(1, 6)]
    box.you.send_at_once(requests[:4])
    box.you.click("GET /dashboard", tab(1))
    box.wait(15, N_("15 s later: the request of tab 5 arrives, with the old cookie"))
    box.you.send(requests[4])
    return [owner(box.you)]


def lost_response(box: Sandbox, option: str) -> list[Ending]:
    box.wait(EXPIRED, N_("5 minutes later, the train enters a tunnel"))
    box.you.click(lost=True)
    box.wait(3600, N_("an hour later, on the other side"))
    box.you.click()
    return [owner(box.you)]


EXPIRED_TOKEN, FORM, TWENTY_REQUESTS, FIVE_TABS, LOST_RESPONSE = (
    Scenario(
        "expired-token",
        N_("The access token expires"),
        N_("You read for five minutes, then click a link."),
        (
            Choice(N_("The sign-in page: the token is too old.")),
            Choice(N_("The page, and two new cookies with it."), right=True),
            Choice(N_("The page, with the old token: it is only a few seconds late.")),
        ),
        N_(
            "An access token is refused from the second in which it expires. But the refresh "
            "cookie came with the same request: the hook redeems it, continues with the request, "
            "and the response sets both new cookies. It takes one round trip and no script."
        ),
        (("webapp/core/authentication.py", "_by_cookies"), ("webapp/core/sessions.py", "redeem")),
        "tests/web/test_silent_refresh.py"
        "::test_the_next_click_after_expiry_works_and_renews_both_cookies",
        expired_token,
    ),
    Scenario(
        "form-with-expired-token",
        N_("A form with an expired token"),
        N_("You type for five minutes and press Save."),
        (
            Choice(N_("The sign-in page, and what you typed is gone.")),
            Choice(N_("You are asked to press Save again.")),
            Choice(N_("The form is saved, once."), right=True),
        ),
        N_(
            "The hook renews before the route runs, so the same request goes on with its body. "
            "Nothing has to be sent twice, so nothing can be saved twice."
        ),
        (("webapp/web/auth/authentication.py", "authenticate"),),
        "tests/web/test_silent_refresh.py"
        "::test_a_form_sent_with_an_expired_token_is_carried_out_once_with_its_body",
        form_with_expired_token,
    ),
    Scenario(
        "twenty-requests",
        N_("Twenty parallel requests"),
        N_("A page's script asks twenty things at once, all with the same expired token."),
        (
            Choice(N_("One wins; the other nineteen are refused.")),
            Choice(N_("Twenty rotations, twenty different cookies.")),
            Choice(
                N_(
                    "One rotation: twenty times the same refresh token, and a new access token "
                    "each."
                ),
                right=True,
            ),
            Choice(N_("Nineteen copies of a token: the session ends as stolen.")),
        ),
        N_(
            "Redis decides one request after the other, in one script on one key. The first one "
            "rotates. The others send the previous token, whose successor has just been handed "
            "out: they get the same refresh token, and a new access token each. The server does "
            "not save refresh tokens. It calculates them again from the session's data and a "
            "secret key."
        ),
        (("webapp/store/redis/redeem.lua", "repeated"), ("webapp/core/token_issuer.py", "issue")),
        "tests/web/test_silent_refresh.py"
        "::test_forty_parallel_requests_cause_one_rotation_and_one_successor",
        twenty_requests,
    ),
    Scenario(
        "five-tabs",
        N_("Five tabs"),
        N_("A laptop wakes up and loads five tabs at once; the request of one takes 15 seconds."),
        (
            Choice(N_("The late tab is signed out, the others are not.")),
            Choice(N_("All five stay signed in."), right=True),
            Choice(N_("The late tab looks like a thief: all five are signed out.")),
        ),
        N_(
            "The late tab sends a token that has been replaced, and its successor has been used "
            "since. A thief's replay looks the same. But for 30 s after a new refresh token was "
            "given, the same browser gets it again. The app knows the browser by its device "
            "cookie. After 30 s this works only if the new token was not used."
        ),
        (("webapp/store/redis/redeem.lua", "<= grace"),),
        "tests/core/test_sessions.py::TestRepeated::test_a_race_gets_the_very_same_successor",
        five_tabs,
    ),
    Scenario(
        "lost-response",
        N_("The response is lost"),
        N_("The new cookies never arrive. An hour later the phone sends the old one."),
        (
            Choice(N_("Signed out: that token has been used already.")),
            Choice(N_("It gets the same successor again."), right=True),
            Choice(N_("It gets another successor, and the lost one stays good as well.")),
        ),
        N_(
            "If the old token comes back within 30 s, it gets the same new refresh token. Two tabs "
            "can cause this. After 30 s this works only if the new token was not used, as here: "
            "the response may have been lost. Otherwise the old token is a replay. A fixed leeway "
            "of seconds does not help after an hour in a tunnel."
        ),
        (
            ("webapp/store/redis/redeem.lua", "unseen"),
            ("webapp/store/redis/confirm.lua", "confirmed == '0'"),
        ),
        "tests/web/test_silent_refresh.py"
        "::test_a_lost_response_is_answered_with_the_same_successor_an_hour_later",
        lost_response,
    ),
)
