"""The second step of a sign-in: a code after the password, where the user has switched it on."""

import hashlib
import hmac
from dataclasses import dataclass, replace

from .authenticator_apps import AuthenticatorApps
from .errors import InvalidCredentials, SecondStepRequired
from .factors import FactorRepository
from .models import SignIn, User
from .ports import UserRepository
from .recovery_codes import RecoveryCodeBook, is_recovery_code

# Seconds for which a browser needs no second step, if its user wishes. Longer: a stolen browser,
# with the password, signs in for longer. Shorter: more codes to type.
TRUST_TTL = 30 * 24 * 3600


@dataclass(frozen=True)
class SecondStep:
    users: UserRepository
    factors: FactorRepository
    apps: AuthenticatorApps
    codes: RecoveryCodeBook

    def is_needed(self, user_id: str, device_id: str, now: float) -> bool:
        """Whether the user has to send a code, in this browser. Raises Unavailable."""
        if self.factors.authenticator(user_id) is None:
            return False
        return not (device_id and self.factors.is_trusted(user_id, device_id, int(now)))

    def password_digest(self, user: User) -> str:
        """Of a user whose password was just right: for `resume`."""
        return hashlib.sha256(user.verified_password_hash.encode()).hexdigest()[:32]

    def resume(self, user_id: str, digest: str) -> User:
        """The user, if they still have that password. Raises InvalidCredentials, Unavailable."""
        row = self.users.by_id(user_id)
        if row is None or row[0].disabled:
            raise InvalidCredentials
        user = replace(row[0], verified_password_hash=row[1])
        if not hmac.compare_digest(self.password_digest(user), digest):
            raise InvalidCredentials
        return user

    def check(
        self, user: User, code: str, recovery_code: str, now: float, *, trust: bool = False
    ) -> SignIn:
        """Check one of the codes; the session that opens uses it up.

        `trust`: whether this browser needs no second step for the next 30 days.
        Raises SecondStepRequired (none was sent), WrongCode, Unavailable.
        """
        if recovery_code:
            hashed = self.codes.check(user, recovery_code, now)
            sign_in = SignIn("recovery_code", code_hash=hashed)
        elif code:
            sign_in = SignIn("code", time_step=self.apps.check(user.id, code, now))
        else:
            raise SecondStepRequired
        return replace(sign_in, trusted_until=int(now) + TRUST_TTL) if trust else sign_in


def sorted_codes(code: str, recovery_code: str) -> tuple[str, str]:
    """Both without spaces at the ends; a recovery code in the wrong field is found."""
    code, recovery_code = code.strip(), recovery_code.strip()
    return ("", code) if not recovery_code and is_recovery_code(code) else (code, recovery_code)
