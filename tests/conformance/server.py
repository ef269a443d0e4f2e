"""The server as the checks use it: each exchange is recorded, each refusal explained."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from .adapter import Adapter, NotSupported, Refused, Tokens, Unavailable

# Real seconds. Longer waits need an adapter that can move the clock.
PATIENCE = 30
# Real seconds within which a server has to be back after its store is.
RECOVERY = 15
POLL = 0.25
# Real seconds within which all processes of a server have to know that a session has ended.
PROPAGATION = 1

SIGN_IN_FAILS = "the sign-in fails"

T = TypeVar("T")


class Failed(Exception):
    """The check has seen what must not be."""


class SignInFailed(Exception):
    """The check can't be carried out."""


@dataclass(frozen=True)
class Exchange:
    """One step of a check, for the reports."""

    actor: str
    request: str
    response: str
    good: bool = True
    """Whether the request was granted."""


class Server:
    """An adapter, recorded. `patience`: the longest real wait, in seconds."""

    def __init__(self, adapter: Adapter, patience: float = PATIENCE) -> None:
        self.adapter = adapter
        self.exchanges: list[Exchange] = []
        self.patience = patience
        self._names: dict[str, str] = {}
        self._lock = threading.Lock()

    def login(self, actor: str = "you") -> Tokens:
        """Raises SignInFailed."""
        try:
            return self._recorded(actor, "sign in", self.adapter.login, self._describe)
        except (Refused, Unavailable) as error:
            raise SignInFailed(f"{SIGN_IN_FAILS}: {error}") from None

    def second_session(self) -> Tokens:
        return self._recorded(
            "other device", "sign in", self.adapter.second_session, self._describe
        )

    def refresh(self, tokens: Tokens, actor: str = "you", *, lost: bool = False) -> Tokens:
        """Raises Refused or Unavailable. `lost`: the client never gets the response."""
        request = f"refresh with {self.name_of(tokens)}"
        suffix = ", lost on the way" if lost else ""
        return self._recorded(
            actor,
            request,
            lambda: self.adapter.refresh(tokens),
            lambda new: f"{self._describe(new)}{suffix}",
        )

    def must_refresh(
        self, tokens: Tokens, otherwise: str, actor: str = "you", *, lost: bool = False
    ) -> Tokens:
        """Raises Failed with `otherwise`, which says what a refusal means."""
        try:
            return self.refresh(tokens, actor, lost=lost)
        except (Refused, Unavailable) as error:
            raise Failed(f"{otherwise}: refresh with {self.name_of(tokens)} → {error}") from None

    def must_refuse(self, tokens: Tokens, otherwise: str, actor: str = "you") -> None:
        """Raises Failed with `otherwise` if a refresh is granted, or the server can't tell."""
        try:
            new = self.refresh(tokens, actor)
        except Refused:
            return
        except Unavailable as error:
            raise Failed(f"no clear refusal of {self.name_of(tokens)}: {error}") from None
        raise Failed(f"{otherwise}: refresh with {self.name_of(tokens)} → {self._describe(new)}")

    def call(self, tokens: Tokens, actor: str = "you") -> None:
        """Raises Refused, Unavailable or NotSupported."""
        request = f"call with the access token of {self.name_of(tokens)}"
        self._recorded(actor, request, lambda: self.adapter.call(tokens), lambda _: "served")

    def must_refuse_call(self, tokens: Tokens, otherwise: str, actor: str = "you") -> None:
        """Raises Failed with `otherwise` if the access token still works after `PROPAGATION`."""
        deadline = time.monotonic() + PROPAGATION
        try:
            while time.monotonic() < deadline:
                self.call(tokens, actor)
                time.sleep(POLL)
            self.call(tokens, actor)
        except Refused:
            return
        except Unavailable as error:
            raise Failed(f"no clear refusal of the access token: {error}") from None
        raise Failed(f"{otherwise}: the access token of {self.name_of(tokens)} → served")

    def logout(self, tokens: Tokens, actor: str = "you") -> None:
        """Raises Refused, Unavailable or NotSupported."""
        request = f"sign out with {self.name_of(tokens)}"
        self._recorded(actor, request, lambda: self.adapter.logout(tokens), lambda _: "signed out")

    def must_call(self, tokens: Tokens, actor: str = "you") -> None:
        """Raises Failed if a good access token is refused."""
        try:
            self.call(tokens, actor)
        except (Refused, Unavailable) as error:
            raise Failed(f"a good access token is refused: {error}") from None

    def must_call_if_possible(self, tokens: Tokens) -> None:
        if not self.adapter.missing("call"):
            self.must_call(tokens)

    def must_log_out(self, tokens: Tokens) -> None:
        """Raises Failed if the logout is refused."""
        try:
            self.logout(tokens)
        except (Refused, Unavailable) as error:
            raise Failed(f"the logout is refused: {error}") from None

    def at_once(self, *jobs: Callable[[], T]) -> list[T | Exception]:
        """The results of jobs that start together, in the order in which they end."""
        start = threading.Barrier(len(jobs))
        results: list[T | Exception] = []

        def run(job: Callable[[], T]) -> None:
            start.wait()
            try:
                result: T | Exception = job()
            except (Refused, Unavailable) as error:
                result = error
            with self._lock:
                results.append(result)

        with ThreadPoolExecutor(len(jobs)) as pool:
            # The first other error, such as NotSupported, is raised here.
            list(pool.map(run, jobs))
        return results

    def wait(self, seconds: float) -> None:
        """Move the server's clock, or sleep. Raises NotSupported if that takes too long."""
        try:
            self.adapter.advance(seconds)
        except NotSupported:
            if seconds > self.patience:
                raise NotSupported(
                    f"it waits {seconds:.0f} s, and the adapter has no advance()"
                ) from None
            time.sleep(seconds)
        self.note("", f"{seconds:g} s later")

    def operate(self, operation: Callable[[], None]) -> None:
        """Run one of the adapter's operations, such as `empty_store`."""
        operation()
        self.note("operator", operation.__name__.replace("_", " "))

    def once_available(self, tokens: Tokens, otherwise: str) -> Tokens:
        """`must_refresh`, with the retries that a client makes after an outage."""
        try:
            return self.wait_until_available(tokens)
        except Refused as error:
            raise Failed(f"{otherwise}: refresh with {self.name_of(tokens)} → {error}") from None

    def wait_until_available(self, tokens: Tokens) -> Tokens:
        """Raises Refused, and Failed if the server can't tell for `RECOVERY` seconds."""
        deadline = time.monotonic() + RECOVERY
        while True:
            try:
                return self.refresh(tokens)
            except Unavailable as error:
                if time.monotonic() > deadline:
                    raise Failed(f"it is not back after {RECOVERY} s: {error}") from None
                time.sleep(POLL)

    def last_request(self) -> str:
        return self.exchanges[-1].request if self.exchanges else "reset"

    def note(self, actor: str, text: str) -> None:
        with self._lock:
            self.exchanges.append(Exchange(actor, text, ""))

    def name_of(self, tokens: Tokens) -> str:
        """R1, R2, …: one name for each refresh token, in the order of their appearance."""
        with self._lock:
            return self._names.setdefault(tokens.refresh, f"R{len(self._names) + 1}")

    def forged(self, tokens: Tokens, refresh: str) -> Tokens:
        """The same client with another refresh token."""
        with self._lock:
            self._names[refresh] = f"{refresh[:12]!r}…" if len(refresh) > 12 else f"{refresh!r}"
        return replace(tokens, refresh=refresh)

    def _describe(self, tokens: Tokens) -> str:
        """Raises TypeError for what an adapter must not return."""
        if not isinstance(tokens, Tokens):
            raise TypeError(f"the adapter returns a {type(tokens).__name__}, not Tokens")
        return self.name_of(tokens)

    def _recorded(
        self, actor: str, request: str, job: Callable[[], T], describe: Callable[[T], str]
    ) -> T:
        try:
            result = job()
        except (Refused, Unavailable) as error:
            with self._lock:
                self.exchanges.append(Exchange(actor, request, clean(error), good=False))
            raise
        response = describe(result)
        with self._lock:
            self.exchanges.append(Exchange(actor, request, response))
        return result


def clean(error: object) -> str:
    """In one line, without control characters: servers' texts go to terminals and into XML."""
    return "".join(char if char.isprintable() else "?" for char in str(error))
