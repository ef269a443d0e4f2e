"""What a user can sign in with besides a password: the data, and its port.

Times are Unix seconds. Every method of the port may raise Unavailable.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .errors import Conflict
from .models import EmailChange, Session
from .text import Message

# Passkeys of a user. More: longer lists. Fewer: no room for each device and a backup key.
MAX_PASSKEYS = 20
MAX_PASSKEY_NAME = 60


@dataclass(frozen=True)
class Passkey:
    """A WebAuthn credential (W3C Web Authentication Level 3, section 4)."""

    user_id: str
    user_handle: str
    """32 random bytes, base64url: names the account to the authenticator, and nothing else."""
    credential_id: str
    """Base64url."""
    public_key: bytes
    """COSE key (RFC 9052)."""
    sign_count: int
    transports: tuple[str, ...]
    aaguid: str
    """The model of the authenticator; all zeros if it does not say."""
    backup_eligible: bool
    """Whether it can be synced to other devices. Such a passkey has no reliable counter."""
    backed_up: bool
    name: str
    created_at: int
    last_used_at: int | None = None
    id: int = 0


@dataclass(frozen=True)
class Authenticator:
    """An authenticator app (TOTP, RFC 6238)."""

    secret: str
    """Encrypted."""
    last_step: int
    """The last time step whose code was used. Codes up to it are refused."""
    created_at: int


@dataclass(frozen=True)
class RecoveryCodes:
    """The present batch of recovery codes, without the codes."""

    batch: str = ""
    """The id of the batch; empty if there are no codes."""
    left: int = 0
    created_at: int = 0


@dataclass(frozen=True)
class TrustedBrowser:
    """A browser that needs no second step until `trusted_until`."""

    device_id: str
    user_agent: str
    last_seen: int
    trusted_until: int


def too_many_passkeys() -> Conflict:
    return Conflict(
        {"passkey": [Message("You have {count} passkeys already.", count=MAX_PASSKEYS)]}
    )


@dataclass(frozen=True)
class TakenBack:
    """What ended when the owner took the account back from a stranger."""

    sessions: list[Session]
    passkeys: Sequence[str] = ()
    """The names of the stranger's passkeys."""
    authenticator: bool = False
    recovery_codes: bool = False
    lost_passkeys: Sequence[str] = ()
    """The names of passkeys that were removed in that time, by anyone."""
    lost_authenticator: bool = False
    """An app was removed in that time, and there is none now."""
    passkeys_left: Sequence[str] = ()


class FactorRepository(Protocol):
    """Passkeys, authenticator apps, recovery codes and trusted browsers, in SQL."""

    def passkeys(self, user_id: str) -> list[Passkey]:
        """A user's passkeys, oldest first."""

    def passkey(self, credential_id: str) -> Passkey | None:
        """The passkey with this credential id, of any user."""

    def add_passkey(self, passkey: Passkey) -> Passkey:
        """Insert a passkey, with its event. Raises Conflict: it exists, or there are too many."""

    def use_passkey(self, passkey: Passkey, sign_count: int, backed_up: bool, now: int) -> bool:
        """Record a sign-in. False if the passkey is gone, or a cloned one used a later counter."""

    def rename_passkey(self, user_id: str, passkey_id: int, name: str) -> bool:
        """Whether there is such a passkey."""

    def remove_passkey(self, user_id: str, passkey_id: int, now: int) -> Passkey | None:
        """Delete a passkey, with its event; None if it is gone. Raises Conflict: last way in."""

    def remove_password(self, user_id: str, no_password: str, now: int) -> bool:
        """Replace the hash by `no_password`, with an event. False: there was no password.

        Raises Conflict if there is no passkey: the last way in.
        """

    def authenticator(self, user_id: str) -> Authenticator | None:
        """The user's authenticator app."""

    def set_authenticator(self, user_id: str, secret: str, step: int, now: int) -> None:
        """Switch the second step on, with its event, or replace its app.

        `step` is used then. Raises Conflict if there are no recovery codes.
        """

    def remove_authenticator(self, user_id: str, now: int) -> bool:
        """Switch the second step off, with its event: recovery codes and trust end as well."""

    def use_step(self, user_id: str, step: int) -> bool:
        """Use the code of a time step, atomically. False if it or a later one was used."""

    def recovery_codes(self, user_id: str) -> RecoveryCodes:
        """The present batch."""

    def replace_codes(
        self, user_id: str, old_batch: str, batch: str, hashes: Sequence[str], now: int
    ) -> bool | None:
        """Replace the codes, with an event. None if another batch than `old_batch` is stored.

        False if `batch` is stored already: the request was sent twice.
        """

    def has_code(self, user_id: str, code_hash: str) -> bool:
        """Whether this recovery code is not used yet. Its use is a part of the sign-in."""

    def authenticators(self) -> list[tuple[str, str]]:
        """The user and the encrypted secret of every app: to encrypt them with a new key."""

    def replace_secret(self, user_id: str, old: str, new: str) -> None:
        """Store a secret that was encrypted anew, unless the app was replaced meanwhile."""

    def is_trusted(self, user_id: str, device_id: str, now: int) -> bool:
        """Whether the browser needs no second step."""

    def trusted_browsers(self, user_id: str, now: int) -> list[TrustedBrowser]:
        """The browsers that need no second step, last used first."""

    def end_trust(self, user_id: str, device_id: str | None, now: int, *, but: str = "") -> bool:
        """End the trust of one browser, or of all (None) except `but`, with an event."""

    def reset(self, user_id: str, now: int) -> list[Session]:
        """Delete all factors but the password, with an event. All sessions end: those sessions."""

    def reject_sign_in(
        self,
        user_id: str,
        sid: str,
        change: EmailChange | None,
        now: int,
        *,
        recent_since: int,
    ) -> TakenBack | None:
        """End all sessions and void the password, with an event.

        Also undoes `change`, if given. If the sign-in is not older than `recent_since`, deletes
        the factors that were added since the first sign-in in a new browser after that.
        None if this sign-in was rejected before.
        """

    def set_sign_in_mail(self, user_id: str, wanted: bool, now: int) -> bool:
        """Whether a sign-in in a new browser is mailed, with an event. False: it was so before."""
