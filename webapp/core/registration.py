"""What people do about an account of their own before they can sign in to it.

Nothing here tells whether an address has an account, by text, status or time
(OWASP ASVS 5.0 6.3.8): what differs goes to the address itself, by mail.
"""

from dataclasses import dataclass, replace

from .accounts import Accounts, Changes, Users, new_user
from .devices import Devices
from .errors import Conflict, LinkVoid
from .events import EventKind, Events
from .links import Links, Purpose
from .notices import Notices
from .passwords import Passwords
from .sessions import EndReason
from .stores import User


@dataclass(frozen=True)
class Registration:
    users: Users
    passwords: Passwords
    accounts: Accounts
    devices: Devices
    links: Links
    notices: Notices
    events: Events
    must_confirm: bool
    """Whether an address has to be confirmed before the first sign-in."""

    def register(self, email: str, password: str, name: str, now: float) -> User:
        """The new user; or somebody made up, who looks the same, if there is one already.

        Raises ValidationFailed with `fields`.
        """
        good = self.accounts.checked(Changes(email=email, password=password, name=name))
        user = replace(new_user(good, now), pending=self.must_confirm)
        hashed = self.passwords.hash(password)
        try:
            self.users.create(user, hashed)
        except Conflict:
            self._register_again(user, hashed, now)
        else:
            self.notices.confirm_address(user, hashed, now)
        return user

    def _register_again(self, wanted: User, hashed: str, now: float) -> None:
        """An account that is still pending goes to whoever registers it last and has the mail.

        So a stranger who was first, with a password of his own, gains nothing when the
        owner of the address confirms.
        """
        owner, _ = self.accounts.find(wanted.email)
        if owner is None:
            return
        if owner.pending and self.users.take_over_pending(owner, wanted.name, hashed):
            self.notices.confirm_address(replace(owner, name=wanted.name), hashed, now)
        else:
            self.events.record(EventKind.REGISTERED_AGAIN, owner.id, now)
            self.notices.already_registered(owner)

    def send_reset_link(self, email: str, now: float) -> None:
        """To the address, if it has an account. Nobody waits for this to finish."""
        user, hashed = self.accounts.find(email)
        if user and hashed and not user.disabled:
            self.events.record(EventKind.RESET_REQUESTED, user.id, now)
            self.notices.reset_password(user, hashed, now)

    def send_confirmation(self, email: str, now: float) -> None:
        """To the address, if it waits for one. Nobody waits for this to finish."""
        user, hashed = self.accounts.find(email)
        if user and hashed and not user.confirmed_at and not user.disabled:
            self.notices.confirm_address(user, hashed, now)

    def whose_link(self, purpose: Purpose, token: str, now: float) -> tuple[User, str]:
        """The user, and the hash of their password. Raises LinkVoid."""
        found = self.users.by_id(self.links.whose(purpose, token, now))
        if found is None or found[0].disabled:
            raise LinkVoid
        self.links.check(purpose, token, *found)
        return found

    def confirm(self, token: str, now: float) -> None:
        """Raises LinkVoid."""
        user, hashed = self.whose_link(Purpose.CONFIRM, token, now)
        if not self.users.confirm(user, hashed, int(now)):
            raise LinkVoid

    def reset(self, token: str, password: str, now: float) -> None:
        """Set a new password, and sign out everywhere. Raises ValidationFailed, LinkVoid."""
        user, hashed = self.whose_link(Purpose.RESET, token, now)
        ended = self.accounts.set_password(user, hashed, password, EventKind.PASSWORD_RESET, now)
        self.devices.announce(ended, EndReason.PASSWORD_CHANGED, now)
