"""Several requests with one refresh token: tabs, and pages that load many things."""

import time
from functools import partial

from ..adapter import NotSupported, Refused, Tokens
from ..check import check
from ..server import Failed, Server

CROWD = 20
# Some servers serve a crowd by luck, if all of it comes before the first response.
CROWDS = 3
# Races of two requests: so many that one which a server loses now and then is lost in each run.
RACES = 20
# Seconds in which a server has served a request, and a person has not yet seen it.
MOMENT = 0.05
# Seconds between two tabs: too long for one burst, and usual for pages that load.
BETWEEN_TABS = 0.2


@check(
    "Twenty requests at once with one refresh token",
    "A page that loads twenty things signs its user out.",
    "RFC 9700 asks for rotation, and names no race; clients can't avoid it",
)
def twenty_at_once(server: Server) -> None:
    for _ in range(CROWDS):
        arrived = refresh_at_once(server, server.login(), CROWD)
        server.must_refresh(arrived[-1], "signed out after the twenty")


@check(
    "Two tabs, 0.2 s apart, with one refresh token",
    "The second tab is signed out, or signs out the first.",
)
def two_tabs(server: Server) -> None:
    tokens = server.login()
    first = server.must_refresh(tokens, "a plain refresh is refused")
    # The first tab goes on to use what it got, so that the server knows of its arrival.
    server.must_call_if_possible(first)
    server.wait(BETWEEN_TABS)
    second = server.must_refresh(tokens, "the second tab is refused")
    server.must_refresh(second, "signed out after the second tab")


@check(
    "Two responses overtake each other",
    "Which response comes last decides whether one stays signed in.",
)
def responses_overtake(server: Server) -> None:
    tokens = server.login()
    for number in range(RACES):
        kept = -(number % 2)
        # The last ones come after a moment: a server that accepts a token once refuses those.
        delay = 0 if number < RACES - 4 else MOMENT
        arrived = refresh_at_once(server, tokens, 2, delay)
        kept_tokens = server.must_refresh(arrived[kept], "the response that was kept is no good")
        tokens = server.must_refresh(kept_tokens, "signed out after the response that was kept")


@check(
    "Two requests at once do not become two sessions",
    "A thief who sends at the same moment has a session of their own, unnoticed.",
    "RFC 9700, section 4.14.2: reuse has to be detected",
)
def no_second_session(server: Server) -> None:
    granted = race_for_two_sessions(server)
    if len(granted) < 2:
        return
    mine, other = granted
    try:
        for _ in range(2):
            mine = server.refresh(mine)
            other = server.refresh(other, "thief")
            server.wait(server.adapter.grace + 1)
    except Refused:
        return
    raise Failed("two sessions live beside each other")


def race_for_two_sessions(server: Server) -> list[Tokens]:
    """Tokens of the first race that gives two different ones; of the last race if none does."""
    tokens = server.login()
    granted: list[Tokens] = []
    for _ in range(RACES):
        results = server.at_once(*[partial(server.refresh, tokens)] * 2)
        different = {each.refresh: each for each in results if isinstance(each, Tokens)}
        if tokens.refresh in different:
            raise NotSupported("the refresh token stays the same")
        granted = list(different.values())
        if len(granted) == 2:
            break
        # Where the race has ended the session, a new one.
        tokens = granted[0] if granted else server.login()
    return granted


def refresh_at_once(server: Server, tokens: Tokens, count: int, delay: float = 0) -> list[Tokens]:
    """In the order of their arrival; the last request is sent `delay` seconds later.

    Raises Failed if one of them is refused. One without a response is sent again.
    """

    def refresh_later() -> Tokens:
        time.sleep(delay)
        return server.refresh(tokens)

    at_once = [partial(server.refresh, tokens)] * (count - 1)
    results = server.at_once(*at_once, refresh_later)
    refused = [each for each in results if isinstance(each, Refused)]
    if refused:
        raise Failed(f"{len(refused)} of {count} are refused: {refused[0]}")
    return [
        each
        if isinstance(each, Tokens)
        else server.once_available(tokens, "refused when it was sent again")
        for each in results
    ]


CHECKS = (twenty_at_once, two_tabs, responses_overtake, no_second_session)
