"""A refresh token is redeemed: by the hook, or by a program, which is counted per address."""

from webapp.core.clients import Client
from webapp.core.errors import EvergreenError
from webapp.core.rate_limits import REFRESH_PER_ACCOUNT, REFRESH_PER_IP
from webapp.core.token_issuer import ClientInfo, IssuedTokens
from webapp.web.services import client_info, services


def rate_limited_redeem(refresh_token: str, client: Client) -> IssuedTokens:
    """Raises Unauthenticated, RateLimited, Unavailable.

    Tokens can't be guessed: this is against programs gone wild. Each worker counts for
    itself, so that an honest refresh costs no further call.
    """
    attempts, asking = services().rate_limiter, client_info(client)
    attempts.count_ip(REFRESH_PER_IP, asking.ip)
    grant = redeem_and_count(refresh_token, asking)
    # Afterwards it is known whose it is; who is refused now gets the same successor later.
    attempts.count_user(REFRESH_PER_ACCOUNT, grant.user.id)
    return grant


def redeem_and_count(
    refresh_token: str, asking: ClientInfo, sid: str | None = None
) -> IssuedTokens:
    """As `Sessions.redeem`; the outcome is counted for the operator, whichever it is."""
    found = services()
    try:
        grant = found.sessions.redeem(refresh_token, asking, found.now(), sid=sid)
    except EvergreenError as refusal:
        found.metrics.refresh(refusal.code)
        raise
    found.metrics.refresh(grant.outcome)
    return grant
