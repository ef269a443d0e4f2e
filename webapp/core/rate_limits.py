"""Rate limits: the table of limits, and the rules for counting.

A password check is counted before it is made, so that parallel guesses can't exceed the limit; a
success is taken back, so that only failures count as guesses. Much wider limits count all checks,
for their CPU time. Guesses have separate limits for browsers that have signed in to the account
(also for a session or a mailed link) and for clients with a secret: so a stranger who uses up the
account's limit locks out strangers, not its owner (OWASP, "Slow Down Online Guessing Attacks with
Device Cookies").
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from .errors import CodeUsed, RateLimited, Unavailable, ValidationFailed, WrongCode, WrongPassword
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
    """Counted in each worker: without a call to Redis, but n workers allow n times as many."""


# Wrong passwords for an account from unknown browsers. More: a guesser gets through more of a list
# (10 are 960 a day). Fewer: strangers can lock new browsers out more cheaply.
LOGIN_PER_ACCOUNT = Limit("account", 10, 15 * MINUTE)
# Wrong passwords from an IP, for all accounts. More: one machine tries a popular
# password on more accounts. Fewer: an office or a mobile network behind one IP is locked out.
LOGIN_PER_IP = Limit("address", 100, 15 * MINUTE)
# Wrong passwords for an account from all its known browsers. More: a thief of a browser's
# cookie can guess more. Fewer: an owner with a new password has to wait.
LOGIN_PER_KNOWN_BROWSER = Limit("known-browser", 30, 15 * MINUTE)
# Wrong passwords from known browsers at an IP, for all accounts. Not LOGIN_PER_IP, which a stranger
# at the same IP can use up. More: on a computer that many people use, more passwords can be tried.
# Fewer: such a computer is locked sooner.
LOGIN_PER_KNOWN_BROWSER_AND_IP = Limit("known-address", 100, 15 * MINUTE)
# Wrong passwords for an account from one client with a secret. More: its users can
# guess more. Fewer: a stranger among them can lock an account out there more cheaply.
LOGIN_PER_CLIENT = Limit("client", 10, 15 * MINUTE)

# Password checks for an account, and from an IP, right ones as well: each costs a third
# of a second of a core. More: one account keeps more of a core busy (300: a tenth). Fewer: tests
# that sign in to one account again and again have to wait, and so has a large office.
CHECK_PER_ACCOUNT = Limit("check-account", 300, 15 * MINUTE, local=True)
CHECK_PER_IP = Limit("check-address", 3000, 15 * MINUTE, local=True)

# Wrong codes of an authenticator app for an account, after a right password: from unknown
# browsers, and from known ones or in a session. More: a thief of the password guesses a code sooner
# (5 are 480 a day, which finds one in 1,000 days). Fewer: an owner who mistypes has to wait.
CODE_PER_ACCOUNT = Limit("code-account", 5, 15 * MINUTE)
CODE_PER_KNOWN_BROWSER = Limit("known-code-account", 5, 15 * MINUTE)
# E-mails to an account whose codes are being guessed: by a person who has its password.
CODE_MAIL_PER_ACCOUNT = Limit("code-mail", 1, HOUR)
# Sign-ins with passkeys from an IP: each costs a signature and a query.
PASSKEY_PER_IP = Limit("passkey-address", 300, MINUTE, local=True)

# Mails to one e-mail, and requests for them from one IP. More: strangers can fill a mailbox. Fewer:
# a user whose mail got lost has to wait, and so has a class that registers together.
REGISTER_PER_ACCOUNT = Limit("register-account", 5, HOUR)
REGISTER_PER_IP = Limit("register-address", 60, HOUR)
FORGOT_PER_ACCOUNT = Limit("forgot-account", 5, HOUR)
FORGOT_PER_IP = Limit("forgot-address", 60, HOUR)
RESEND_PER_ACCOUNT = Limit("resend-account", 5, HOUR)
RESEND_PER_IP = Limit("resend-address", 60, HOUR)

# Refreshes of a user, and from an IP. More: a program in a loop costs more. Fewer: many honest
# programs of one user, or behind one IP, get 429 responses; none is signed out.
REFRESH_PER_ACCOUNT = Limit("refresh-account", 600, MINUTE, local=True)
REFRESH_PER_IP = Limit("refresh-address", 1200, MINUTE, local=True)
# Requests to the password meter from an IP. More: a stranger can use more CPU. Fewer: it stops
# while a user still types.
STRENGTH_PER_IP = Limit("strength-address", 240, MINUTE, local=True)
# Runs of the lab's scenarios by a user. More: a user can use more CPU. Fewer: users of the lab
# get 429 responses.
LAB_PER_ACCOUNT = Limit("lab-account", 60, MINUTE, local=True)
# The same by guests from an IP, such as a class. More: a stranger can use more CPU (a comparison
# takes 15 ms). Fewer: a class gets 429 responses.
LAB_PER_IP = Limit("lab-address", 120, MINUTE, local=True)

Bucket = tuple[Limit, str]


class RateLimitStore(Protocol):
    """Counts attempts in a moving window. Every method may raise Unavailable."""

    def acquire(self, limit: Limit, key: str) -> int:
        """Count an attempt, atomically: 0. At the limit: the seconds until the next attempt."""

    def release(self, limit: Limit, key: str) -> None:
        """Remove the newest entry."""

    def clear(self, limit: Limit, key: str) -> None:
        """Remove all entries."""


class RateLimiter:
    """Checks limits. `shared` counts for all workers, `local` for this process alone."""

    def __init__(self, shared: RateLimitStore, local: RateLimitStore, *, enabled: bool) -> None:
        self._shared = shared
        self._local = local
        self._enabled = enabled

    @contextmanager
    def password_check(
        self, account: str, ip: str, known: bool, client: str = ""
    ) -> Iterator[None]:
        """Count a password check. The body makes it, and raises if the password is wrong.

        `account` is an e-mail in any spelling; `known`: the browser has signed in to it before;
        `client`: the id of a client with a secret, else empty.
        Raises RateLimited, Unavailable: then the body did not run.
        """
        taken: list[Bucket] = []
        token = account_checked.set(account_key(account))
        try:
            self._reserve(taken, account, ip_key(ip), known, client)
            yield
        except WrongPassword:
            raise
        except (RateLimited, Unavailable):  # the password was not checked
            self._release(taken)
            raise
        except ValidationFailed:  # the password was right
            self._release(_guesses(taken))
            raise
        finally:
            account_checked.reset(token)
        self._release(_guesses(taken))

    def _reserve(
        self, taken: list[Bucket], account: str, ip: str, known: bool, client: str
    ) -> None:
        """Count in each bucket, and add it to `taken`. Raises RateLimited, Unavailable.

        The IP comes first: requests from a blocked IP must not use up the account's limit.
        """
        key = account_key(account)
        buckets = [(CHECK_PER_IP, ip), (CHECK_PER_ACCOUNT, key)]
        if known:
            buckets += [(LOGIN_PER_KNOWN_BROWSER_AND_IP, ip), (LOGIN_PER_KNOWN_BROWSER, key)]
        elif client:
            buckets += [(LOGIN_PER_IP, ip), (LOGIN_PER_CLIENT, f"{key}/{client}")]
        else:
            buckets += [(LOGIN_PER_IP, ip), (LOGIN_PER_ACCOUNT, key)]
        for bucket in buckets:
            self._acquire(*bucket)
            taken.append(bucket)
        with suppress(RateLimited):
            if known:
                self._acquire(LOGIN_PER_IP, ip)
                taken.append((LOGIN_PER_IP, ip))

    @contextmanager
    def code_check(self, user_id: str, ip: str, known: bool, guessable: bool) -> Iterator[None]:
        """Count the check of a second step. The body makes it, and raises WrongCode.

        `guessable`: six digits, and not a recovery code: then it counts for the account as well.
        Raises RateLimited, Unavailable: then the body did not run.
        """
        buckets = [(LOGIN_PER_KNOWN_BROWSER_AND_IP if known else LOGIN_PER_IP, ip_key(ip))]
        if guessable:
            buckets.append((CODE_PER_KNOWN_BROWSER if known else CODE_PER_ACCOUNT, user_id))
        taken: list[Bucket] = []
        try:
            for bucket in buckets:
                self._acquire(*bucket)
                taken.append(bucket)
            yield
        except BaseException as error:
            if not isinstance(error, WrongCode) or isinstance(error, CodeUsed):
                self._release(taken)
            raise
        self._release(taken)

    def forget_codes(self, user_id: str) -> None:
        """Clear the wrong codes of a user after a reset of their sign-in methods."""
        with suppress(Unavailable):
            for limit in (CODE_PER_ACCOUNT, CODE_PER_KNOWN_BROWSER):
                self._of(limit).clear(limit, user_id)

    def forget_failures(self, account: str) -> None:
        """Clear the failures of an account after a password reset."""
        with suppress(Unavailable):
            for limit in (LOGIN_PER_ACCOUNT, LOGIN_PER_KNOWN_BROWSER):
                self._of(limit).clear(limit, account_key(account))

    def count(self, account_limit: Limit, ip_limit: Limit, account: str, ip: str) -> None:
        """Count a request of an account and of an IP. Raises RateLimited, Unavailable."""
        self.count_ip(ip_limit, ip)
        self.count_account(account_limit, account)

    def count_user(self, limit: Limit, user_id: str) -> None:
        """Count a request of a user. Raises RateLimited, Unavailable."""
        self._acquire(limit, user_id)

    def count_account(self, limit: Limit, account: str) -> None:
        """Count a request of an account. Raises RateLimited, Unavailable."""
        self._acquire(limit, account_key(account))

    def count_ip(self, limit: Limit, ip: str) -> None:
        """Count a request of an IP. Raises RateLimited, Unavailable."""
        self._acquire(limit, ip_key(ip))

    def _acquire(self, limit: Limit, key: str) -> None:
        if self._enabled and (wait := self._of(limit).acquire(limit, key)):
            raise RateLimited(wait)

    def _release(self, taken: list[Bucket]) -> None:
        """Take counts back. During an outage of Redis they stay, and expire."""
        with suppress(Unavailable):
            for limit, key in taken if self._enabled else ():
                self._of(limit).release(limit, key)

    def _of(self, limit: Limit) -> RateLimitStore:
        return self._local if limit.local else self._shared


def _guesses(taken: list[Bucket]) -> list[Bucket]:
    """The buckets that count guesses, without those that count CPU time."""
    return [(limit, key) for limit, key in taken if not limit.local]


def account_name(account: str) -> str:
    """The stored form of the e-mail, so that another spelling gives no extra guesses."""
    try:
        return normalize_email(account)
    except ValueError:
        return account.strip().lower()


def account_key(account: str) -> str:
    """A digest of the e-mail, so that Redis holds no e-mails. Any text has one."""
    name = account_name(account).encode("utf-8", "surrogatepass")
    return hashlib.sha256(name).hexdigest()
