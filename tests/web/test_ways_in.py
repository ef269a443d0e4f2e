"""The ways to sign in: the last one stays, and each change needs a proof."""

import re
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.factors import create_codes, passkey_path, switch_on_second_step, user_of
from tests.support.mails import mailed_path, mails_to, newest_mail, subjects
from tests.support.soft_passkey import SoftPasskey, add_passkey, sign_in_with
from webapp.core.account_security import SignInMethods
from webapp.core.models import User

NEW = "a whole new wool jumper"
SECURITY = "/account/security"


@pytest.fixture
def passkey(app: Flask, browser: Browser) -> SoftPasskey:
    """Of the account of a browser that has just signed in."""
    browser.sign_in()
    passkey = SoftPasskey(services_of(app).settings.public_url)
    assert add_passkey(browser, passkey).status_code == 204
    return passkey


@pytest.fixture
def without_password(browser: Browser, passkey: SoftPasskey) -> SoftPasskey:
    assert remove_password(browser).status_code == 303
    return passkey


def remove_password(browser: Browser):
    path = f"{SECURITY}/remove-password"
    return browser.post(path, form_on=SECURITY, confirmed="yes")


def remove_passkey(app: Flask, browser: Browser):
    path = passkey_path(app, "remove")
    return browser.post(path, form_on="/account/passkeys", confirmed="yes")


def test_without_a_password_only_the_passkey_signs_in(
    app: Flask, browser: Browser, without_password: SoftPasskey
) -> None:
    assert subjects(app, EMAIL)[0] == "A way to sign in was removed"
    other = Browser(app)
    for typed in (PASSWORD, "", "!"):
        assert other.post("/login", email=EMAIL, password=typed).status_code == 422
    assert sign_in_with(other, without_password).headers["X-Location"] == "/dashboard"
    assert other.is_in()


def test_the_last_way_in_stays(app: Flask, browser: Browser, without_password: SoftPasskey) -> None:
    assert remove_passkey(app, browser).status_code == 303
    assert "last way to sign in" in browser.get("/account/passkeys").text
    assert sign_in_with(Browser(app), without_password).status_code == 204


def test_the_last_passkey_offers_a_password_instead_of_its_removal(
    browser: Browser, without_password: SoftPasskey
) -> None:
    page = browser.get("/account/passkeys").text
    assert 'data-testid="only-way"' in page
    assert 'href="/account/password"' in page
    assert 'data-testid="remove-passkey"' not in page
    browser.post("/account/password", new_password=NEW)
    page = browser.get("/account/passkeys").text
    assert 'data-testid="only-way"' not in page
    assert 'data-testid="remove-passkey"' in page


def test_a_new_passkey_is_said_to_have_another_name_if_wanted(
    browser: Browser, passkey: SoftPasskey
) -> None:
    assert "You can rename it below." in browser.get("/account/passkeys").text


def test_the_mail_about_the_removed_password_says_to_set_one(
    app: Flask, without_password: SoftPasskey
) -> None:
    assert "set a new password" in newest_mail(app, EMAIL).text
    Browser(app).post("/forgot-password", email=EMAIL)
    assert "nothing changes" in newest_mail(app, EMAIL).text


def test_the_security_page_knows_what_the_app_and_its_codes_are_good_for(
    app: Flask, browser: Browser, passkey: SoftPasskey
) -> None:
    create_codes(app)
    assert badge(browser, "recovery-codes") == ""
    assert "They are only used with the app." in browser.get(SECURITY).text
    switch_on_second_step(app)
    assert (badge(browser, "recovery-codes"), badge(browser, "authenticator")) == ("good", "good")
    assert "They are only used with the app." not in browser.get(SECURITY).text
    remove_password(browser)
    assert badge(browser, "authenticator") == ""
    assert "asked for only after a password" in browser.get(SECURITY).text


def badge(browser: Browser, method: str) -> str:
    """The tone of the state of a method."""
    pattern = rf'class="badge (\w*)" data-testid="method-{method}-state"'
    found = re.search(pattern, browser.get(SECURITY).text)
    assert found
    return found[1]


def test_an_empty_confirmation_says_what_to_enter(
    app: Flask, browser: Browser, clock: Clock, passkey: SoftPasskey
) -> None:
    clock.advance(16 * 60)
    form = f"{SECURITY}/sign-in-mail"
    empty = {"form_on": SECURITY, "wanted": "no", "confirmed": "yes"}
    answer = browser.post(form, **empty)
    assert answer.status_code == 422
    assert "Enter your password." in answer.text
    switch_on_second_step(app)
    assert "Enter your password or a code." in browser.post(form, **empty).text
    prove_with(browser, passkey)
    remove_password(browser)
    clock.advance(16 * 60)
    assert "Enter the six digits of the app." in browser.post(form, **empty).text
    assert user_of(app).sign_in_mail


def test_with_a_passkey_alone_there_is_nothing_to_send_without_it(
    browser: Browser, clock: Clock, without_password: SoftPasskey
) -> None:
    clock.advance(16 * 60)
    page = browser.get("/account/confirm").text
    assert 'data-testid="confirm-yes"' not in page
    assert 'data-testid="passkey-confirm"' in page


@pytest.mark.parametrize(
    ("target", "back"), [("/account/passkeys", "/account/passkeys"), ("/account/delete", SECURITY)]
)
def test_cancel_leads_back_to_a_page_that_opens(
    browser: Browser, clock: Clock, target: str, back: str
) -> None:
    browser.sign_in()
    clock.advance(16 * 60)
    page = browser.get(f"/account/confirm?next={target}").text
    assert re.search(rf'href="{back}" data-testid="confirm-no"', page)


def test_the_password_stays_without_a_passkey(browser: Browser) -> None:
    browser.sign_in()
    remove_password(browser)
    assert "last way to sign in" in browser.get(SECURITY).text
    browser.sign_out()
    browser.sign_in()


def test_of_two_removals_at_once_one_way_in_is_left(
    app: Flask, browser: Browser, passkey: SoftPasskey
) -> None:
    paths = [f"{SECURITY}/remove-password", passkey_path(app, "remove")]
    token = browser.csrf_token(SECURITY)
    cookies = {name: browser.cookie(name) for name in ("refresh_token", "access_token")}
    device = browser.cookie("known_browser")

    def send(path: str) -> None:
        same = Browser(app)
        same.keep({name: value for name, value in cookies.items() if value})
        same.client.set_cookie("known_browser", device or "")
        data = {"csrf_token": token, "confirmed": "yes"}
        assert same.client.post(path, data=data, headers=same.headers).status_code == 303

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, paths))
    works = Browser(app).post("/login", email=EMAIL, password=PASSWORD).status_code == 303
    assert works != (sign_in_with(Browser(app), passkey).status_code == 204)


def test_a_password_is_set_again_by_its_owner(
    app: Flask, browser: Browser, clock: Clock, without_password: SoftPasskey
) -> None:
    clock.advance(16 * 60)
    assert browser.get("/account/password").location.startswith("/account/confirm")
    prove_with(browser, without_password)
    page = browser.get("/account/password").text
    assert "Set a password" in page
    assert 'name="current_password"' not in page
    assert "/forgot-password" not in page
    page = browser.post("/account/password", new_password="short").text
    assert page.count('data-testid="error-new-password"') == 1
    answer = browser.post("/account/password", new_password=NEW)
    assert (answer.status_code, answer.location) == (303, SECURITY)
    assert "Your password is set." in browser.get(SECURITY).text
    assert "/forgot-password" in browser.get("/account/password").text
    Browser(app).sign_in(password=NEW)


def test_a_password_is_set_again_by_mail_and_the_mail_names_the_passkeys(
    app: Flask, without_password: SoftPasskey
) -> None:
    guest = Browser(app)
    guest.post("/forgot-password", email=EMAIL)
    assert guest.post(mailed_path(app, EMAIL), password=NEW).status_code == 303
    assert "Your passkeys still sign in: “Chrome" in newest_mail(app, EMAIL).text
    assert sign_in_with(Browser(app), without_password).status_code == 204


def test_without_a_password_another_e_mail_needs_a_proof(
    app: Flask, browser: Browser, clock: Clock, without_password: SoftPasskey
) -> None:
    clock.advance(16 * 60)
    answer = browser.post("/account", name="", email="new@example.com")
    assert "Confirm that it is you" in answer.text
    prove_with(browser, without_password)
    assert browser.post("/account", name="", email="new@example.com").status_code == 303
    assert user_of(app).pending_email == "new@example.com"


def test_without_a_password_the_account_can_be_deleted(
    app: Flask, browser: Browser, without_password: SoftPasskey
) -> None:
    assert 'name="password"' not in browser.get("/account/delete").text
    assert browser.post("/account/delete", confirm=EMAIL).status_code == 303
    with app.app_context():
        assert services_of(app).accounts.find(EMAIL) == (None, None)


def test_the_page_that_asks_leads_on_to_where_its_user_wanted(
    browser: Browser, clock: Clock
) -> None:
    browser.sign_in()
    clock.advance(16 * 60)
    page = browser.get(browser.get("/account/authenticator").location).text
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    data = fields | {"current_password": PASSWORD}
    answer = browser.client.post("/account/confirm", data=data, headers=browser.headers)
    assert answer.location == "/account/authenticator"


def test_a_new_password_is_in_no_page(
    browser: Browser, clock: Clock, without_password: SoftPasskey
) -> None:
    clock.advance(16 * 60)
    page = browser.post("/account/password", form_on="/account", new_password=NEW).text
    assert "Confirm that it is you" in page
    assert NEW not in page


def test_the_script_of_an_ended_session_saves_no_form(browser: Browser, app: Flask) -> None:
    browser.sign_in()
    token = browser.csrf_token("/account/passkeys")
    browser.keep({})
    headers = {"X-CSRFToken": token, "X-In-Place": "1", "Sec-Fetch-Site": "same-origin"}
    answer = browser.client.post("/account/passkeys", json={}, headers=headers)
    assert answer.headers["X-Location"].startswith("/login")
    assert "kept" not in answer.headers["X-Location"]


def test_the_undo_of_an_e_mail_removes_a_strangers_passkey(
    app: Flask, browser: Browser, passkey: SoftPasskey
) -> None:
    theirs = "thief@example.com"
    browser.post("/account", name="", email=theirs, current_password=PASSWORD)
    browser.post(mailed_path(app, theirs))
    undo = next(mail for mail in mails_to(app, EMAIL) if "undo" in mail.links[0]).links[0]
    owner = Browser(app)
    path = "/undo-email/" + undo.rpartition("/")[2]
    assert owner.post(path).location.startswith("/reset-password/")
    assert sign_in_with(Browser(app), passkey).status_code == 401
    assert methods(app).has_password is False


def prove_with(browser: Browser, passkey: SoftPasskey) -> None:
    options = browser.get("/account/confirm/passkey").json
    body = {"credential": passkey.get(options)}
    assert (
        browser.post_json("/account/confirm/passkey", body, form_on="/account").status_code == 204
    )


def test_the_browser_offers_only_passkeys_of_the_user_who_is_known(
    app: Flask, browser: Browser, passkey: SoftPasskey
) -> None:
    """Without a password or a session no list: it would tell which accounts have passkeys."""

    def offered(one: Browser, path: str) -> list[str]:
        return [each["id"] for each in one.get(path).json.get("allowCredentials", [])]

    own = methods(app).passkeys[0].credential_id
    assert offered(browser, "/account/confirm/passkey") == [own]
    switch_on_second_step(app)
    guest, second_step = Browser(app), "/login/second-step/passkey/options"
    assert offered(guest, second_step) == []
    guest.post("/login", email=EMAIL, password=PASSWORD)
    assert offered(guest, second_step) == [own]
    assert offered(guest, "/login/passkey/options") == []


def test_a_passkey_of_another_account_proves_nothing(
    app: Flask, browser: Browser, clock: Clock, passkey: SoftPasskey
) -> None:
    with app.app_context():
        services_of(app).accounts.register("eve@example.com", PASSWORD, now=clock())
    eve = Browser(app)
    eve.sign_in("eve@example.com")
    options = eve.get("/account/confirm/passkey").json
    body = {"credential": passkey.get(options)}
    answer = eve.post_json("/account/confirm/passkey", body, form_on="/account")
    assert answer.status_code == 401


def test_a_challenge_for_a_confirmation_is_no_sign_in_and_the_other_way_round(
    app: Flask, browser: Browser, passkey: SoftPasskey
) -> None:
    confirming = browser.get("/account/confirm/passkey").json
    body = {"credential": passkey.get(confirming)}
    assert Browser(app).post_json("/login/passkey", body).status_code == 401
    body = {"credential": passkey.get(browser.get("/login/passkey/options").json)}
    answer = browser.post_json("/account/confirm/passkey", body, form_on="/account")
    assert answer.status_code == 401


def test_a_code_of_the_app_is_a_proof_once(app: Flask, browser: Browser, clock: Clock) -> None:
    browser.sign_in()
    totp = switch_on_second_step(app)
    clock.advance(16 * 60)
    form = "/account/security/sign-in-mail"
    answer = browser.post(form, form_on=SECURITY, wanted="no")
    assert 'data-testid="current-code"' in answer.text
    code = totp.at(clock())
    for typed, status in [("000000", 422), (code, 303)]:
        answer = browser.post(
            form, form_on=SECURITY, wanted="no", confirmed="yes", current_code=typed
        )
        assert answer.status_code == status
    clock.advance(16 * 60)
    answer = browser.post(form, form_on=SECURITY, wanted="no", confirmed="yes", current_code=code)
    assert answer.status_code == 422


def test_after_too_many_wrong_codes_the_form_stays_and_the_password_proves(
    app: Flask, browser: Browser, clock: Clock
) -> None:
    browser.sign_in()
    switch_on_second_step(app)
    clock.advance(16 * 60)
    form = "/account/security/sign-in-mail"
    sent = {"form_on": SECURITY, "wanted": "no", "confirmed": "yes"}
    for number in range(5):
        browser.post(form, **sent, current_code=f"{number:06}")
    answer = browser.post(form, **sent, current_code="999999")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "in another way" in answer.text
    assert 'name="wanted" value="no"' in answer.text
    assert browser.post(form, **sent, current_password=PASSWORD).status_code == 303


@pytest.mark.parametrize("path", ["/account/authenticator?again=yes", "/account/authenticator"])
def test_a_page_that_shows_a_secret_asks_first(browser: Browser, clock: Clock, path: str) -> None:
    browser.sign_in()
    clock.advance(16 * 60)
    assert browser.get(path).location.startswith("/account/confirm?next=/account/authenticator")
    browser.post("/account/confirm", confirmed="yes", current_password=PASSWORD)
    assert browser.get(path).location == "/account/recovery-codes"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/account/passkeys/options"),
        ("POST", "/account/passkeys"),
        ("POST", "remove"),
        ("POST", "/account/recovery-codes/new"),
        ("POST", "/account/security/remove-password"),
        ("POST", "/account/authenticator/remove"),
    ],
)
def test_an_old_proof_changes_no_factor(
    app: Flask, browser: Browser, clock: Clock, passkey: SoftPasskey, method: str, path: str
) -> None:
    switch_on_second_step(app)
    before = methods(app)
    clock.advance(16 * 60)
    if method == "GET":
        assert browser.get(path).status_code == 403
    elif path == "/account/passkeys":
        answer = browser.post_json(path, {}, form_on=path)
        assert answer.status_code == 403
        assert answer.json["error"]["location"].startswith("/account/confirm")
    else:
        path = passkey_path(app, "remove") if path == "remove" else path
        assert browser.post(path, form_on=SECURITY).status_code == 200
    assert methods(app) == before


def methods(app: Flask) -> SignInMethods:
    with app.app_context():
        return services_of(app).factors.security.sign_in_methods(
            user_of(app), services_of(app).now()
        )


class TestAdmin:
    @pytest.fixture
    def admin(self, app: Flask, clock: Clock) -> Browser:
        with app.app_context():
            services_of(app).accounts.register(
                "root@example.com", PASSWORD, role="admin", now=clock()
            )
        admin = Browser(app, FIREFOX)
        admin.sign_in("root@example.com")
        return admin

    @pytest.fixture
    def totp(self, app: Flask, passkey: SoftPasskey) -> pyotp.TOTP:
        return switch_on_second_step(app)

    def reset(self, admin: Browser, user: User):
        page = f"/admin/users/{user.id}"
        return admin.post(f"{page}/reset-factors", form_on=page, confirmed="yes")

    def test_a_reset_leaves_the_password_alone_and_ends_all_sessions(
        self, app: Flask, browser: Browser, admin: Browser, passkey: SoftPasskey, totp: pyotp.TOTP
    ) -> None:
        assert "1 passkey, authenticator app" in admin.get(f"/admin/users/{user_of(app).id}").text
        assert self.reset(admin, user_of(app)).status_code == 303
        assert not browser.is_in()
        assert sign_in_with(Browser(app), passkey).status_code == 401
        assert browser.sign_in().location == "/dashboard"
        assert "Your sign-in methods were reset" in subjects(app, EMAIL)

    def test_the_question_knows_whether_there_is_a_password(
        self, app: Flask, browser: Browser, admin: Browser, passkey: SoftPasskey, totp: pyotp.TOTP
    ) -> None:
        page = f"/admin/users/{user_of(app).id}"
        for words in ("The password stays.", "They have no password"):
            assert words in admin.post(f"{page}/reset-factors", form_on=page).text
            remove_password(browser)

    def test_the_mail_names_the_admin_and_not_their_browser(
        self, app: Flask, admin: Browser, totp: pyotp.TOTP
    ) -> None:
        self.reset(admin, user_of(app))
        text = newest_mail(app, EMAIL).text
        assert "By: an administrator" in text
        assert "Firefox" not in text
        assert "127.0.0.1" not in text

    def test_a_user_may_not(
        self, app: Flask, browser: Browser, passkey: SoftPasskey, totp: pyotp.TOTP
    ) -> None:
        path = f"/admin/users/{user_of(app).id}/reset-factors"
        assert browser.post(path, form_on=SECURITY, confirmed="yes").status_code == 403

    def test_an_old_proof_of_the_admin_resets_nothing(
        self, app: Flask, admin: Browser, clock: Clock, totp: pyotp.TOTP
    ) -> None:
        clock.advance(16 * 60)
        assert self.reset(admin, user_of(app)).status_code == 422
        with app.app_context():
            assert services_of(app).factors.queries.authenticator(user_of(app).id)
