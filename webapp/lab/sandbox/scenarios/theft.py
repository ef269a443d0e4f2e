"""Somebody has copied what is not theirs, or makes it up."""

from webapp.lab.diagram.steps import Ending
from webapp.lab.sandbox.forgeries import NAMES, forge
from webapp.lab.sandbox.sandbox import Sandbox

from .everyday import EXPIRED
from .scenario import Choice, Scenario, outsider, owner

CAUGHT = "Out: the copy was noticed, and the session ended with it."
UNNOTICED = "Still in, for as long as the session lives: two holders of one token look the same."


def thief_replays(box: Sandbox, option: str) -> list[Ending]:
    box.thief.copy(box.you)
    box.wait(EXPIRED, "5 minutes later")
    box.you.click()
    box.you.click()
    box.wait(3600, "an hour later")
    box.thief.click()
    return [owner(box.you, robbed=True), outsider(box.thief, CAUGHT, UNNOTICED)]


def thief_first(box: Sandbox, option: str) -> list[Ending]:
    box.thief.copy(box.you)
    box.wait(EXPIRED, "5 minutes later, you are at lunch")
    box.thief.click()
    box.thief.click("GET /account/activity")
    box.wait(1800, "you come back")
    box.you.click()
    return [owner(box.you, robbed=True), outsider(box.thief, CAUGHT, UNNOTICED)]


def forged_token(box: Sandbox, option: str) -> list[Ending]:
    box.recorder.note("thief", NAMES[option])
    forged = forge(option, box.you.access, box.you.refresh)
    box.thief.hold(access=forged.access, refresh=forged.refresh)
    refused = "Out: no key of ours has signed that."
    if option.endswith(("-as-refresh", "-as-access")):
        refused = "Out: that is the other kind of token."
    thief = outsider(box.thief, refused, "In, by a forged token.")
    return [owner(box.you), thief]


REPLAY, FIRST, FORGED = (
    Scenario(
        "thief-replays",
        "A thief replays an old token",
        "Somebody has copied your cookies. You go on working; an hour later they try the copy.",
        (
            Choice("The copy is refused, and that is all."),
            Choice("The copy works: it is a real token."),
            Choice("The session ends for both, and you are told why.", right=True),
        ),
        "An old token whose successor has been used can't come from your browser: it would have "
        "the newer one. Two hold the same chain, and nobody can say which of them is you, so it "
        "ends for both. You sign in again, with the reason on the page and in a mail; the thief "
        "can't. (One who has copied the device cookie as well, and comes within the grace, passes "
        "for a race and is noticed one rotation later.)",
        (
            ("webapp/store/redis/redeem.lua", "ended reuse"),
            ("webapp/core/notifications.py", "sign_in_stolen"),
        ),
        "tests/web/test_silent_refresh.py"
        "::test_a_replay_after_the_grace_ends_this_session_only_and_tells_the_victim_why",
        thief_replays,
    ),
    Scenario(
        "thief-first",
        "The thief comes first",
        "This time the thief redeems the copy before you do. Now it is you who holds the old one.",
        (
            Choice("The thief has won: you are out, they stay in."),
            Choice("As soon as you come back it ends for both.", right=True),
            Choice("Nobody can notice that."),
        ),
        "Who came first makes no difference: as soon as the second one shows the old token, two "
        "hold the same chain. The thief has had the time until you came back, and no more. Without "
        "your device cookie it is noticed even within the grace.",
        (
            ("webapp/store/redis/redeem.lua", "same_device"),
            ("webapp/core/token_issuer.py", "device_tag"),
        ),
        "tests/core/test_sessions.py"
        "::TestReused::test_a_thief_without_the_device_cookie_is_noticed_also_when_first",
        thief_first,
    ),
    Scenario(
        "forged-token",
        "A forged token",
        "No copy this time: the thief makes a token up. Pick one of ten ways.",
        (
            Choice("One of the ten gets in."),
            Choice("All are refused, and your session goes on.", right=True),
            Choice("All are refused, and your session ends to be safe."),
        ),
        "The algorithm belongs to the key and never to the token, a key is found by its name among "
        "our own and nowhere else, and every claim has to be there and of its type. A forgery "
        "says nothing about your session: it goes on. (A page looks past it for a refresh token, "
        "finds none, and asks to sign in; the API would answer 401 token_invalid.)",
        (("webapp/core/jws.py", "verify"), ("webapp/core/tokens.py", "_check")),
        "tests/web/test_forgeries.py::test_it_is_refused_everywhere",
        forged_token,
        options=NAMES,
    ),
)
