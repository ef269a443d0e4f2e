"""Hashing gets the cores that are left, one thread each, and a short queue; then it is busy."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.store.processes import context
from tests.support.api import Program, error_code
from tests.support.browser import EMAIL, PASSWORD, Browser
from tests.support.servers import wait_until
from webapp.core.errors import Overloaded
from webapp.core.hashing_pool import LOWEST_PRIORITY, QUEUE, HashingPool
from webapp.core.passwords import Passwords
from webapp.core.rate_limits import account_key

GRACE = "grace@example.com"
CORES = os.cpu_count() or 1
# More than the limits on wrong passwords would let pass.
MORE_THAN_GUESSES = 12


class Work:
    """Work that runs until the test ends it, and counts how much of it runs at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end = threading.Event()
        self.running = self.most = self.done = 0
        self.refused: list[int] = []

    def __call__(self) -> None:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self._end.wait(60)
        with self._lock:
            self.running -= 1
            self.done += 1

    def end(self) -> None:
        self._end.set()


Asking = Callable[[int], tuple[str, str]]


def strangers(number: int) -> tuple[str, str]:
    """Each has an account and an address of their own."""
    return f"account {number}", f"address {number}"


@contextmanager
def given(pool: HashingPool, times: int, asking: Asking = strangers) -> Iterator[Work]:
    """The pool has this work to do, so many times over."""
    work = Work()

    def ask(number: int) -> None:
        try:
            pool.run(work, *asking(number))
        except Overloaded:
            work.refused.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(times)]
    try:
        for number, thread in enumerate(threads, 1):
            thread.start()
            wait_until(lambda: work.running + waiting(pool) == number)  # noqa: B023 - at once
        yield work
    finally:
        work.end()
        for thread in threads:
            thread.join()


def waiting(pool: HashingPool) -> int:
    return pool._executor._work_queue.qsize()


def pool_of(app: Flask) -> HashingPool:
    return services_of(app).accounts._passwords._pool


def test_it_does_the_work_in_another_thread_and_gives_its_result() -> None:
    assert HashingPool().run(threading.get_ident) != threading.get_ident()


def test_no_more_run_at_once_than_there_are_cores() -> None:
    pool = HashingPool(queue=5)
    with given(pool, CORES + 5) as work:
        assert (work.running, waiting(pool)) == (CORES, 5)
    assert (work.most, work.done) == (CORES, CORES + 5)


def test_beyond_the_queue_it_is_busy_at_once_and_afterwards_there_is_room() -> None:
    pool = HashingPool(queue=2)
    with given(pool, CORES + 2) as work:
        with pytest.raises(Overloaded):
            pool.run(lambda: "one too many")
        assert work.done == 0
    assert pool.run(lambda: "room") == "room"


FULL = CORES + QUEUE
ONE_ACCOUNT: dict[str, Asking] = {
    "from one address": lambda number: ("ada", "address"),
    "from many addresses": lambda number: ("ada", f"address {number}"),
    "beside many accounts at the same address": lambda number: (
        "ada" if number % 2 else f"account {number}",
        "address",
    ),
}


@pytest.mark.parametrize("asking", ONE_ACCOUNT.values(), ids=ONE_ACCOUNT)
def test_one_account_keeps_no_other_account_out(asking: Asking) -> None:
    pool = HashingPool()
    with given(pool, FULL, asking) as work, ThreadPoolExecutor() as others:
        grace = others.submit(pool.run, lambda: "in", "grace", "address")
        wait_until(lambda: work.refused)
        work.end()
        assert grace.result() == "in"
    assert len(work.refused) == 1
    assert asking(work.refused[0])[0] == "ada"


def test_who_has_one_place_is_served_before_who_has_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    pool, served = HashingPool(), list[str]()
    accounts = ["ada", "ada", "ada", "grace", "joan"]
    with given(pool, 1) as work, ThreadPoolExecutor(len(accounts)) as others:
        for number, account in enumerate(accounts, 1):
            others.submit(pool.run, partial(served.append, account), account, "address")
            wait_until(lambda: waiting(pool) == number)  # noqa: B023 - at once
        work.end()
    assert served == ["grace", "joan", "ada", "ada", "ada"]


def test_one_address_with_many_accounts_keeps_no_other_address_out() -> None:
    pool = HashingPool()
    asking: Asking = lambda number: (f"account {number}", "address")  # noqa: E731
    with given(pool, FULL, asking) as work, ThreadPoolExecutor() as others:
        grace = others.submit(pool.run, lambda: "in", "grace", "another address")
        wait_until(lambda: work.refused)
        work.end()
        assert grace.result() == "in"
    assert work.refused == [FULL - 1], "not the one that has waited for the shortest time"


@pytest.mark.parametrize(
    ("asking", "newcomer"),
    [
        (strangers, ("grace", "another address")),
        (lambda number: ("ada", "address"), ("ada", "another address")),
        (lambda number: (f"account {number}", "address"), ("grace", "address")),
    ],
    ids=["all hold one", "the same account", "the same address"],
)
def test_who_would_hold_as_much_as_the_others_takes_no_place_from_them(
    asking: Asking, newcomer: tuple[str, str]
) -> None:
    pool = HashingPool()
    with given(pool, FULL, asking) as work:
        with pytest.raises(Overloaded):
            pool.run(lambda: "in", *newcomer)
        assert not work.refused


def test_what_is_being_hashed_keeps_its_thread() -> None:
    pool = HashingPool(queue=0)
    with given(pool, CORES, lambda number: ("ada", "address")) as work:
        wait_until(lambda: work.running == CORES)
        with pytest.raises(Overloaded):
            pool.run(lambda: "in", "grace", "another address")
        assert not work.refused
    assert pool.run(lambda: "room") == "room"


def test_work_that_fails_says_so_and_gives_its_place_back() -> None:
    pool = HashingPool(queue=1)
    for _ in range(CORES + 2):
        with pytest.raises(ZeroDivisionError):
            pool.run(lambda: 1 // 0)
    with given(pool, CORES + 1):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority for each thread")
def test_it_takes_what_the_others_leave() -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    usual = priority()
    assert HashingPool().run(priority) == LOWEST_PRIORITY
    assert priority() == usual < LOWEST_PRIORITY


def test_a_forked_child_has_threads_and_all_places_of_its_own() -> None:
    pipe, theirs = context.Pipe()
    process = context.Process(target=fork_while_it_is_full, args=(theirs,))
    process.start()
    theirs.close()
    assert pipe.poll(10), "the child waits for threads that it doesn't have"
    assert pipe.recv() == CORES + 1
    process.join()
    pipe.close()


def fork_while_it_is_full(pipe) -> None:
    pool = HashingPool(queue=1)
    with given(pool, CORES + 1):
        child = os.fork()
        if not child:
            with given(pool, CORES + 1) as work:
                pass
            pipe.send(work.done)
            os._exit(0)
    os.waitpid(child, 0)


def test_passwords_are_hashed_nowhere_else() -> None:
    pool = HashingPool(queue=0)
    passwords = Passwords(4, 15, frozenset(), pool)
    hashed = passwords.hash(PASSWORD)
    with given(pool, CORES):
        for known in (hashed, None):
            with pytest.raises(Overloaded):
                passwords.verify(PASSWORD, known)
        with pytest.raises(Overloaded):
            passwords.hash(PASSWORD)
    assert passwords.verify(PASSWORD, hashed)


def test_a_login_in_a_rush_is_asked_to_come_back_and_was_no_guess(
    app: Flask, browser: Browser
) -> None:
    form = {"csrf_token": browser.csrf_token("/login"), "email": EMAIL, "password": PASSWORD}
    with given(pool_of(app), CORES + QUEUE):
        for _ in range(MORE_THAN_GUESSES):
            answer = browser.client.post("/login", data=form, headers=browser.headers)
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
            assert "Many people are signing in" in answer.text
    answer = browser.client.post("/login", data=form, headers=browser.headers)
    assert answer.status_code == 303
    assert browser.is_in()


@pytest.mark.parametrize("way", ["by the page", "by the API"])
def test_one_account_that_signs_in_all_the_time_blocks_no_other_account(
    app: Flask, way: str
) -> None:
    with app.app_context():
        services_of(app).accounts.register(GRACE, PASSWORD, now=0)
    ada = account_key(EMAIL), "127.0.0.1"
    sign_in = Browser(app).sign_in if way == "by the page" else Program(app).log_in
    with given(pool_of(app), FULL, lambda number: ada) as work, ThreadPoolExecutor() as others:
        answer = others.submit(sign_in, GRACE)
        wait_until(lambda: work.refused)
        work.end()
        assert answer.result()


def test_an_account_is_the_same_from_any_address_and_however_it_is_typed(app: Flask) -> None:
    asking: Asking = lambda number: (account_key(EMAIL), f"address {number}")  # noqa: E731
    with given(pool_of(app), FULL, asking) as work:
        body = {"email": f" {EMAIL.upper()}", "password": PASSWORD}
        assert Program(app).call("POST", "/auth/login", body).status_code == 503
        assert not work.refused


def test_constant_registrations_block_no_sign_in(app: Flask) -> None:
    seen: list[tuple[str, str]] = []
    pool = pool_of(app)
    run = pool.run

    def noted(work: Callable[[], str], account: str, address: str) -> str:
        seen.append((account, address))
        return run(work, account, address)

    pool.run = noted  # type: ignore[method-assign, assignment]
    for number in range(2):
        form = {"email": f"{number}@example.com", "password": PASSWORD, "name": ""}
        assert Browser(app).post("/register", **form).status_code == 303
    accounts, addresses = zip(*seen, strict=True)
    assert len(set(accounts)) == 2
    assert set(addresses) == {"127.0.0.1"}


def test_who_is_signed_in_does_not_notice_the_rush(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    with given(pool_of(app), CORES + QUEUE):
        assert browser.is_in()


def test_a_program_in_a_rush_gets_the_same_answer(app: Flask) -> None:
    program = Program(app)
    with given(pool_of(app), CORES + QUEUE):
        for _ in range(MORE_THAN_GUESSES):
            body = {"email": EMAIL, "password": PASSWORD}
            answer = program.call("POST", "/auth/login", body)
            assert (answer.status_code, error_code(answer)) == (503, "unavailable")
            assert int(answer.headers["Retry-After"]) > 0
    program.log_in()
