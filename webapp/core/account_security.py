"""The security of an account as a whole: its sign-in methods, and changes of several at once."""

from dataclasses import dataclass

from .email_changes import EmailChangeStore
from .email_tokens import EmailTokens, Purpose
from .end_reasons import EndReason
from .errors import InvalidLink, NotFound
from .factors import FactorRepository, Passkey, RecoveryCodes, TakenBack, TrustedBrowser
from .models import EmailChange, Session, User
from .notifications import Notifications
from .passwords import is_hash, no_password
from .ports import InvalidationFeed, SessionRepository, UserRepository
from .rate_limits import RateLimiter
from .sessions import Sessions
from .text import N_

# Seconds after a sign-in in which its rejection deletes the factors that were added since.
STRANGE_FACTORS_TTL = 24 * 3600


@dataclass(frozen=True)
class SignInMethods:
    user: User
    has_password: bool
    passkeys: list[Passkey]
    authenticator_since: int | None
    """None: the second step is off."""
    recovery_codes: RecoveryCodes
    trusted_browsers: list[TrustedBrowser]


@dataclass(frozen=True)
class RejectedSignIn:
    session: Session
    email: str
    """The e-mail that the link was sent to."""
    change: EmailChange | None
    """The change of that e-mail, which has to be undone."""


@dataclass(frozen=True)
class AccountSecurity:
    factors: FactorRepository
    users: UserRepository
    email_changes: EmailChangeStore
    repository: SessionRepository
    sessions: Sessions
    email_tokens: EmailTokens
    notifications: Notifications
    feed: InvalidationFeed
    rate_limiter: RateLimiter

    def sign_in_methods(self, user: User, now: float) -> SignInMethods:
        """Raises NotFound (the user is deleted), Unavailable."""
        user, hashed = self._get(user.id)
        app = self.factors.authenticator(user.id)
        return SignInMethods(
            user,
            is_hash(hashed),
            self.factors.passkeys(user.id),
            app.created_at if app else None,
            self.factors.recovery_codes(user.id),
            self.factors.trusted_browsers(user.id, int(now)),
        )

    def has_password(self, user_id: str) -> bool:
        return is_hash(self._get(user_id)[1])

    def remove_password(self, user: User, now: float) -> bool:
        """Whether there was one. Raises Conflict if there is no passkey."""
        removed = self.factors.remove_password(user.id, no_password(), int(now))
        if removed:
            self.notifications.factor_removed(user, N_("the password"))
        return removed

    def set_sign_in_mail(self, user: User, wanted: bool, now: float) -> None:
        """Switch the mail about new browsers on or off. A last mail reports the end."""
        if self.factors.set_sign_in_mail(user.id, wanted, int(now)) and not wanted:
            self.notifications.factor_removed(user, N_("the e-mail about sign-ins in new browsers"))

    def report_guessed_codes(self, user: User) -> None:
        self.notifications.codes_guessed(user)

    def reset(self, user: User, now: float) -> None:
        """For an admin: delete all factors but the password, and end all sessions.

        Their user signs in with the password, or with a link by e-mail.
        """
        self.feed.publish(user.id)
        ended = self.factors.reset(user.id, int(now))
        self.sessions.write_tombstones(ended, now)
        self.rate_limiter.forget_codes(user.id)
        self.notifications.factors_reset(user)

    def sign_in_to_reject(self, token: str, now: float) -> RejectedSignIn:
        """What the link of a mail about a new browser would reject. Raises InvalidLink.

        If the stranger has changed the e-mail, the link in the old mailbox undoes that as well.
        """
        user_id, sid, email = self.email_tokens.sign_in_to_reject(token, now)
        user, session = self.repository.find(user_id, sid)
        if user is None or user.disabled or session is None or session.user_id != user.id:
            raise InvalidLink
        change = None if user.email == email else self.email_changes.undoable_to(email, int(now))
        if session.ended_reason == EndReason.NOT_ME:
            raise InvalidLink
        if user.email != email and (change is None or change.user_id != user.id):
            raise InvalidLink
        return RejectedSignIn(session, email, change)

    def reject_sign_in(self, token: str, now: float) -> tuple[str, TakenBack]:
        """Take the account back; the token of a reset link, and what ended.

        All sessions end, and the password becomes void. Of a sign-in of the last day, factors
        that were added since are deleted: a stranger's passkey would still sign in. Of an older
        one they stay: else a reader of old mail could remove a second step. Links of other
        sign-ins still work: one of them may be in a stranger's mailbox. Raises InvalidLink.
        """
        rejected = self.sign_in_to_reject(token, now)
        session, change = rejected.session, rejected.change
        self.feed.publish(session.user_id)
        taken = self.factors.reject_sign_in(
            session.user_id,
            session.sid,
            change,
            int(now),
            recent_since=int(now) - STRANGE_FACTORS_TTL,
        )
        if taken is None:
            raise InvalidLink
        self.sessions.write_tombstones(taken.sessions, now)
        user, stored = self._get(session.user_id)
        return self.email_tokens.make(Purpose.RESET, user, stored, now), taken

    def _get(self, user_id: str) -> tuple[User, str]:
        row = self.users.by_id(user_id)
        if row is None:
            raise NotFound
        return row
