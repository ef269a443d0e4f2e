"""What the kit needs of a server: `login` and `refresh`. Other methods make checks possible."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn


class Aborted(Exception):
    """The whole run has to stop, for the reason given in one line."""


@dataclass(frozen=True)
class Tokens:
    """What a client holds after a sign-in or a refresh."""

    refresh: str
    """The checks replace it, so an adapter has to send this one, and no copy in `state`."""
    access: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of the response that brought the tokens, with small letters."""
    cookie: str | None = None
    """The whole Set-Cookie line of the refresh token, if it came in a cookie."""
    state: object = None
    """The adapter's own, such as other cookies."""


class Refused(Exception):
    """The server says that the tokens are not good: 400, 401, 403, or a redirect to sign in."""


class Unavailable(Exception):
    """The server can't tell now: 429, 5xx, a closed connection, no response in time."""


class NotSupported(Exception):
    """The server or the adapter has no such operation; the check is not applicable."""


class Adapter:
    """Base class of adapters. Methods may run in twenty threads at once.

    Each may raise `Unavailable`; `refresh`, `call` and `logout` may raise `Refused`. A method that
    is not written makes its checks not applicable.
    """

    name = "the server"
    grace: float = 0
    """Seconds for which the server accepts a used refresh token on purpose."""
    absolute_limit: float | None = None
    """Seconds after which a session ends however active it is; None: there is no such limit."""

    def login(self) -> Tokens:
        """Tokens of a new session, each time of the same user."""
        not_supported("login")

    def refresh(self, tokens: Tokens) -> Tokens:
        """New tokens for `tokens.refresh`."""
        not_supported("refresh")

    def call(self, tokens: Tokens) -> None:
        """Send one request with the access token alone; no refresh may happen."""
        not_supported("call")

    def logout(self, tokens: Tokens) -> None:
        not_supported("logout")

    def second_session(self) -> Tokens:
        """A session of the same user on another device."""
        return self.login()

    def disable_user(self) -> None:
        not_supported("disable_user")

    def enable_user(self) -> None:
        not_supported("enable_user")

    def advance(self, seconds: float) -> None:
        """Move the clock of the server, and of its store, forward."""
        not_supported("advance")

    def restart_store(self) -> None:
        """Restart the store that holds the refresh tokens, with the data that it keeps on disk."""
        not_supported("restart_store")

    def empty_store(self) -> None:
        """Delete all that this store holds; accounts stay."""
        not_supported("empty_store")

    def save_store(self) -> None:
        """Keep a copy of this store's data, for `roll_back_store`."""
        not_supported("save_store")

    def roll_back_store(self) -> None:
        """Put the copy back, as a failover to a late replica does."""
        not_supported("roll_back_store")

    def pause_store(self) -> None:
        """Let the store hang or stop until `resume_store`."""
        not_supported("pause_store")

    def resume_store(self) -> None:
        not_supported("resume_store")

    def missing(self, operation: str) -> str | None:
        """Why a check that needs this operation can't be carried out; None if it can."""
        if operation == "absolute_limit":
            return None if self.absolute_limit else "the adapter names no absolute_limit"
        own = getattr(getattr(self, operation), "__func__", None)
        return f"the adapter has no {operation}()" if own is getattr(Adapter, operation) else None

    def reset(self) -> None:
        """Before each check: clear rate limits and the like."""

    def close(self) -> None:
        """After the last check."""


def not_supported(operation: str) -> NoReturn:
    raise NotSupported(f"the adapter has no {operation}()")
