"""Passwords given over HTTP: every check of one counts against guessing, wherever it is made."""

from contextlib import AbstractContextManager, nullcontext

from webapp.core.clients import Client
from webapp.core.models import Changes, User
from webapp.core.rate_limits import RESEND_BY_ACCOUNT, RESEND_BY_ADDRESS
from webapp.web.services import origin, services

from . import device_cookie
from .authentication import visitor


def checking(
    email: str, *, known: bool = False, client: Client | None = None
) -> AbstractContextManager[None]:
    """Around a password check. Raises RateLimited before it, Unavailable without a counter.

    `known`: a session or a mailed link has shown that it is no stranger. A client counts apart
    if its secret has shown which one it is.
    """
    known = known or device_cookie.is_known_to(email)
    apart = client.client_id if client and client.confidential else ""
    return services().attempts.password_check(email, origin().ip, known, apart)


def check_password(password: str) -> User:
    """Of who is signed in. Raises PasswordRefused, RateLimited, Unavailable."""
    me = visitor().user
    with checking(me.email, known=True):
        return services().accounts.check_password(me.id, password, services().now())[0]


def change_profile(
    *, email: str | None = None, name: str | None = None, current_password: str = ""
) -> User:
    """Of who is signed in. Raises ValidationFailed, RateLimited, Unavailable."""
    me, now = visitor().user, services().now()
    if services().accounts.checked(Changes(email=email, name=name)).email not in (None, me.email):
        count_mail_to_new_address()  # of typing errors, none is mailed
    with checking(me.email, known=True) if current_password else nullcontext():
        return services().email_changes.update_profile(
            me.id, email=email, name=name, password=current_password, now=now
        )


def count_mail_to_new_address() -> None:
    """It is an address of their choice. Raises RateLimited, Unavailable."""
    me = visitor().user
    services().attempts.count(RESEND_BY_ACCOUNT, RESEND_BY_ADDRESS, me.id, origin().ip)
