"""The part of the composition root for passkeys, authenticator apps and recovery codes."""

from .config import Settings
from .core.account_security import AccountSecurity
from .core.authenticator_apps import AuthenticatorApps
from .core.challenges import Challenges
from .core.email_tokens import EmailTokens
from .core.notifications import Notifications
from .core.passkeys import Passkeys
from .core.rate_limits import RateLimiter
from .core.recovery_codes import RecoveryCodeBook
from .core.relying_party import RelyingParty
from .core.second_step import SecondStep
from .core.sessions import Sessions
from .store.stores import Stores
from .web.services import Factors


def factors_of(
    settings: Settings,
    stores: Stores,
    sessions: Sessions,
    email_tokens: EmailTokens,
    notifications: Notifications,
    rate_limiter: RateLimiter,
) -> Factors:
    """The services of all that a user can sign in with besides a password."""
    facts = (stores.factors, stores.events, notifications)
    keys = [settings.secret_key, *settings.secret_key_fallbacks]
    apps = AuthenticatorApps(keys, settings.site_name, *facts)
    codes = RecoveryCodeBook(settings.secret_key, *facts)
    return Factors(
        passkeys=Passkeys(
            RelyingParty.of(settings.public_url, settings.site_name),
            Challenges(settings.secret_key.encode(), stores.used_challenges),
            stores.factors,
            stores.users,
            notifications,
            stores.events,
        ),
        apps=apps,
        codes=codes,
        second_step=SecondStep(stores.users, stores.factors, apps, codes),
        security=AccountSecurity(
            stores.factors,
            stores.users,
            stores.email_changes,
            stores.session_repository,
            sessions,
            email_tokens,
            notifications,
            stores.feed,
            rate_limiter,
        ),
        queries=stores.factors,
    )
