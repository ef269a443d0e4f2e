"""A password check is reserved, and only a failure is counted; every other try always is."""

from contextlib import suppress

import pytest

from webapp.core.errors import (
    InvalidCredentials,
    Overloaded,
    RateLimited,
    Unavailable,
    WrongPassword,
)
from webapp.core.ip import ip_key
from webapp.core.rate_limits import (
    CHECK_PER_ACCOUNT,
    FORGOT_PER_ACCOUNT,
    FORGOT_PER_IP,
    LOGIN_PER_ACCOUNT,
    REFRESH_PER_ACCOUNT,
    REFRESH_PER_IP,
    STRENGTH_PER_IP,
    Limit,
    RateLimiter,
    account_key,
)

ADA, GRACE = "ada@example.com", "grace@example.com"
WRONG = InvalidCredentials()


class Counters:
    """Without a clock: a place that is taken stays taken."""

    def __init__(self) -> None:
        self.taken: dict[tuple[str, str], int] = {}
        self.down: set[str] = set()

    def acquire(self, limit: Limit, key: str) -> int:
        if "acquire" in self.down:
            raise Unavailable
        if self.taken.get((limit.name, key), 0) >= limit.amount:
            return limit.seconds
        self.taken[limit.name, key] = self.taken.get((limit.name, key), 0) + 1
        return 0

    def release(self, limit: Limit, key: str) -> None:
        """Raises KeyError for what was never taken."""
        if "release" in self.down:
            raise Unavailable
        self.taken[limit.name, key] -= 1

    def clear(self, limit: Limit, key: str) -> None:
        self.taken.pop((limit.name, key), None)

    @property
    def total(self) -> int:
        return sum(self.taken.values())


@pytest.fixture
def counters() -> Counters:
    return Counters()


@pytest.fixture
def local() -> Counters:
    return Counters()


@pytest.fixture
def attempts(counters: Counters, local: Counters) -> RateLimiter:
    return RateLimiter(counters, local, enabled=True)


def check(
    attempts: RateLimiter,
    result: BaseException | None = None,
    *,
    account: str = ADA,
    address: str = "192.0.2.1",
    known: bool = False,
    client: str = "",
) -> None:
    checking = attempts.password_check(account, address, known, client)
    with suppress(type(result) if result else ()), checking:
        if result:
            raise result


def fail_often(
    attempts: RateLimiter,
    account: str = ADA,
    *,
    times: int = 10,
    known: bool = False,
    client: str = "",
) -> None:
    """Wrong passwords, each from another address."""
    for host in range(times):
        address = f"198.51.100.{host}"
        check(attempts, WRONG, account=account, address=address, known=known, client=client)


class TestPasswordCheck:
    def test_ten_failures_for_an_account_close_it_for_all_addresses(
        self, attempts: RateLimiter
    ) -> None:
        fail_often(attempts)
        with pytest.raises(RateLimited) as refusal:
            check(attempts)
        assert refusal.value.retry_after == LOGIN_PER_ACCOUNT.seconds

    def test_other_accounts_stay_open(self, attempts: RateLimiter) -> None:
        fail_often(attempts)
        check(attempts, account=GRACE)

    def test_a_hundred_failures_from_an_address_close_it_for_all_accounts(
        self, attempts: RateLimiter
    ) -> None:
        for number in range(100):
            check(attempts, WRONG, account=f"user{number}@example.com")
        with pytest.raises(RateLimited):
            check(attempts)
        check(attempts, address="192.0.2.2")

    def test_the_place_is_taken_before_the_body_runs(
        self, attempts: RateLimiter, counters: Counters
    ) -> None:
        with attempts.password_check(ADA, "192.0.2.1", False):
            assert counters.total == 2

    def test_a_body_that_has_no_place_is_never_run(self, attempts: RateLimiter) -> None:
        fail_often(attempts)
        with pytest.raises(RateLimited), attempts.password_check(ADA, "192.0.2.1", False):
            pytest.fail("the password was checked")

    def test_successes_are_no_guesses_and_ask_nothing_more_of_redis(
        self, attempts: RateLimiter, counters: Counters
    ) -> None:
        for _ in range(200):
            check(attempts)
        assert counters.total == 0

    def test_three_hundred_successes_of_an_account_and_then_it_waits(
        self, attempts: RateLimiter, counters: Counters
    ) -> None:
        for host in range(300):
            check(attempts, address=f"198.51.100.{host % 250}")
        with (
            pytest.raises(RateLimited) as refusal,
            attempts.password_check(ADA, "192.0.2.1", False),
        ):
            pytest.fail("the password was checked")
        assert refusal.value.retry_after == CHECK_PER_ACCOUNT.seconds
        check(attempts, account=GRACE)
        assert counters.total == 0

    def test_three_thousand_successes_of_an_address_and_then_it_waits(
        self, attempts: RateLimiter
    ) -> None:
        for number in range(3000):
            check(attempts, account=f"user{number % 10}@example.com")
        with pytest.raises(RateLimited):
            check(attempts)
        check(attempts, address="192.0.2.2")

    def test_what_was_not_checked_counts_as_no_check(
        self, attempts: RateLimiter, local: Counters
    ) -> None:
        check(attempts, Overloaded())
        fail_often(attempts, GRACE)
        before = local.total
        with pytest.raises(RateLimited):
            check(attempts, account=GRACE)
        assert local.total == before

    def test_a_success_gives_back_its_own_place_and_forgives_no_failure(
        self, attempts: RateLimiter, counters: Counters
    ) -> None:
        check(attempts, WRONG)
        check(attempts)
        assert counters.total == 2

    @pytest.mark.parametrize(
        "failure", [WRONG, WrongPassword({}), ZeroDivisionError(), KeyboardInterrupt()]
    )
    def test_whatever_else_it_ends_with_is_counted(
        self, attempts: RateLimiter, counters: Counters, failure: BaseException
    ) -> None:
        check(attempts, failure)
        assert counters.total == 2

    def test_an_outage_is_not_counted(self, attempts: RateLimiter, counters: Counters) -> None:
        check(attempts, Unavailable())
        assert counters.total == 0

    def test_a_refused_try_takes_no_place_of_the_address(
        self, attempts: RateLimiter, counters: Counters
    ) -> None:
        fail_often(attempts)
        before = dict(counters.taken)
        with pytest.raises(RateLimited):
            check(attempts, address="198.51.100.1")
        assert counters.taken == before

    def test_an_address_that_is_closed_takes_no_place_of_an_account(
        self, attempts: RateLimiter, counters: Counters
    ) -> None:
        for number in range(100):
            check(attempts, WRONG, account=f"user{number}@example.com")
        with pytest.raises(RateLimited):
            check(attempts)
        assert ("account", account_key(ADA)) not in counters.taken

    def test_without_counters_nothing_is_checked(
        self, attempts: RateLimiter, counters: Counters
    ) -> None:
        counters.down = {"acquire"}
        with pytest.raises(Unavailable), attempts.password_check(ADA, "192.0.2.1", False):
            pytest.fail("the password was checked")

    def test_what_cannot_be_given_back_refuses_no_right_password(
        self, attempts: RateLimiter, counters: Counters
    ) -> None:
        counters.down = {"release"}
        check(attempts)

    def test_ways_to_type_an_address_are_no_extra_guesses(self, attempts: RateLimiter) -> None:
        fail_often(attempts)
        for typed in ("ADA@example.com", " ada@example.com ", "ada@EXAMPLE.com"):
            with pytest.raises(RateLimited):
                check(attempts, account=typed)

    @pytest.mark.parametrize("account", ["", "no address", "x" * 70_000, "\ud800@example.com"])
    def test_whatever_is_typed_is_counted(self, attempts: RateLimiter, account: str) -> None:
        fail_often(attempts, account)
        with pytest.raises(RateLimited):
            check(attempts, account=account)


class TestKnownBrowser:
    def test_strangers_cannot_lock_it_out(self, attempts: RateLimiter) -> None:
        fail_often(attempts)
        check(attempts, known=True)

    def test_all_of_an_account_have_thirty_failures_together(
        self, attempts: RateLimiter, counters: Counters
    ) -> None:
        fail_often(attempts, times=30, known=True)
        with pytest.raises(RateLimited):
            check(attempts, known=True)
        assert counters.taken["known-browser", account_key(ADA)] == 30

    def test_its_failures_take_none_of_the_strangers_places_for_the_account(
        self, attempts: RateLimiter
    ) -> None:
        fail_often(attempts, times=30, known=True)
        check(attempts)

    def test_its_failures_count_at_the_address(self, attempts: RateLimiter) -> None:
        for _ in range(30):
            check(attempts, WRONG, known=True)
        for number in range(70):
            check(attempts, WRONG, account=f"user{number}@example.com")
        with pytest.raises(RateLimited):
            check(attempts, account=GRACE)

    def test_a_stranger_at_its_address_cannot_lock_it_out(self, attempts: RateLimiter) -> None:
        for number in range(100):
            check(attempts, WRONG, account=f"user{number}@example.com")
        check(attempts, known=True)

    def test_one_that_many_accounts_know_has_a_hundred_failures(
        self, attempts: RateLimiter
    ) -> None:
        for number in range(100):
            check(attempts, WRONG, account=f"user{number % 5}@example.com", known=True)
        with pytest.raises(RateLimited):
            check(attempts, known=True)
        check(attempts, address="192.0.2.2", known=True)

    def test_a_success_leaves_nothing(self, attempts: RateLimiter, counters: Counters) -> None:
        check(attempts, known=True)
        assert counters.total == 0

    def test_it_is_known_to_one_account_alone(self, attempts: RateLimiter) -> None:
        fail_often(attempts, times=30, known=True)
        check(attempts, account=GRACE, known=True)


class TestClient:
    def test_strangers_cannot_lock_its_users_out(self, attempts: RateLimiter) -> None:
        fail_often(attempts)
        fail_often(attempts, client="another one")
        check(attempts, client="shop")

    def test_it_has_ten_failures_an_account_which_lock_no_others_out(
        self, attempts: RateLimiter
    ) -> None:
        fail_often(attempts, client="shop")
        with pytest.raises(RateLimited):
            check(attempts, client="shop")
        check(attempts, account=GRACE, client="shop")
        check(attempts)

    def test_its_failures_count_at_the_address(self, attempts: RateLimiter) -> None:
        for number in range(100):
            check(attempts, WRONG, account=f"user{number}@example.com", client="shop")
        with pytest.raises(RateLimited):
            check(attempts, client="shop")


class TestReset:
    def test_failures_before_it_count_no_more_for_the_account(
        self, attempts: RateLimiter, counters: Counters
    ) -> None:
        fail_often(attempts)
        fail_often(attempts, times=30, known=True)
        attempts.forget_failures(ADA)
        check(attempts)
        check(attempts, known=True)
        assert counters.taken["address", "198.51.100.1"] == 2

    def test_an_outage_is_no_reason_to_refuse_it(
        self, attempts: RateLimiter, counters: Counters, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def clear(limit: Limit, key: str) -> None:
            raise Unavailable

        monkeypatch.setattr(counters, "clear", clear)
        attempts.forget_failures(ADA)


class TestCount:
    def test_every_call_counts(self, attempts: RateLimiter) -> None:
        for _ in range(5):
            attempts.count(FORGOT_PER_ACCOUNT, FORGOT_PER_IP, ADA, "192.0.2.1")
        with pytest.raises(RateLimited):
            attempts.count(FORGOT_PER_ACCOUNT, FORGOT_PER_IP, ADA, "192.0.2.2")
        attempts.count(FORGOT_PER_ACCOUNT, FORGOT_PER_IP, GRACE, "192.0.2.1")

    def test_an_address_is_counted_over_all_accounts(self, attempts: RateLimiter) -> None:
        for number in range(60):
            attempts.count(FORGOT_PER_ACCOUNT, FORGOT_PER_IP, f"{number}@a.example", "192.0.2.1")
        with pytest.raises(RateLimited):
            attempts.count(FORGOT_PER_ACCOUNT, FORGOT_PER_IP, ADA, "192.0.2.1")

    def test_what_is_asked_often_and_honestly_costs_no_call_to_redis(
        self, attempts: RateLimiter, counters: Counters, local: Counters
    ) -> None:
        attempts.count(REFRESH_PER_ACCOUNT, REFRESH_PER_IP, "a user's id", "192.0.2.1")
        attempts.count_ip(STRENGTH_PER_IP, "192.0.2.1")
        assert counters.total == 0
        assert local.total == 3


def test_switched_off_nothing_is_counted_and_no_request_refused(
    counters: Counters, local: Counters
) -> None:
    attempts = RateLimiter(counters, local, enabled=False)
    fail_often(attempts)
    check(attempts)
    attempts.count(FORGOT_PER_ACCOUNT, FORGOT_PER_IP, ADA, "192.0.2.1")
    attempts.count_ip(STRENGTH_PER_IP, "192.0.2.1")
    assert counters.taken == local.taken == {}


def test_an_account_is_counted_under_a_digest() -> None:
    assert account_key(ADA) == account_key("Ada@Example.com ")
    assert len(account_key(ADA)) == 64
    assert "ada" not in account_key(ADA)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        # A socket that listens for both: not all of IPv4 is one customer.
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("not an address", "not an address"),
        ("", ""),
    ],
)
def test_an_address_is_counted_by_what_one_customer_has(address: str, key: str) -> None:
    assert ip_key(address) == key
