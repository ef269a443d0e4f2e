"""Signing out, disabled accounts, and the longest life of a session."""

from functools import partial

from ..adapter import Tokens
from ..check import check
from ..server import Server

ENDED = "OWASP ASVS 5.0, 7.4.1: after the logout, the session can't be used"
# So many that a race which a server loses now and then is lost in each run.
RACES = 20
# Refreshes until the absolute limit: often enough for any idle limit.
STEPS = 40


@check(
    "Signing out ends the refresh token", "A copied token signs in again.", ENDED, needs=("logout",)
)
def logout_ends_refresh(server: Server) -> None:
    tokens = server.must_refresh(server.login(), "a plain refresh is refused")
    server.must_log_out(tokens)
    server.must_refuse(tokens, "the refresh token works after the logout")


@check(
    "Signing out ends the access token within a second",
    "A copied access token works on.",
    ENDED,
    needs=("logout", "call"),
)
def logout_ends_access(server: Server) -> None:
    tokens = server.must_refresh(server.login(), "a plain refresh is refused")
    server.must_call(tokens)
    server.must_log_out(tokens)
    server.must_refuse_call(tokens, "the access token works after the logout")


@check(
    "One tab refreshes, another signs out with the older token",
    "Signed out, and the newer token still works for who has it.",
    ENDED,
    needs=("logout",),
)
def logout_with_older_token(server: Server) -> None:
    older = server.login()
    newer = server.must_refresh(older, "a plain refresh is refused")
    server.must_log_out(older)
    server.must_refuse(newer, "the newer token works after the logout")


@check(
    "A refresh and a logout at the same moment",
    "The sign-out comes undone: the late response signs in again.",
    ENDED,
    needs=("logout",),
)
def logout_during_refresh(server: Server) -> None:
    for _ in range(RACES):
        tokens = server.login()
        results = server.at_once(partial(server.refresh, tokens), partial(server.logout, tokens))
        for held in (tokens, *(each for each in results if isinstance(each, Tokens))):
            server.must_refuse(held, "a token works after the logout")


@check(
    "Signing out ends this session alone", "One sign-out signs out every device.", needs=("logout",)
)
def logout_spares_other_sessions(server: Server) -> None:
    mine, other = server.login(), server.second_session()
    server.must_log_out(mine)
    other = server.must_refresh(other, "the other device is signed out", "other device")
    server.must_refresh(other, "the other device is signed out", "other device")


@check(
    "A disabled account can't refresh",
    "Who was locked out stays in for the life of the token.",
    "OWASP ASVS 5.0, 7.4.2: disabled accounts lose their sessions",
    needs=("disable_user", "enable_user"),
)
def disabled_user(server: Server) -> None:
    tokens = server.login()
    server.operate(server.adapter.disable_user)
    try:
        server.must_refuse(tokens, "a disabled account gets new tokens")
    finally:
        server.operate(server.adapter.enable_user)


@check(
    "A disabled account's access token ends within a second",
    "Who was locked out reads on until the access token expires.",
    "OWASP ASVS 5.0, 7.4.2: disabled accounts lose their sessions",
    needs=("call", "disable_user", "enable_user"),
)
def disabled_user_access(server: Server) -> None:
    tokens = server.login()
    server.must_call(tokens)
    server.operate(server.adapter.disable_user)
    try:
        server.must_refuse_call(tokens, "a disabled account is served")
    finally:
        server.operate(server.adapter.enable_user)


@check(
    "A session ends at its absolute limit, however active",
    "A stolen sign-in lives for ever, as long as it is used.",
    "OWASP ASVS 5.0, 7.3.2: an absolute maximum session lifetime",
    needs=("absolute_limit", "advance"),
)
def absolute_limit(server: Server) -> None:
    limit = server.adapter.absolute_limit or 0
    tokens = server.login()
    for _ in range(STEPS - 1):
        server.wait(limit / STEPS)
        tokens = server.must_refresh(tokens, "signed out before the absolute limit")
    server.wait(limit / STEPS + 60)
    server.must_refuse(tokens, "the session outlives its absolute limit")


CHECKS = (
    logout_ends_refresh,
    logout_ends_access,
    logout_with_older_token,
    logout_during_refresh,
    logout_spares_other_sessions,
    disabled_user,
    disabled_user_access,
    absolute_limit,
)
