"""django-jwt-allauth."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.conformance.operated import OperatedAdapter
from bench.conformance.peer import Peer
from bench.conformance.sql_server import NOTE, sql_server
from bench.peers import EMAIL, PASSWORD
from tests.conformance import Adapter

# The value of its own example.
LIFETIME = 90 * 24 * 3600


@contextmanager
def start(folder: Path) -> Iterator[Adapter]:
    with sql_server("jwt_allauth", folder) as (server, fields):
        api = f"{server.url}/jwt-allauth"
        yield OperatedAdapter(
            name=PEER.name,
            login_url=f"{api}/login/",
            login_body={"email": EMAIL, "password": PASSWORD},
            refresh_url=f"{api}/refresh/",
            refresh_cookie="refresh_token",
            access_field="access",
            call_url=f"{api}/user/",
            logout_url=f"{api}/logout/",
            absolute_limit=LIFETIME,
            **fields,
        )


PEER = Peer(
    "django-jwt-allauth",
    start,
    packages=(
        "django-jwt-allauth",
        "djangorestframework-simplejwt",
        "django-allauth",
        "django",
    ),
    notes=(
        "the refresh token in a cookie, its default",
        "switched on: JWTAllAuthDBAuthentication, JWT_ALLAUTH_ACCESS_TOKEN_SESSION_CHECK, and "
        "JWT_ALLAUTH_SESSION_LIFETIME of 90 days",
        "a disabled account: is_active is false",
        NOTE,
    ),
)
