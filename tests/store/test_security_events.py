"""Every event is one row and one log line, and neither holds what opens an account."""

import logging
import re
from collections.abc import Callable, Iterator

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.conftest import services_of
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.factors import create_codes, passkey_path, switch_on_second_step
from tests.support.mails import mailed_path, mailed_tokens
from tests.support.soft_passkey import VERIFIED, SoftPasskey, add_passkey, sign_in_with
from webapp.core.security_events import EventKind
from webapp.runtime.request_id import add_request_id
from webapp.store.sql.errors import transaction
from webapp.store.sql.models import EventRow, SessionRow, db
from webapp.store.sql.security_events import add_event

GRACE, ROOT = "grace@example.com", "root@example.com"
NEW, WRONG = "a whole new wool jumper", "a wrong one, typed by mistake"


class Story:
    """One account's life; each chapter's last answer is that of the request which it is about."""

    def __init__(self, app: Flask, clock: Clock) -> None:
        self.app, self.clock = app, clock
        self.ada, self.admin = Browser(app), Browser(app)
        with app.app_context():
            accounts = services_of(app).accounts
            accounts.register(ROOT, PASSWORD, role="admin", now=clock())
            user, _ = accounts.find(EMAIL)
        assert user
        self.page = f"/admin/users/{user.id}"

    def log_in(self, password: str = PASSWORD) -> TestResponse:
        return self.ada.post("/login", email=EMAIL, password=password)

    def change_password(self, current: str) -> TestResponse:
        self.log_in()
        return self.ada.post("/account/password", current_password=current, new_password=NEW)

    def request_address(self) -> TestResponse:
        self.log_in()
        return self.ada.post("/account", email=GRACE, current_password=PASSWORD)

    def cancel_address(self) -> TestResponse:
        self.request_address()
        return self.ada.post("/account/email/cancel", form_on="/account")

    def change_address(self) -> TestResponse:
        self.request_address()
        return self.ada.post(mailed_path(self.app, GRACE))

    def restore_address(self) -> TestResponse:
        self.change_address()
        return self.ada.post(mailed_path(self.app, EMAIL))

    def log_out(self) -> TestResponse:
        self.log_in()
        return self.ada.sign_out()

    def add_passkey(self) -> TestResponse:
        self.log_in()
        self.passkey = SoftPasskey(services_of(self.app).settings.public_url)
        return add_passkey(self.ada, self.passkey)

    def remove_passkey(self) -> TestResponse:
        self.add_passkey()
        path = passkey_path(self.app, "remove").removeprefix("/account/")
        return self.change(path, "passkeys")

    def refuse_passkey(self) -> TestResponse:
        self.log_in()
        origin = services_of(self.app).settings.public_url
        single = SoftPasskey(origin, flags=VERIFIED, counter=7)
        add_passkey(self.ada, single)
        return sign_in_with(self.ada, single)

    def second_step(self, **codes: str) -> TestResponse:
        switch_on_second_step(self.app)
        self.log_in()
        return self.ada.post("/login/second-step", **codes)

    def recover(self) -> TestResponse:
        switch_on_second_step(self.app)
        code = create_codes(self.app)[0]
        self.log_in()
        return self.ada.post("/login/second-step", recovery_code=code)

    def end_trust(self) -> TestResponse:
        totp = switch_on_second_step(self.app)
        self.clock.advance(30)
        self.log_in()
        self.ada.post("/login/second-step", code=totp.at(self.clock()), trust="y")
        return self.change("security/end-trust", "security")

    def set_up_app(self) -> TestResponse:
        create_codes(self.app)
        self.log_in()
        page = self.ada.get("/account/authenticator").text
        setup = re.search(r'name="setup"[^>]*value="([^"]+)"', page)
        secret = re.search(r'data-testid="totp-secret">([^<]+)<', page)
        assert setup
        assert secret
        code = pyotp.TOTP(secret[1].replace(" ", "")).at(self.clock())
        return self.ada.post("/account/authenticator", setup=setup[1], code=code)

    def save_codes(self) -> TestResponse:
        self.log_in()
        new = self.ada.post("/account/recovery-codes/new", form_on="/account/recovery-codes")
        page = self.ada.get(new.location).text
        batch = re.search(r'name="batch"[^>]*value="([^"]+)"', page)
        assert batch
        form_on = "/account/recovery-codes"
        return self.ada.post(form_on, batch=batch[1], saved="y")

    def remove_app(self) -> TestResponse:
        self.log_in()
        switch_on_second_step(self.app)
        return self.change("authenticator/remove", "authenticator")

    def remove_password(self) -> TestResponse:
        self.add_passkey()
        return self.change("security/remove-password", "security")

    def reject(self) -> TestResponse:
        self.log_in()
        Browser(self.app, FIREFOX).sign_in()
        return self.ada.post(mailed_path(self.app, EMAIL))

    def switch_mail(self, *wanted: str) -> TestResponse:
        self.log_in()
        path = "/account/security"
        for each in wanted:
            answer = self.ada.post(f"{path}/sign-in-mail", form_on=path, wanted=each)
        return answer

    def change(self, action: str, page: str) -> TestResponse:
        form_on = f"/account/{page}"
        return self.ada.post(f"/account/{action}", form_on=form_on, confirmed="yes")

    def register(self, email: str) -> TestResponse:
        return self.ada.post("/register", email=email, password=NEW)

    def confirm(self) -> TestResponse:
        self.register(GRACE)
        return self.ada.post(mailed_path(self.app, GRACE))

    def forget(self) -> TestResponse:
        return self.ada.post("/forgot-password", email=EMAIL)

    def reset(self) -> TestResponse:
        self.forget()
        return self.ada.post(mailed_path(self.app, EMAIL), password=NEW)

    def administer(self, *actions: str) -> TestResponse:
        self.admin.sign_in(ROOT)
        for action in actions:
            path, form = f"{self.page}/{action}", {"confirmed": "yes", "role": "admin"}
            answer = self.admin.post(path, form_on=self.page, **form)
        return answer

    def restore(self) -> TestResponse:
        self.log_in()
        with self.app.app_context():
            db.session.query(SessionRow).delete()
            db.session.commit()
        self.clock.advance(301)
        return self.ada.get("/dashboard")


CHAPTERS: dict[EventKind, Callable[[Story], TestResponse]] = {
    EventKind.REGISTERED: lambda story: story.register(GRACE),
    EventKind.SIGNED_IN: lambda story: story.log_in(),
    EventKind.SIGN_IN_FAILED: lambda story: story.log_in(WRONG),
    EventKind.PASSWORD_REFUSED: lambda story: story.change_password(WRONG),
    EventKind.SESSION_ENDED: lambda story: story.log_out(),
    EventKind.SESSION_RESTORED: lambda story: story.restore(),
    EventKind.PASSWORD_CHANGED: lambda story: story.change_password(PASSWORD),
    EventKind.PASSWORD_RESET: lambda story: story.reset(),
    EventKind.RESET_REQUESTED: lambda story: story.forget(),
    EventKind.EMAIL_CHANGE_REQUESTED: lambda story: story.request_address(),
    EventKind.EMAIL_CHANGE_CANCELLED: lambda story: story.cancel_address(),
    EventKind.EMAIL_RESTORED: lambda story: story.restore_address(),
    EventKind.EMAIL_CHANGED: lambda story: story.change_address(),
    EventKind.EMAIL_CONFIRMED: lambda story: story.confirm(),
    EventKind.REGISTERED_AGAIN: lambda story: story.register(EMAIL),
    EventKind.ROLE_CHANGED: lambda story: story.administer("role"),
    EventKind.DISABLED: lambda story: story.administer("disable"),
    EventKind.ENABLED: lambda story: story.administer("disable", "enable"),
    EventKind.PASSKEY_ADDED: lambda story: story.add_passkey(),
    EventKind.PASSKEY_REMOVED: lambda story: story.remove_passkey(),
    EventKind.PASSKEY_REFUSED: lambda story: story.refuse_passkey(),
    EventKind.PASSWORD_REMOVED: lambda story: story.remove_password(),
    EventKind.AUTHENTICATOR_ADDED: lambda story: story.set_up_app(),
    EventKind.AUTHENTICATOR_REMOVED: lambda story: story.remove_app(),
    EventKind.CODE_REFUSED: lambda story: story.second_step(code="000000"),
    EventKind.RECOVERY_CODES_CREATED: lambda story: story.save_codes(),
    EventKind.RECOVERY_CODE_USED: lambda story: story.recover(),
    EventKind.TRUST_ENDED: lambda story: story.end_trust(),
    EventKind.SIGN_IN_MAIL_OFF: lambda story: story.switch_mail("no"),
    EventKind.SIGN_IN_MAIL_ON: lambda story: story.switch_mail("no", "yes"),
    EventKind.SIGN_IN_REJECTED: lambda story: story.reject(),
    EventKind.FACTORS_RESET: lambda story: story.administer("reset-factors"),
    EventKind.ACCOUNT_DELETED: lambda story: story.administer("delete"),
}


@pytest.fixture
def secrets(app: Flask) -> list[str]:
    """The passwords, and the value of every cookie that is handed out."""
    seen = [PASSWORD, NEW, WRONG]

    @app.after_request
    def look(response):
        for line in response.headers.getlist("Set-Cookie"):
            seen.append(line.partition("=")[2].partition(";")[0])
        return response

    return seen


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Its lines are named after their request, as ours are."""
    caplog.set_level(logging.INFO)
    caplog.handler.addFilter(add_request_id)
    yield caplog
    caplog.handler.removeFilter(add_request_id)


@pytest.mark.parametrize("kind", list(EventKind))
def test_an_event_is_one_row_and_one_line_of_its_request_and_holds_no_secret(
    app: Flask, clock: Clock, log: pytest.LogCaptureFixture, secrets: list[str], kind: EventKind
) -> None:
    story, before = Story(app, clock), len(rows(app))
    log.clear()
    request_id = CHAPTERS[kind](story).headers["X-Request-ID"]
    links = mailed_tokens(app)
    new = rows(app)[before:]
    lines = [line for line in log.records if line.getMessage().startswith(f"event={kind} ")]
    assert [row["request_id"] for row in new if row["kind"] == kind] == [request_id]
    assert [line.request_id for line in lines] == [request_id]
    assert {line.name for line in lines} == {"webapp.events"}
    written = "\n".join([*(str(row) for row in new), log.text])
    opening = [text for text in [*secrets, *links] if len(text) > 14]
    assert [text for text in opening if text in written] == []


def rows(app: Flask) -> list[dict[str, object]]:
    """Of all events, oldest first."""
    with app.app_context():
        found = db.session.scalars(select(EventRow).order_by(EventRow.id))
        return [dict(vars(row)) for row in found]


def test_a_failed_sign_in_to_no_account_names_no_user(app: Flask, browser: Browser) -> None:
    browser.post("/login", email="nobody@example.com", password=WRONG)
    (row,) = [row for row in rows(app) if row["kind"] == EventKind.SIGN_IN_FAILED]
    assert (row["user_id"], row["actor_id"], row["detail"]) == (None, None, "")
    assert row["ip"] == "127.0.0.1"


def test_what_is_rolled_back_leaves_neither_row_nor_line(
    app: Flask, log: pytest.LogCaptureFixture
) -> None:
    with app.app_context():
        add_event(EventKind.ENABLED, None, 0)
        db.session.flush()
        db.session.rollback()
        with transaction():
            add_event(EventKind.DISABLED, None, 0)
    assert [row["kind"] for row in rows(app) if row["user_id"] is None] == ["disabled"]
    lines = [line.getMessage() for line in log.records if line.name == "webapp.events"]
    assert [line.split()[0] for line in lines] == ["event=disabled"]
