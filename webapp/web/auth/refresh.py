"""A refresh token is redeemed: by the hook, or by a program, which is counted per address."""

from webapp.core.clients import Client
from webapp.core.errors import EvergreenError
from webapp.core.rate_limits import REFRESH_BY_ACCOUNT, REFRESH_BY_ADDRESS
from webapp.core.token_issuer import Grant, Origin
from webapp.web.services import origin, services


def redeem(refresh_token: str, client: Client) -> Grant:
    """Raises Unauthenticated, RateLimited, Unavailable.

    Tokens can't be guessed: this is against programs gone wild. Each worker counts for
    itself, so that an honest refresh costs no further call.
    """
    attempts, asking = services().attempts, origin(client)
    attempts.count_address(REFRESH_BY_ADDRESS, asking.ip)
    grant = exchange(refresh_token, asking)
    # Afterwards it is known whose it is; who is refused now gets the same successor later.
    attempts.count_user(REFRESH_BY_ACCOUNT, grant.user.id)
    return grant


def exchange(refresh_token: str, asking: Origin, sid: str | None = None) -> Grant:
    """As `Sessions.redeem`; the outcome is counted for the operator, whichever it is."""
    found = services()
    try:
        grant = found.sessions.redeem(refresh_token, asking, found.now(), sid=sid)
    except EvergreenError as refusal:
        found.metrics.refresh(refusal.code)
        raise
    found.metrics.refresh(grant.outcome)
    return grant
