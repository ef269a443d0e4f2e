"""Passwords given over HTTP: every check of one counts against guessing, wherever it is made."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress

from webapp.core.clients import Client
from webapp.core.errors import RateLimited, Unavailable
from webapp.core.models import User, UserChanges
from webapp.core.rate_limits import CODE_MAIL_PER_ACCOUNT, RESEND_PER_ACCOUNT, RESEND_PER_IP
from webapp.web.services import client_info, services

from . import device_cookie
from .authentication import current_identity


def rate_limited_check(
    email: str, *, known: bool = False, client: Client | None = None
) -> AbstractContextManager[None]:
    """Around a password check. Raises RateLimited before it, Unavailable without a counter.

    `known`: a session or a mailed link has shown that it is no stranger. A client counts apart
    if its secret has shown which one it is.
    """
    known = known or device_cookie.is_known_to(email)
    apart = client.client_id if client and client.confidential else ""
    return services().rate_limiter.password_check(email, client_info().ip, known, apart)


@contextmanager
def rate_limited_code(user: User, *, known: bool, guessable: bool = True) -> Iterator[None]:
    """Around the check of a code. Raises RateLimited before it, Unavailable without a counter.

    At the limit the user is mailed, once an hour: who tries codes has the password.
    """
    limiter = services().rate_limiter
    try:
        with limiter.code_check(user.id, client_info().ip, known, guessable):
            yield
    except RateLimited:
        with suppress(RateLimited, Unavailable):
            limiter.count_user(CODE_MAIL_PER_ACCOUNT, user.id)
            services().factors.security.report_guessed_codes(user)
        raise


def check_password(password: str) -> User:
    """Check the password of the signed-in user. Raises WrongPassword, RateLimited, Unavailable."""
    me = current_identity().user
    with rate_limited_check(me.email, known=True):
        return services().accounts.check_password(me.id, password, services().now())[0]


def change_profile(
    *,
    email: str | None = None,
    name: str | None = None,
    current_password: str = "",
    proved: bool = False,
) -> User:
    """Of who is signed in. Raises ValidationFailed, RateLimited, Unavailable."""
    me, now = current_identity().user, services().now()
    if services().accounts.validated(UserChanges(email=email, name=name)).email not in (
        None,
        me.email,
    ):
        count_mail_to_new_address()  # of typing errors, none is mailed
    with rate_limited_check(me.email, known=True) if current_password else nullcontext():
        return services().email_changes.update_profile(
            me.id, email=email, name=name, password=current_password, now=now, proved=proved
        )


def count_mail_to_new_address() -> None:
    """It is an address of their choice. Raises RateLimited, Unavailable."""
    me = current_identity().user
    services().rate_limiter.count(RESEND_PER_ACCOUNT, RESEND_PER_IP, me.id, client_info().ip)
