"""What the passkey script sends, forged in each part: refused, and never an error of ours."""

import base64
import copy
import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import services_of
from tests.support.browser import PASSWORD, Browser, set_cookies
from tests.support.clock import Clock
from tests.support.factors import passkey_path, user_of
from tests.support.servers import RedisServer
from tests.support.soft_passkey import (
    SYNCED,
    VERIFIED,
    SoftPasskey,
    add_passkey,
    sign_in_with,
)
from webapp import create_app
from webapp.core.challenges import CHALLENGE_TTL
from webapp.core.models import UserChanges
from webapp.core.relying_party import RelyingParty

Json = dict[str, Any]


@pytest.fixture
def origin(app: Flask) -> str:
    return services_of(app).settings.public_url


@pytest.fixture
def passkey(browser: Browser, origin: str) -> SoftPasskey:
    """Of the account of a browser that has just signed in."""
    browser.sign_in()
    passkey = SoftPasskey(origin)
    assert add_passkey(browser, passkey).status_code == 204
    return passkey


def request_options(browser: Browser) -> Json:
    options: Json = browser.get("/login/passkey/options").json
    return options


def test_it_signs_in_as_a_password_does(app: Flask, passkey: SoftPasskey) -> None:
    browser = Browser(app)
    answer = sign_in_with(browser, passkey, remember=True, next="/account")
    assert answer.headers["X-Location"] == "/account"
    assert "Max-Age=" in set_cookies(answer)["refresh_token"]
    assert "known_browser" in set_cookies(answer)
    assert "With a passkey" in browser.get("/account/activity").text


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", 7, None, "/logout"])
def test_it_leads_nowhere_else(app: Flask, passkey: SoftPasskey, target: object) -> None:
    answer = sign_in_with(Browser(app), passkey, next=target)
    assert answer.headers["X-Location"] == "/dashboard"


def test_the_options_ask_for_a_verified_user_and_name_no_account(browser: Browser) -> None:
    options = request_options(browser)
    assert options["userVerification"] == "required"
    assert options["rpId"] == "localhost"
    assert not options.get("allowCredentials")


def test_new_ones_are_discoverable_and_say_nothing_about_their_user(
    browser: Browser, passkey: SoftPasskey, app: Flask
) -> None:
    options = browser.get("/account/passkeys/options").json
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["attestation"] == "none"
    assert options["user"]["id"] == passkey.handle
    assert len(passkey.handle) == 43
    assert user_of(app).id not in json.dumps(options)
    assert len(options["excludeCredentials"]) == 1


class TestRefused:
    """Each in one respect; the same without it signs in."""

    def test_the_same_assertion_again(self, app: Flask, passkey: SoftPasskey) -> None:
        browser = Browser(app)
        body = {"credential": passkey.get(request_options(browser))}
        assert browser.post_json("/login/passkey", body).status_code == 204
        assert Browser(app).post_json("/login/passkey", body).status_code == 401

    def test_an_old_challenge(self, app: Flask, passkey: SoftPasskey, clock: Clock) -> None:
        options = request_options(Browser(app))
        clock.advance(CHALLENGE_TTL - 1)
        self.send(app, passkey.get(options), 204)
        options = request_options(Browser(app))
        clock.advance(CHALLENGE_TTL)
        self.send(app, passkey.get(options), 401)

    def test_a_challenge_of_no_one(self, app: Flask, passkey: SoftPasskey) -> None:
        options = request_options(Browser(app))
        self.send(app, passkey.get(options | {"challenge": "AAAA"}), 401)

    def test_without_user_verification(self, app: Flask, passkey: SoftPasskey) -> None:
        passkey.flags = SYNCED
        self.send(app, passkey.get(request_options(Browser(app))), 401)

    def test_of_another_origin(self, app: Flask, passkey: SoftPasskey) -> None:
        passkey.origin = "http://localhost.evil.example"
        self.send(app, passkey.get(request_options(Browser(app))), 401)

    def test_for_another_party(self, app: Flask, passkey: SoftPasskey) -> None:
        self.send(app, passkey.get(request_options(Browser(app)) | {"rpId": "evil.example"}), 401)

    def test_with_the_handle_of_another_user(self, app: Flask, passkey: SoftPasskey) -> None:
        passkey.handle = "A" * 43
        self.send(app, passkey.get(request_options(Browser(app))), 401)

    def test_with_another_key(self, app: Flask, passkey: SoftPasskey) -> None:
        other = SoftPasskey(passkey.origin)
        other.id, other.handle = passkey.id, passkey.handle
        self.send(app, other.get(request_options(Browser(app))), 401)

    def test_of_a_disabled_account(self, app: Flask, passkey: SoftPasskey, clock: Clock) -> None:
        with app.app_context():
            services_of(app).user_admin.change(user_of(app).id, UserChanges(disabled=True), clock())
        self.send(app, passkey.get(request_options(Browser(app))), 403)

    def test_an_unknown_one_and_the_browser_may_delete_it(
        self, app: Flask, passkey: SoftPasskey
    ) -> None:
        answer = sign_in_with(Browser(app), SoftPasskey(passkey.origin))
        assert answer.json["error"]["code"] == "passkey_unknown"
        passkey.flags = SYNCED
        answer = sign_in_with(Browser(app), passkey)
        assert answer.json["error"]["code"] == "passkey_invalid"

    def test_from_another_site(self, app: Flask, passkey: SoftPasskey) -> None:
        browser = Browser(app)
        body = {"credential": passkey.get(request_options(browser))}
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        answer = browser.client.post("/login/passkey", json=body, headers=headers)
        assert answer.status_code == 400
        assert not browser.is_in()

    def send(self, app: Flask, credential: Json, status: int) -> None:
        answer = Browser(app).post_json("/login/passkey", {"credential": credential})
        assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("flags", "counters", "status"),
    [
        (VERIFIED, (5, 6), 204),
        (VERIFIED, (5, 5), 401),
        (VERIFIED, (5, 4), 401),
        (VERIFIED, (0, 0), 204),
        (VERIFIED | SYNCED, (5, 5), 204),
        (VERIFIED | SYNCED, (5, 0), 204),
    ],
)
def test_the_counter_of_a_single_device_only_rises(
    app: Flask,
    browser: Browser,
    origin: str,
    flags: int,
    counters: tuple[int, int],
    status: int,
) -> None:
    browser.sign_in()
    passkey = SoftPasskey(origin, flags=flags, counter=counters[0])
    add_passkey(browser, passkey)
    passkey.counter = counters[1]
    assert sign_in_with(Browser(app), passkey).status_code == status


class TestAdding:
    def test_a_challenge_of_another_session_is_refused(
        self, app: Flask, browser: Browser, origin: str
    ) -> None:
        browser.sign_in()
        other = Browser(app)
        other.sign_in()
        options = other.get("/account/passkeys/options").json
        body = {"credential": SoftPasskey(origin).create(options), "handle": options["user"]["id"]}
        path = "/account/passkeys"
        assert browser.post_json(path, body, form_on=path).status_code == 401

    def test_without_the_token_of_the_page_nothing_is_added(
        self, browser: Browser, origin: str
    ) -> None:
        browser.sign_in()
        options = browser.get("/account/passkeys/options").json
        body = {"credential": SoftPasskey(origin).create(options), "handle": options["user"]["id"]}
        assert browser.post_json("/account/passkeys", body).status_code == 400

    @pytest.mark.parametrize(
        "key",
        [
            {1: 2, 3: -7, -1: 1, -2: b"x", -3: b"y"},
            {1: 2, 3: -7, -1: 99, -2: b"x" * 32, -3: b"y" * 32},
            {1: 3, 3: -257, -1: b"n", -2: b"e"},
        ],
    )
    def test_a_key_that_no_signature_fits_is_refused(
        self, browser: Browser, origin: str, key: Json
    ) -> None:
        browser.sign_in()
        passkey = SoftPasskey(origin)
        passkey.cose_key = key
        assert add_passkey(browser, passkey).status_code == 401

    def test_each_transport_is_stored_once(self, app: Flask, browser: Browser, origin: str) -> None:
        browser.sign_in()
        options = browser.get("/account/passkeys/options").json
        credential = SoftPasskey(origin).create(options)
        credential["response"]["transports"] = ["usb"] * 300 + ["nfc", "telepathy"]
        body, path = (
            {"credential": credential, "handle": options["user"]["id"]},
            "/account/passkeys",
        )
        assert browser.post_json(path, body, form_on=path).status_code == 204
        with app.app_context():
            (stored,) = services_of(app).factors.queries.passkeys(user_of(app).id)
        assert stored.transports == ("nfc", "usb")

    def test_another_handle_is_refused(self, browser: Browser, origin: str) -> None:
        browser.sign_in()
        options = browser.get("/account/passkeys/options").json
        body = {"credential": SoftPasskey(origin).create(options), "handle": "A" * 43}
        path = "/account/passkeys"
        answer = browser.post_json(path, body, form_on=path)
        assert answer.status_code == 401
        assert answer.json["error"]["message"] == "The passkey was not added. Please try again."

    def test_the_same_one_twice_and_more_than_twenty_are_refused(
        self, browser: Browser, passkey: SoftPasskey, origin: str
    ) -> None:
        answer = add_passkey(browser, passkey)
        assert (answer.status_code, "already" in answer.text) == (409, True)
        for _ in range(18):
            assert add_passkey(browser, SoftPasskey(origin)).status_code == 204
        options = browser.get("/account/passkeys/options").json
        assert add_passkey(browser, SoftPasskey(origin)).status_code == 204
        answer = browser.get("/account/passkeys/options")  # so the device makes none
        assert (answer.status_code, "20 passkeys" in answer.text) == (409, True)
        another = SoftPasskey(origin)
        body = {"credential": another.create(options), "handle": another.handle}
        answer = browser.post_json("/account/passkeys", body, form_on="/account")
        assert (answer.status_code, "20 passkeys" in answer.text) == (409, True)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (" Work  laptop ", "Work laptop"),
        ("<b>x", "<b>x"),
        ("a\u202eb", "ab"),
        ("👨\u200d👧", "👨👧"),
    ],
)
def test_a_name_is_stored_in_one_line(
    app: Flask, browser: Browser, passkey: SoftPasskey, name: str, kept: str
) -> None:
    path, form_on = passkey_path(app, "rename"), "/account/passkeys"
    assert browser.post(path, form_on=form_on, name=name).status_code == 303
    with app.app_context():
        assert services_of(app).factors.queries.passkeys(user_of(app).id)[0].name == kept
    assert "<b>x" not in browser.get(form_on).text


@pytest.mark.parametrize("name", ["", " ", "\u3164", "x" * 61, "a\x00b", "http://x.example"])
def test_an_unfit_name_changes_nothing(
    app: Flask, browser: Browser, passkey: SoftPasskey, name: str
) -> None:
    browser.post(passkey_path(app, "rename"), form_on="/account/passkeys", name=name)
    assert "Chrome 142 on Linux" in browser.get("/account/passkeys").text


def test_another_users_passkey_is_not_renamed_or_removed(app: Flask, passkey: SoftPasskey) -> None:
    with app.app_context():
        services_of(app).accounts.register("eve@example.com", PASSWORD, now=0)
    eve = Browser(app)
    eve.sign_in("eve@example.com")
    for action in ("rename", "remove"):
        form_on = "/account/passkeys"
        eve.post(passkey_path(app, action), form_on="/account", confirmed="yes", name="x")
        assert "removed already" in eve.get(form_on).text
    assert sign_in_with(Browser(app), passkey).status_code == 204


def test_an_outage_is_a_503_and_the_next_try_signs_in(
    app: Flask, passkey: SoftPasskey, redis_server: RedisServer
) -> None:
    browser = Browser(app)
    body = {"credential": passkey.get(request_options(browser))}
    with redis_server.paused():
        answer = browser.post_json("/login/passkey", body)
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
    assert sign_in_with(browser, passkey).status_code == 204


@pytest.mark.parametrize(
    ("url", "id_", "origin"),
    [
        ("https://Example.com", "example.com", "https://example.com"),
        ("https://example.com:443", "example.com", "https://example.com"),
        ("http://localhost:5000", "localhost", "http://localhost:5000"),
        ("http://127.0.0.1:5000", "", "http://127.0.0.1:5000"),
        ("http://[::1]:5000", "", "http://[::1]:5000"),
        ("https://bücher.example/app", "xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://straße.example", "xn--strae-oqa.example", "https://xn--strae-oqa.example"),
    ],
)
def test_the_party_is_that_of_the_setting(url: str, id_: str, origin: str) -> None:
    party = RelyingParty.of(url, "Evergreen")
    assert (party.id, party.origin) == (id_, origin)


def test_where_the_url_is_a_number_there_are_no_passkeys(
    environment: dict[str, str], clock: Clock
) -> None:
    app = create_app(environment | {"WEBAPP_BASE_URL": "http://127.0.0.1:5000"}, clock)
    browser = Browser(app)
    assert "passkey" not in browser.get("/login").text
    assert browser.get("/login/passkey/options").status_code == 404
    browser.sign_in()
    assert 'data-testid="passkeys-impossible"' in browser.get("/account/passkeys").text


@pytest.mark.parametrize("path", ["/login/passkey", "/password-strength"])
@pytest.mark.parametrize("body", ["", "{", "[]", "7", '{"a":' + "[" * 30_000, "9" * 5000, "\xff"])
def test_what_is_no_json_object_is_no_error_of_ours(app: Flask, path: str, body: str) -> None:
    headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
    answer = app.test_client().post(path, data=body.encode("latin-1"), headers=headers)
    assert answer.status_code == (401 if path == "/login/passkey" else 200)


# --- Mutations

JUNK: list[Any] = [
    *(None, True, 0, -1, 2**63, 1.5, "", "A", "====", "\x00", "é", "\ud800", "A" * 5000),
    *([], {}, [[]], {"a": 1}),
    *(base64.urlsafe_b64encode(text).decode() for text in (b"[" * 30_000, b"\x81" * 12_000)),
]


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key in value if isinstance(value, dict) else ():
        yield from nodes(value[key], (*path, key))


def mutated(dice: random.Random, value: Json) -> Any:
    """The value, changed in one place or more: another type, a missing key, flipped bytes."""
    changed: Any = copy.deepcopy(value)
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        path = dice.choice(list(nodes(changed)))
        if not path:
            return copy.deepcopy(dice.choice(JUNK))
        place = changed
        for key in path[:-1]:
            place = place[key]
        kind = dice.random()
        if kind < 0.2:
            del place[path[-1]]
        elif kind < 0.5 or not isinstance(place[path[-1]], str):
            place[path[-1]] = copy.deepcopy(dice.choice(JUNK))
        else:
            place[path[-1]] = garbled(dice, place[path[-1]])
    return changed


def garbled(dice: random.Random, text: str) -> str:
    """Base64url of the bytes, with some of them changed, added or cut off."""
    try:
        data = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return text[::-1]
    for _ in range(dice.choice([1, 2, 8])):
        if data:
            data[dice.randrange(len(data))] = dice.randrange(256)
    cut = dice.random()
    if cut < 0.2:
        data = data[: dice.randrange(len(data) + 1)]
    elif cut < 0.3:
        data += dice.randbytes(dice.choice([1, 40, 4000]))
    return base64.urlsafe_b64encode(bytes(data)).decode().rstrip("=")


@pytest.mark.parametrize(
    "amount", [300, pytest.param(15_000, marks=pytest.mark.thorough("mutations in full"))]
)
@pytest.mark.parametrize("what", ["registration", "assertion"])
def test_a_mutated_credential_is_refused_and_never_an_error_of_ours(
    environment: dict[str, str], clock: Clock, what: str, amount: int
) -> None:
    """Without the limit of an IP: the checks behind it are what is tried."""
    app = create_app(environment | {"WEBAPP_RATELIMIT_ENABLED": "false"}, clock)
    browser, passkey = Browser(app), SoftPasskey(services_of(app).settings.public_url)
    browser.sign_in()
    add_passkey(browser, passkey)
    dice = random.Random(f"{what} {amount}")
    is_new = what == "registration"
    send = adding(browser, passkey.origin) if is_new else signing_in(browser, passkey)
    seen: dict[int, int] = {}
    for _ in range(amount):
        answer = send(lambda value: mutated(dice, value))
        seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
        assert answer.status_code in (204, 401, 409, 413)
    print(what, seen)
    assert seen[401] > amount * 0.8


Send = Callable[[Callable[[Json], Any]], TestResponse]


def adding(browser: Browser, origin: str) -> Send:
    token = browser.csrf_token("/account/passkeys")
    options = browser.get("/account/passkeys/options").json
    headers = {"X-CSRFToken": token, "Sec-Fetch-Site": "same-origin", "X-In-Place": "1"}

    def send(mutate: Callable[[Json], Any]) -> TestResponse:
        body = {"credential": SoftPasskey(origin).create(options), "handle": options["user"]["id"]}
        return browser.client.post("/account/passkeys", json=mutate(body), headers=headers)

    return send


def signing_in(browser: Browser, passkey: SoftPasskey) -> Send:
    options = request_options(browser)

    def send(mutate: Callable[[Json], Any]) -> TestResponse:
        return browser.post_json("/login/passkey", mutate({"credential": passkey.get(options)}))

    return send


def test_a_second_one_of_the_same_model_gets_a_number(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    for _ in range(3):
        add_passkey(browser, SoftPasskey(services_of(app).settings.public_url))
    page = browser.get("/account/passkeys").text
    names = re.findall(r'data-testid="passkey-name">([^<]+)<', page)
    assert names == ["Chrome 142 on Linux", "Chrome 142 on Linux 2", "Chrome 142 on Linux 3"]
