"""A program redeems its refresh token: at the JSON API or by OAuth, counted alike."""

from webapp.core.attempts import REFRESH_BY_ACCOUNT, REFRESH_BY_ADDRESS
from webapp.core.grants import Grant

from .services import origin, services


def redeem(refresh_token: str, client_id: str) -> Grant:
    """Raises Unauthenticated, RateLimited, Unavailable.

    Tokens can't be guessed: this is against programs gone wild. Each worker counts for
    itself, so that an honest refresh costs no further call.
    """
    attempts, asking, now = services().attempts, origin(client_id), services().now()
    attempts.count_address(REFRESH_BY_ADDRESS, asking.ip)
    grant = services().sessions.redeem(refresh_token, asking, now)
    # Afterwards it is known whose it is; who is refused now gets the same successor later.
    attempts.count_user(REFRESH_BY_ACCOUNT, grant.user.id)
    return grant
