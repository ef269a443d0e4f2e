"""Somebody else has a copy of a refresh token."""

from ..adapter import NotSupported, Refused, Tokens
from ..check import check
from ..server import Server

REUSE = "RFC 9700, section 4.14.2: a reused refresh token revokes the active one"


@check(
    "A copied token is used after its owner went on",
    "The copy works, or its use passes unnoticed.",
    REUSE,
)
def replay_after_use(server: Server) -> None:
    old = server.login()
    newest = use(server, old, "you")
    server.wait(server.adapter.grace + 1)
    server.must_refuse(old, "the old token still works", "thief")
    server.must_refuse(newest, "the theft passes unnoticed")


@check(
    "The thief comes first, then the owner",
    "The thief stays in, and the owner's sign-out does not even look strange.",
    REUSE,
)
def thief_first(server: Server) -> None:
    copied = server.login()
    stolen = use(server, copied, "thief")
    server.wait(server.adapter.grace + 1)
    server.must_refuse(copied, "the owner's old token works beside the thief's")
    server.must_refuse(stolen, "the thief stays signed in", "thief")


@check(
    "The thief's access token ends within a second of the session",
    "The thief reads on until the access token expires.",
    "OWASP ASVS 5.0, 7.4.1: a terminated session is refused",
    needs=("call",),
)
def thief_access_ends(server: Server) -> None:
    copied = server.login()
    stolen = use(server, copied, "thief")
    server.must_call(stolen, "thief")
    server.wait(server.adapter.grace + 1)
    server.must_refuse(copied, "the owner's old token works beside the thief's")
    server.must_refuse_call(stolen, "the thief's access token works on", "thief")


@check(
    "The other devices stay signed in when one session ends for theft",
    "One stolen token signs out every device.",
    "RFC 9700, section 4.14.2: the tokens of that grant, no others",
)
def theft_spares_other_sessions(server: Server) -> None:
    mine, other = server.login(), server.second_session()
    newest = use(server, mine, "you")
    server.wait(server.adapter.grace + 1)
    for tokens, actor in ((mine, "thief"), (newest, "you")):
        try:
            server.refresh(tokens, actor)
        except Refused:
            continue
        raise NotSupported("no session ends for theft here")
    other = server.must_refresh(other, "the other device is signed out", "other device")
    server.must_refresh(other, "the other device is signed out", "other device")


def use(server: Server, tokens: Tokens, actor: str) -> Tokens:
    """The newest of three generations: the second is used, so that the first is over."""
    second = server.must_refresh(tokens, "a plain refresh is refused", actor)
    if second.refresh == tokens.refresh:
        raise NotSupported("the refresh token stays the same, so that no use of a copy shows")
    return server.must_refresh(second, "a plain refresh is refused", actor)


CHECKS = (replay_after_use, thief_first, thief_access_ends, theft_spares_other_sessions)
