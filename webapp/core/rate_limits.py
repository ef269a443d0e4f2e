"""How often somebody may try: the table of limits, and how they are counted.

A check of a password is reserved before it is made, so that a thousand parallel
guesses find ten places and not a thousand; after a success the place is given
back, so that only failures count as guesses. Successes count as well, for what
they cost, by much wider limits. Guesses count apart from browsers that the
account knows (and from a session or a mailed link), and from a client that has
shown its secret: a stranger who uses up the account's places locks out
strangers, not its owner (OWASP, "Slow Down Online Guessing Attacks with Device
Cookies").
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from .errors import RateLimited, Unavailable, ValidationFailed, WrongPassword
from .ip import ip_key
from .passwords import account_checked
from .validation import normalize_email

MINUTE, HOUR = 60, 3600


@dataclass(frozen=True)
class Limit:
    """At most `amount` in any span of `seconds`."""

    name: str
    amount: int
    seconds: int
    local: bool = False
    """Every worker counts for itself: it costs no call to Redis, and n workers let n times pass."""


# Wrong passwords for an account from browsers that it does not know. More: a guesser gets through
# more of a list (10 are 960 a day). Fewer: strangers can lock new browsers out more cheaply.
LOGIN_PER_ACCOUNT = Limit("account", 10, 15 * MINUTE)
# Wrong passwords from an address, for whichever accounts. More: one machine tries a popular
# password on more accounts. Fewer: an office or a mobile network behind one address is locked out.
LOGIN_PER_IP = Limit("address", 100, 15 * MINUTE)
# Wrong passwords for an account from all browsers that it knows. More: a thief of a browser's
# cookie can guess more. Fewer: an owner with a new password has to wait.
LOGIN_PER_KNOWN_BROWSER = Limit("known-browser", 30, 15 * MINUTE)
# Those of known browsers at an address, for all accounts. It is not ADDRESS, which also counts
# them: a stranger at the same address can use that up. More: at a computer that many have signed in
# with, more passwords can be tried. Fewer: such a computer is locked sooner.
LOGIN_PER_KNOWN_BROWSER_AND_IP = Limit("known-address", 100, 15 * MINUTE)
# Wrong passwords for an account from one client that has shown its secret. More: its users can
# guess more. Fewer: a stranger among them can lock an account out there more cheaply.
LOGIN_PER_CLIENT = Limit("client", 10, 15 * MINUTE)

# Checks of a password for an account, and from an address, right ones as well: each costs a third
# of a second of a core. More: one account keeps more of a core busy (300: a tenth). Fewer: tests
# that sign in to one account again and again have to wait, and so has a large office.
CHECK_PER_ACCOUNT = Limit("check-account", 300, 15 * MINUTE, local=True)
CHECK_PER_IP = Limit("check-address", 3000, 15 * MINUTE, local=True)

# Mail to one address, and from one. More: strangers can fill somebody's mailbox. Fewer: whose
# mail got lost has to wait, and so has a class that registers together.
REGISTER_PER_ACCOUNT = Limit("register-account", 5, HOUR)
REGISTER_PER_IP = Limit("register-address", 60, HOUR)
FORGOT_PER_ACCOUNT = Limit("forgot-account", 5, HOUR)
FORGOT_PER_IP = Limit("forgot-address", 60, HOUR)
RESEND_PER_ACCOUNT = Limit("resend-account", 5, HOUR)
RESEND_PER_IP = Limit("resend-address", 60, HOUR)

# Refreshes of a user, and from an address. More: a program gone wild costs more. Fewer: so many
# honest programs of one user, or behind one address, are told to wait: none is signed out.
REFRESH_PER_ACCOUNT = Limit("refresh-account", 600, MINUTE, local=True)
REFRESH_PER_IP = Limit("refresh-address", 1200, MINUTE, local=True)
# Asks of the password meter. More: a stranger can make us think more. Fewer: it stops while
# somebody still types.
STRENGTH_PER_IP = Limit("strength-address", 240, MINUTE, local=True)
# Runs of the lab's scenarios by a user. More: one can make the app think more. Fewer: whoever
# plays with them is told to wait.
LAB_PER_ACCOUNT = Limit("lab-account", 60, MINUTE, local=True)

Bucket = tuple[Limit, str]


class RateLimitStore(Protocol):
    """Where attempts are counted. Every method may raise Unavailable."""

    def acquire(self, limit: Limit, key: str) -> int:
        """Take a place, atomically: 0; or, if none is left, the seconds until there may be one."""

    def release(self, limit: Limit, key: str) -> None:
        """Remove the newest entry."""

    def clear(self, limit: Limit, key: str) -> None:
        """Remove all entries."""


class RateLimiter:
    """`counters` are everybody's, `local` this process's own (for limits that say so)."""

    def __init__(self, counters: RateLimitStore, local: RateLimitStore, *, enabled: bool) -> None:
        self._store = counters
        self._local = local
        self._enabled = enabled

    @contextmanager
    def password_check(
        self, account: str, address: str, known: bool, client: str = ""
    ) -> Iterator[None]:
        """Around the check of a password; the body raises if the password is wrong.

        `account` is an e-mail address as it was typed; `known`: the browser is, to this account;
        `client`: the id of one that has shown its secret.
        Raises RateLimited, Unavailable: then nothing was checked.
        """
        taken: list[Bucket] = []
        whose = account_checked.set(account_key(account))
        try:
            self._reserve(taken, account, ip_key(address), known, client)
            yield
        except WrongPassword:
            raise
        except (RateLimited, Unavailable):  # not looked at
            self._release(taken)
            raise
        except ValidationFailed:  # it was right
            self._release(_guesses(taken))
            raise
        finally:
            account_checked.reset(whose)
        self._release(_guesses(taken))

    def _reserve(
        self, taken: list[Bucket], account: str, address: str, known: bool, client: str
    ) -> None:
        """Add to `taken` what could be had. The address comes first: from one that is used up no
        account's places are taken."""
        key = account_key(account)
        buckets = [(CHECK_PER_IP, address), (CHECK_PER_ACCOUNT, key)]
        if known:
            buckets += [(LOGIN_PER_KNOWN_BROWSER_AND_IP, address), (LOGIN_PER_KNOWN_BROWSER, key)]
        elif client:
            buckets += [(LOGIN_PER_IP, address), (LOGIN_PER_CLIENT, f"{key}/{client}")]
        else:
            buckets += [(LOGIN_PER_IP, address), (LOGIN_PER_ACCOUNT, key)]
        for bucket in buckets:
            self._acquire(*bucket)
            taken.append(bucket)
        with suppress(RateLimited):
            if known:
                self._acquire(LOGIN_PER_IP, address)
                taken.append((LOGIN_PER_IP, address))

    def forget_failures(self, account: str) -> None:
        """After a reset by mail: they were guesses of another password."""
        with suppress(Unavailable):
            for limit in (LOGIN_PER_ACCOUNT, LOGIN_PER_KNOWN_BROWSER):
                self._of(limit).clear(limit, account_key(account))

    def count(
        self, limit_by_account: Limit, limit_by_address: Limit, account: str, address: str
    ) -> None:
        """Every call counts. Raises RateLimited, Unavailable."""
        self.count_ip(limit_by_address, address)
        self.count_account(limit_by_account, account)

    def count_user(self, limit: Limit, user_id: str) -> None:
        """Every call counts. Raises RateLimited, Unavailable."""
        self._acquire(limit, user_id)

    def count_account(self, limit: Limit, account: str) -> None:
        """Every call counts. Raises RateLimited, Unavailable."""
        self._acquire(limit, account_key(account))

    def count_ip(self, limit: Limit, address: str) -> None:
        """Every call counts. Raises RateLimited, Unavailable."""
        self._acquire(limit, ip_key(address))

    def _acquire(self, limit: Limit, key: str) -> None:
        if self._enabled and (wait := self._of(limit).acquire(limit, key)):
            raise RateLimited(wait)

    def _release(self, taken: list[Bucket]) -> None:
        """What can't be given back lapses by itself: no reason to refuse a right password."""
        with suppress(Unavailable):
            for limit, key in taken if self._enabled else ():
                self._of(limit).release(limit, key)

    def _of(self, limit: Limit) -> RateLimitStore:
        return self._local if limit.local else self._store


def _guesses(taken: list[Bucket]) -> list[Bucket]:
    """Without those that count what a check costs."""
    return [(limit, key) for limit, key in taken if not limit.local]


def account_name(account: str) -> str:
    """The same for every way to type an address, so that ways to type it are no extra guesses."""
    try:
        return normalize_email(account)
    except ValueError:
        return account.strip().lower()


def account_key(account: str) -> str:
    """A digest, so that nobody's address stands in Redis; half an emoji has one, too."""
    name = account_name(account).encode("utf-8", "surrogatepass")
    return hashlib.sha256(name).hexdigest()
