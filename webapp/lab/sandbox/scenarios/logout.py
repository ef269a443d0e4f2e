"""Scenarios of sign-outs and of a withdrawn key."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from webapp.core.text import N_
from webapp.core.tokens import new_token_id
from webapp.lab.diagram.steps import THIEF_OUT, YOU_IN, YOU_OUT, Ending
from webapp.lab.sandbox.fault_injection import Gate
from webapp.lab.sandbox.sandbox import Sandbox

from .everyday import EXPIRED
from .scenario import Choice, Scenario, outsider, owner, tab

AS_REQUESTED = N_("Signed out, as requested.")
STAYED_IN = N_("Still signed in, though you have signed out.")


def logout_during_refresh(box: Sandbox, option: str) -> list[Ending]:
    box.wait(EXPIRED, N_("5 minutes later"))
    gate = box.redis.gate = Gate()
    request = box.you.request("GET /account", tab(1))
    with ThreadPoolExecutor(1) as pool:
        refreshing = pool.submit(box.you.send, request)
        gate.wait_until_reached()  # SQL has confirmed that the session is open
        box.you.sign_out(tab(2))
        gate.open()
        refreshing.result()
    return [outsider(box.you, AS_REQUESTED, STAYED_IN)]


def logout_elsewhere(box: Sandbox, option: str) -> list[Ending]:
    box.you.click(who=tab(1))
    token = box.you.access
    box.wait(60, N_("a minute later"))
    box.you.script(token, tab(1))  # accepted from the cache, until an invalidation
    box.you.sign_out(tab(2))
    reply = box.you.script(token, tab(1))
    let_in = reply.status == 200
    return [Ending(box.you.name, let_in, not let_in, STAYED_IN if let_in else AS_REQUESTED)]


def key_withdrawn(box: Sandbox, option: str) -> list[Ending]:
    box.you.click()
    box.recorder.note("thief", N_("has the signing key lab-a1"))
    seen = box.signer.verify_access(box.you.access, box.clock.now)
    box.thief.hold(access=box.signer.sign_access(replace(seen, jti=new_token_id())))
    box.thief.click()
    box.withdraw_access_key()
    out = N_("Out: the key of the signature was withdrawn.")
    thief = outsider(box.thief, out, N_("In, with a token of a withdrawn key."))
    return [owner(box.you), thief]


LOGOUT_DURING_REFRESH, LOGOUT_ELSEWHERE, KEY_WITHDRAWN = (
    Scenario(
        "logout-during-refresh",
        N_("Sign out while a refresh is under way"),
        N_(
            "Tab 1 is being renewed; SQL has just confirmed that the session is open. Now you sign "
            "out in tab 2."
        ),
        (
            Choice(N_("The refresh was first: tab 1 has good cookies again.")),
            Choice(N_("The refresh is refused: the sign-out wins."), right=True),
            Choice(N_("The sign-out waits until the refresh is done.")),
        ),
        N_(
            "A sign-out does not delete the entry in Redis: a missing one would be healed, and the "
            "session would come back. It leaves a tombstone. A refresh that asked SQL a moment too "
            "early finds that tombstone in Redis. If the refresh is first, its new cookies belong "
            "to a session that has ended."
        ),
        (("webapp/core/sessions.py", "end"), ("webapp/store/redis/redeem.lua", "^ended")),
        "tests/core/test_sessions.py"
        "::TestEnded::test_a_logout_is_in_redis_at_once_and_survives_the_loss_of_sql_alone",
        logout_during_refresh,
        outcome=(YOU_OUT,),
        folds=False,
    ),
    Scenario(
        "logout-elsewhere",
        N_("Sign out in another tab"),
        N_(
            "The script of tab 1 has an access token. It is accepted from the cache, and valid for "
            "four more minutes. You sign out in tab 2."
        ),
        (
            Choice(N_("It works for four minutes: a signature can't be revoked.")),
            Choice(N_("It is refused within a second."), right=True),
            Choice(N_("It is renewed once more, and then refused.")),
        ),
        N_(
            "The end of a session is first announced to all workers. From then on each worker "
            "checks this session in the stores, and no longer in its cache. Most JWT apps check "
            "the signature alone, and accept the token until it expires."
        ),
        (
            ("webapp/core/ports.py", "is_invalidated"),
            ("webapp/core/token_verifier.py", "_is_still_valid"),
        ),
        "tests/browser/test_staying_signed_in.py::test_logout_reaches_every_tab_within_a_second",
        logout_elsewhere,
        outcome=(YOU_OUT,),
    ),
    Scenario(
        "key-withdrawn",
        N_("A signing key is withdrawn"),
        N_(
            "The key that signs access tokens has leaked. A thief makes a token of yours with it; "
            "then the operator replaces the key."
        ),
        (
            Choice(N_("All users are signed out: their tokens were signed with it, too.")),
            Choice(
                N_("The thief is out; your tokens are renewed, and you notice nothing."), right=True
            ),
            Choice(N_("Both go on until their tokens expire.")),
        ),
        N_(
            "Without its key the forged access token is refused. Yours is refused as well, but "
            "your refresh token is signed with another key: the hook redeems it, and the new "
            "access token is signed with the new key. The thief has no refresh token."
        ),
        (("webapp/core/keys.py", "KeyRing"), ("webapp/core/authentication.py", "_by_cookies")),
        "tests/web/test_cached_tokens.py::TestStillNotices::test_that_its_key_was_withdrawn",
        key_withdrawn,
        outcome=(YOU_IN, THIEF_OUT),
    ),
)
