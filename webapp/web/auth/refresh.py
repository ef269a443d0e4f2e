"""Redeem a refresh token: in the hook, or in the API with a rate limit per IP and per user."""

from webapp.core.clients import Client
from webapp.core.errors import EvergreenError
from webapp.core.rate_limits import REFRESH_PER_ACCOUNT, REFRESH_PER_IP
from webapp.core.token_issuer import ClientInfo, IssuedTokens
from webapp.web.services import client_info, services


def rate_limited_redeem(refresh_token: str, client: Client) -> IssuedTokens:
    """Redeem for a program. Raises Unauthenticated, RateLimited, Unavailable.

    Tokens can't be guessed: the limit is against programs that loop. Each worker counts
    separately, so that a refresh needs no further call to Redis.
    """
    limiter, client_facts = services().rate_limiter, client_info(client)
    limiter.count_ip(REFRESH_PER_IP, client_facts.ip)
    grant = redeem_and_count(refresh_token, client_facts)
    # The user is known only now. After a refusal, a repeat returns the same successor.
    limiter.count_user(REFRESH_PER_ACCOUNT, grant.user.id)
    return grant


def redeem_and_count(
    refresh_token: str, client_facts: ClientInfo, sid: str | None = None
) -> IssuedTokens:
    """Call `Sessions.redeem` and count its outcome in the metrics, also an error."""
    app_services = services()
    try:
        grant = app_services.sessions.redeem(
            refresh_token, client_facts, app_services.now(), sid=sid
        )
    except EvergreenError as refusal:
        app_services.metrics.refresh(refusal.code)
        raise
    app_services.metrics.refresh(grant.outcome)
    return grant
