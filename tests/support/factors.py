"""An account with a second step, without the way through the pages."""

import pyotp
from flask import Flask

from tests.conftest import services_of
from tests.support.browser import EMAIL
from webapp.core.models import User


def user_of(app: Flask, email: str = EMAIL) -> User:
    with app.app_context():
        user, _ = services_of(app).accounts.find(email)
    assert user
    return user


def create_codes(app: Flask, email: str = EMAIL) -> list[str]:
    """Ten recovery codes that are valid."""
    services, user = services_of(app), user_of(app, email)
    with app.app_context():
        codes, now = services.factors.codes, services.now()
        batch = codes.new_batch(user, now)
        new = codes.codes_of(user, batch, now)
        codes.confirm(user, batch, now)
        return new


def switch_on_second_step(app: Flask, email: str = EMAIL) -> pyotp.TOTP:
    """The authenticator app. Its code of this moment is used up, that of the next step is not."""
    services, user = services_of(app), user_of(app, email)
    create_codes(app, email)
    with app.app_context():
        setup = services.factors.apps.new_setup(user, services.now())
        totp = pyotp.TOTP(setup.secret)
        services.factors.apps.switch_on(user, setup, totp.at(services.now()), services.now())
    return totp


def passkey_path(app: Flask, action: str = "") -> str:
    """The path of the first passkey of the account."""
    with app.app_context():
        first = services_of(app).factors.queries.passkeys(user_of(app).id)[0]
    return f"/account/passkeys/{first.id}/{action}"
