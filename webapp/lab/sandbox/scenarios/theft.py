"""Scenarios with a thief: copied and forged tokens."""

from webapp.core.text import N_
from webapp.lab.diagram.steps import THIEF_OUT, YOU_IN, YOU_OUT, Ending
from webapp.lab.sandbox.forgeries import NAMES, forge
from webapp.lab.sandbox.sandbox import Sandbox

from .everyday import EXPIRED
from .scenario import Choice, Scenario, outsider, owner

DETECTED = N_("Out: the copy was detected, and the session ended.")
UNDETECTED = N_(
    "Still in, for as long as the session lives: two clients with one token look the same."
)


def thief_replays(box: Sandbox, option: str) -> list[Ending]:
    box.thief.copy(box.you)
    box.wait(EXPIRED, N_("5 minutes later"))
    box.you.click()
    box.you.click()
    box.wait(3600, N_("an hour later"))
    box.thief.click()
    return [owner(box.you, stolen=True), outsider(box.thief, DETECTED, UNDETECTED)]


def thief_first(box: Sandbox, option: str) -> list[Ending]:
    box.thief.copy(box.you)
    box.wait(EXPIRED, N_("5 minutes later, you are at lunch"))
    box.thief.click()
    box.thief.click("GET /account/activity")
    box.wait(1800, N_("you come back"))
    box.you.click()
    return [owner(box.you, stolen=True), outsider(box.thief, DETECTED, UNDETECTED)]


def forged_token(box: Sandbox, option: str) -> list[Ending]:
    box.recorder.note("thief", NAMES[option])
    forged = forge(option, box.you.access, box.you.refresh)
    box.thief.hold(access=forged.access, refresh=forged.refresh)
    refused = N_("Out: it was not signed with a key of this app.")
    if option.endswith(("-as-refresh", "-as-access")):
        refused = N_("Out: it is a token of the other type.")
    thief = outsider(box.thief, refused, N_("In, by a forged token."))
    return [owner(box.you), thief]


REPLAY, FIRST, FORGED = (
    Scenario(
        "thief-replays",
        N_("A thief replays an old token"),
        N_("A thief has copied both tokens. You go on working; an hour later they use the copy."),
        (
            Choice(N_("The copy is refused, and that is all.")),
            Choice(N_("The copy works: it is a real token.")),
            Choice(N_("The session ends for both, and you see the reason."), right=True),
        ),
        N_(
            "Your browser already has the newer token. So another client sent the old one. Two "
            "clients have tokens of the same session, and the app can't tell which is yours, so "
            "the session ends for both. You sign in again, and the page and an e-mail give the "
            "reason; the thief can't sign in. (A thief who has copied the device cookie as well, "
            "and uses the copy within the grace, looks like a normal repeat. The app notices it at "
            "the next refresh.)"
        ),
        (
            ("webapp/store/redis/redeem.lua", "ended reuse"),
            ("webapp/core/notifications.py", "sign_in_stolen"),
        ),
        "tests/web/test_silent_refresh.py"
        "::test_a_replay_after_the_grace_ends_this_session_only_and_tells_the_victim_why",
        thief_replays,
        outcome=(YOU_OUT, THIEF_OUT),
    ),
    Scenario(
        "thief-first",
        N_("The thief comes first"),
        N_("This time the thief redeems the copy before you do. Now you have the old token."),
        (
            Choice(N_("The thief has won: you are out, they stay in.")),
            Choice(N_("As soon as you come back, the session ends for both."), right=True),
            Choice(N_("The app can't detect that.")),
        ),
        N_(
            "The order makes no difference: when the second client sends the old token, two "
            "clients have tokens of the same session. The thief has access until you come back, "
            "and no longer. Without your device cookie the copy is detected even within the grace."
        ),
        (
            ("webapp/store/redis/redeem.lua", "same_device"),
            ("webapp/core/token_issuer.py", "device_tag"),
        ),
        "tests/core/test_sessions.py"
        "::TestReused::test_a_thief_without_the_device_cookie_is_noticed_also_when_first",
        thief_first,
        outcome=(YOU_OUT, THIEF_OUT),
    ),
    Scenario(
        "forged-token",
        N_("A forged token"),
        N_("No copy this time: the thief forges a token. Choose one of ten forgeries."),
        (
            Choice(N_("One of the ten gets in.")),
            Choice(N_("All are refused, and your session goes on."), right=True),
            Choice(N_("All are refused, and your session ends to be safe.")),
        ),
        N_(
            "The algorithm comes from the key and never from the token. Keys are looked up by name "
            "in the app's own key ring only. Every claim must be present with its type. A forgery "
            "proves nothing about your session: it stays open. (A page then looks for a refresh "
            "token, finds none, and asks to sign in; the API would answer 401 token_invalid.)"
        ),
        (("webapp/core/jws.py", "verify"), ("webapp/core/tokens.py", "_check")),
        "tests/web/test_forgeries.py::test_it_is_refused_everywhere",
        forged_token,
        options=NAMES,
        outcome=(YOU_IN, THIEF_OUT),
    ),
)
