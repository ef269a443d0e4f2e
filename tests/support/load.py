"""Many honest clients at once. They can pause, as people do, and keep their sessions."""

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial

from .model_client import HEARD_EVERYWHERE, PROTECTED
from .model_client_browser import NAVIGATION, Browser
from .model_client_program import Program
from .outcomes import Tally
from .raw_http import Wire, cookie_header
from .servers import wait_until

# Seconds until a client that could not sign in tries again.
TRY_AGAIN = 0.3
# Seconds that a thread needs at most to notice that it is to pause.
LONGEST_PAUSE = 15
# Seconds in which all browsers have signed in, also on a busy machine.
LONGEST_WAY_IN = 60
GHOSTS = 200
PAGES = ["/dashboard", "/dashboard", "/account", "/account/sessions", "/"]


@dataclass(frozen=True)
class Habits:
    """Seconds between two actions of a tab; how likely an action is to be a farewell."""

    pause: float = 0.45
    leaving: float = 0.06
    tabs: int = 2
    laptops: float = 0.0
    """How likely an action is to be followed by the closing of the lid for a while."""


class Crowd:
    """`people` with browsers and `programs`, with requests to the servers at `places`, in turns.

    Others may join `places` at any time, and leave them.
    """

    def __init__(
        self,
        places: list[int | str],
        people: list[str],
        programs: list[str],
        habits: Habits,
    ) -> None:
        self.tally = Tally()
        self.habits = habits
        self.places = places
        self._going = threading.Event()
        self._over = False
        self._ghosts: deque[Browser | Program] = deque(maxlen=GHOSTS)
        lives = [(self._live_with_a_browser, each) for each in people]
        lives += [(self._live_with_a_program, each) for each in programs]
        self._size = len(lives)
        self._threads = [
            threading.Thread(target=self._run, args=(life, email, f"10.0.{i // 250}.{i % 250 + 1}"))
            for i, (life, email) in enumerate(lives)
        ]
        self._threads.append(threading.Thread(target=self._haunt))
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    def resume(self) -> Tally:
        self.tally = Tally()
        self._going.set()
        return self.tally

    def settle(self) -> "Crowd":
        """Until all browsers have signed in; then they rest."""
        tally = self.resume()
        wait_until(lambda: tally.events["sign-ins"] >= self._size, LONGEST_WAY_IN)
        self.pause()
        return self

    def pause(self) -> None:
        self._going.clear()

    def stop(self) -> None:
        self._over = True
        self._going.set()
        for thread in self._threads:
            thread.join(LONGEST_PAUSE)

    def wire(self) -> Wire:
        return Wire(self.places)

    def _goes_on(self) -> bool:
        self._going.wait()
        return not self._over

    def _run(self, life: Callable[[str, str, Wire], None], email: str, ip: str) -> None:
        with suppress(Over), closing(self.wire()) as wire:
            life(email, ip, wire)

    def _think(self, seconds: float | None = None) -> None:
        """Raises Over."""
        time.sleep(seconds or random.uniform(0.2, 1.8) * self.habits.pause)
        if not self._goes_on():
            raise Over

    def _live_with_a_browser(self, email: str, ip: str, wire: Wire) -> None:
        phone = False
        holder = [self._new_browser(email, ip, wire, phone=phone)]
        for _ in range(self.habits.tabs - 1):
            other = threading.Thread(target=self._other_tab, args=(holder,), daemon=True)
            self._threads.append(other)
            other.start()
        while True:
            self._use(holder[0], wire)
            if random.random() < self.habits.leaving or holder[0].truth.ending:
                phone = not phone
                holder[0] = self._leave(holder[0], wire, phone=phone)

    def _other_tab(self, holder: list[Browser]) -> None:
        with suppress(Over), closing(self.wire()) as wire:
            while True:
                self._use(holder[0], wire)

    def _use(self, browser: Browser, wire: Wire) -> None:
        act: Callable[[Wire], None] = random.choice(
            [browser.fetch, browser.fetch, browser.look, browser.reload]
            + [lambda wire: browser.visit(wire, random.choice(PAGES))] * 6
        )
        act(wire)
        if random.random() < self.habits.laptops:
            self.tally.happened("laptops closed")
            wire.close()
            self._think(random.uniform(3, LONGEST_PAUSE - 3))
        self._think()

    def _leave(self, browser: Browser, wire: Wire, *, phone: bool) -> Browser:
        """By the button, or from another device; then sign in there."""
        if random.random() < 0.5:
            self._until(lambda: browser.sign_out(wire))
            self._has_left(browser)
            return self._new_browser(browser.email, browser.ip, wire, phone=phone)
        device = self._new_browser(browser.email, browser.ip, wire, phone=phone)
        self._until(lambda: device.end_device(wire, browser))
        self._has_left(browser)
        return device

    def _new_browser(self, email: str, ip: str, wire: Wire, *, phone: bool) -> Browser:
        browser = Browser(email, ip, lambda: self.tally, phone=phone)
        self._until(lambda: browser.sign_in(wire))
        return browser

    def _live_with_a_program(self, email: str, ip: str, wire: Wire) -> None:
        while True:
            program = self._new_program(email, ip, wire)
            while random.random() > self.habits.leaving and not program.truth.ending:
                program.work(wire, impatient=random.random() < 0.5)
                self._think()
            self._until(partial(program.sign_out, wire))
            self._has_left(program)

    def _new_program(self, email: str, ip: str, wire: Wire) -> Program:
        program = Program(email, ip, lambda: self.tally)
        self._until(lambda: program.sign_in(wire))
        return program

    def _until(self, done: Callable[[], bool]) -> None:
        while not done():
            self._think(TRY_AGAIN)

    def _has_left(self, client: Browser | Program) -> None:
        client.truth.has_ended()
        self.tally.happened("ends")
        self._ghosts.append(client)

    def _haunt(self) -> None:
        with suppress(Over), closing(self.wire()) as wire:
            while True:
                self._think(0.05)
                before = time.monotonic() - HEARD_EVERYWHERE
                due = [each for each in list(self._ghosts) if (each.truth.ended_at or 0) < before]
                if due:
                    haunt(random.choice(due), wire)


class Over(Exception):
    """The crowd goes home."""


def haunt(ghost: Browser | Program, wire: Wire) -> None:
    """Try to get in with what is left of a session that has ended; the client judges the answer."""
    if isinstance(ghost, Program):
        random.choice([ghost.show_access, ghost.renew])(wire)
    elif random.random() < 0.3:
        bearer = {"Authorization": f"Bearer {ghost.token}"}
        ghost.ask(wire, "GET", PROTECTED, bearer | cookie_header(ghost.held))
    else:
        ghost.ask(wire, "GET", "/dashboard", NAVIGATION | cookie_header(ghost.held))
