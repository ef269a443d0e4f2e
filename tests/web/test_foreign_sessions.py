"""A token that our key has signed, but with the session of another user, is refused."""

from dataclasses import replace

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.api import Program
from tests.support.browser import PASSWORD, Browser
from tests.support.clock import Clock
from webapp.core.sessions import Sessions
from webapp.core.token_issuer import BROWSER_CLIENT, ClientInfo, IssuedTokens
from webapp.core.token_verifier import TokenVerifier

OTHER = "grace@example.com"
KINDS = ("access", "refresh")


@pytest.fixture
def victim(app: Flask, sessions: Sessions, clock: Clock) -> IssuedTokens:
    """Another user, signed in."""
    user = services_of(app).accounts.register(OTHER, PASSWORD, now=clock())
    return sessions.start(user, ClientInfo("", ""), remember=True, now=clock())


@pytest.fixture
def mixed(
    sessions: Sessions, victim: IssuedTokens, browser: Browser, clock: Clock
) -> dict[str, str]:
    """Ada's tokens with another user's session."""
    browser.sign_in()
    tokens, sid = sessions._tokens, victim.session.sid
    access = tokens.verify_access(browser.access_token, clock())
    refresh = tokens.verify_refresh(browser.refresh_token, clock())
    return {
        "access": tokens.sign_access(replace(access, sid=sid)),
        "refresh": tokens.sign_refresh(replace(refresh, sid=sid)),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_it_opens_no_page(browser: Browser, mixed: dict[str, str], kind: str) -> None:
    browser.keep({f"{kind}_token": mixed[kind]})
    assert not browser.is_in()


def test_it_opens_nothing_at_the_api(app: Flask, mixed: dict[str, str]) -> None:
    program = Program(app)
    bearer = {"Authorization": f"Bearer {mixed['access']}"}
    answer = program.call("GET", "/auth/profile", **bearer)
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "token_invalid")


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_inactive_to_clients(
    app: Flask, secret: str, mixed: dict[str, str], kind: str
) -> None:
    answer = Program(app).form(
        "/oauth/introspect", token=mixed[kind], client_id="shop", client_secret=secret
    )
    assert answer.json == {"active": False}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("owner", ["there", "gone"])
def test_it_ends_nothing(
    app: Flask,
    sessions: Sessions,
    token_verifier: TokenVerifier,
    victim: IssuedTokens,
    mixed: dict[str, str],
    clock: Clock,
    browser: Browser,
    kind: str,
    owner: str,
) -> None:
    if owner == "gone":
        ada, _ = services_of(app).accounts.find("ada@example.com")
        services_of(app).user_admin.remove(ada.id, clock())
    assert sessions.claims_ignoring_expiry(mixed[kind], BROWSER_CLIENT, clock()) is None
    sessions.revoke(mixed[kind], BROWSER_CLIENT, clock())
    browser.keep({f"{kind}_token": mixed[kind]})
    browser.post("/logout", form_on="/login")
    token_verifier.verify(victim.access_token, clock())
