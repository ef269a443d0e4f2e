"""Random schedules of refreshes, losses, waits, thefts and logouts, and what has to hold in each.

Hypothesis shrinks a schedule that fails to the shortest one that still does.
"""

from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from functools import partial

from .adapter import NotSupported, Tokens
from .check import Check
from .server import Failed, Server

LONGEST = 10
BURST = 3
SIGNED_OUT = "the owner is signed out"


class Step(StrEnum):
    REFRESH = "refresh"
    LOSE = "refresh, response lost"
    BURST = "three refreshes at once"
    LATE_TAB = "another tab, with the token before"
    WAIT = "wait a second"
    WAIT_LONG = "wait an hour"
    REPLAY = "a thief replays an old token"
    LOGOUT = "sign out"


class Owner:
    """Plays steps, and knows which tokens are good, and which are over."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._sign_in()

    def _sign_in(self) -> None:
        self._tokens = self._server.login()
        # Each token once, in the order of their first use.
        self._presented: list[Tokens] = []
        # The token before, if nothing has happened since it was exchanged.
        self._before: Tokens | None = None

    def play(self, step: Step) -> None:
        """Raises Failed if the server signs out the owner, or lets in another."""
        before, self._before = self._before, None
        if step is Step.REFRESH:
            self._before = self._present()
            self._tokens = self._server.must_refresh(self._tokens, SIGNED_OUT)
        elif step is Step.LOSE:
            self._present()
            self._server.must_refresh(self._tokens, SIGNED_OUT, lost=True)
        elif step is Step.BURST:
            self._burst()
        elif step is Step.LATE_TAB and before:
            self._tokens = self._server.must_refresh(before, "the second tab is signed out")
        elif step in (Step.WAIT, Step.WAIT_LONG):
            self._server.wait(1 if step is Step.WAIT else 3600)
        elif step is Step.REPLAY and len(self._presented) > 1:
            self._replay(self._presented[-2])
        elif step is Step.LOGOUT:
            self._server.must_log_out(self._tokens)
            self._require_end("a token works after the logout")

    def _present(self) -> Tokens:
        if not self._presented or self._presented[-1].refresh != self._tokens.refresh:
            self._presented.append(self._tokens)
        return self._tokens

    def _burst(self) -> None:
        self._present()
        arrived = self._server.at_once(*[partial(self._server.refresh, self._tokens)] * BURST)
        for result in arrived:
            if isinstance(result, Exception):
                raise Failed(f"one of {BURST} requests at once gets no tokens: {result}")
            self._tokens = result

    def _replay(self, old: Tokens) -> None:
        self._server.wait(self._server.adapter.grace + 1)
        self._server.must_refuse(old, "an old token works", "thief")
        self._require_end("the theft passes unnoticed")

    def _require_end(self, otherwise: str) -> None:
        self._server.must_refuse(self._tokens, otherwise)
        self._sign_in()


def play(server: Server, steps: Sequence[Step]) -> None:
    owner = Owner(server)
    for step in (*steps, Step.REFRESH):
        owner.play(step)


def random_schedules(examples: int) -> Check:
    """A check that plays so many schedules."""

    def run(server: Server) -> None:
        shortest = find_counter_example(server, examples)
        if shortest:
            raise Failed(shortest)

    return Check(
        "random_schedules",
        f"{examples} random schedules of all these events",
        "An order of events that no list names.",
        "",
        (),
        run,
    )


def find_counter_example(server: Server, examples: int) -> str | None:
    """The shortest schedule that fails, with what was seen; its exchanges go to `server`."""
    try:
        from hypothesis import HealthCheck, Phase, given, settings
        from hypothesis import strategies as st
        from hypothesis.errors import Flaky
    except ImportError:
        raise NotSupported("it needs the package hypothesis") from None
    failures: list[tuple[Sequence[Step], Server, Failed]] = []

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.sampled_from(Step), min_size=1, max_size=LONGEST))
    def play_one(steps: list[Step]) -> None:
        server.adapter.reset()
        played = Server(server.adapter, server.patience)
        try:
            play(played, steps)
        except Failed as failure:
            failures.append((steps, played, failure))
            raise

    # Flaky: a race that does not come out the same way twice.
    with suppress(Failed, Flaky):
        play_one()
    if not failures:
        return None
    # The shortest one is played last.
    steps, played, failure = failures[-1]
    server.exchanges.extend(played.exchanges)
    return f"{'; '.join(steps)}: {failure}"
