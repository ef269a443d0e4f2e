"""The state between the password and the second step: a signed cookie, and nothing on the server.

It opens no page but that of the second step. A new password makes it invalid.
"""

from typing import NamedTuple

from flask import after_this_request
from itsdangerous import BadData, URLSafeSerializer

from webapp.core.errors import InvalidCredentials
from webapp.core.models import User
from webapp.web.services import services

from . import cookies

# Seconds. Less: a slow user has to enter the password again. More: a person who comes later can
# try codes at a browser that was left there.
PENDING_TTL = 10 * 60
MAX_TARGET = 1000


class PendingSignIn(NamedTuple):
    user_id: str
    password_digest: str
    remember: bool
    target: str
    expires: int


def begin(user: User, *, remember: bool, target: str | None) -> None:
    """Set the cookie, for a user whose password was right."""
    digest = services().factors.second_step.password_digest(user)
    expires = int(services().now()) + PENDING_TTL
    target = target if target and len(target) <= MAX_TARGET else ""
    value = str(_signer().dumps(PendingSignIn(user.id, digest, remember, target, expires)))
    after_this_request(lambda response: cookies.set_second_step_cookie(response, value))


def read() -> tuple[User, PendingSignIn] | None:
    """The user whose password was right, in this browser; None without a valid cookie.

    Raises Unavailable.
    """
    for value in cookies.read_all(cookies.SECOND_STEP):
        try:
            pending = PendingSignIn(*_signer().loads(value))
        except (BadData, TypeError):
            continue
        if pending.expires > services().now() and (user := _user(pending)):
            return user, pending
    return None


def finish() -> None:
    after_this_request(cookies.delete_second_step_cookie)


def _user(pending: PendingSignIn) -> User | None:
    try:
        return services().factors.second_step.resume(pending.user_id, pending.password_digest)
    except InvalidCredentials:
        return None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(services().settings.secret_key, salt="second step")
