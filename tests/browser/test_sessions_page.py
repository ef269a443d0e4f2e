"""Two browsers, one account: who is in sees the other, and who is put out notices."""

import pytest
from flask import Flask

from tests.support.browser import PASSWORD

from .page import Page

NEW_PASSWORD = "a whole new wool jumper"
ENDED = "This session was signed out from another of your devices."
# Seconds. The promise; the page asks more often.
AT_THE_LATEST = 15

# Time that passes when `pass(seconds)` says so, and then at once.
OWN_TIME = """
const really = performance.now.bind(performance);
const timers = [];
let passed = 0;
performance.now = () => really() + passed;
window.setInterval = (run, every) => timers.push({ run, every, due: every });
window.pass = (seconds) => {
  for (let i = 0; i < 2 * seconds; i++) {
    passed += 500;
    for (const timer of timers.filter(({ due }) => due <= passed)) {
      timer.due += timer.every;
      timer.run();
    }
  }
};
"""


@pytest.fixture
def two(page: Page, elsewhere: Page, app: Flask) -> None:
    """Ada is signed in twice."""
    for each in (page, elsewhere):
        each.let_in(app)


@pytest.mark.usefixtures("two")
class TestTwoBrowsers:
    @pytest.mark.thorough("browsers in full")
    def test_each_sees_the_other(self, page: Page, elsewhere: Page) -> None:
        assert [seen(each) for each in (page, elsewhere)] == [
            [("Chrome", "This one"), ("Firefox", "")],
            [("Firefox", "This one"), ("Chrome", "")],
        ]

    def test_the_next_click_of_one_that_was_ended_leads_to_login_and_says_why(
        self, page: Page, elsewhere: Page
    ) -> None:
        elsewhere.on_every_page(OWN_TIME)  # it does not come to it by itself meanwhile
        elsewhere.open("/dashboard")
        end_other(page)
        elsewhere.click("nav-account")
        assert_put_out(elsewhere)
        page.open("/account")
        assert page.path == "/account"

    @pytest.mark.thorough("browsers in full")
    def test_an_open_page_finds_out_by_itself(self, page: Page, elsewhere: Page) -> None:
        elsewhere.on_every_page(OWN_TIME)
        elsewhere.open("/account")
        end_other(page)
        elsewhere.script("pass(arguments[0])", AT_THE_LATEST)
        assert_put_out(elsewhere)

    def test_an_open_page_finds_out_at_once_when_it_is_looked_at(
        self, page: Page, elsewhere: Page
    ) -> None:
        elsewhere.on_every_page(OWN_TIME)
        elsewhere.open("/account")
        elsewhere.script("pass(2)")  # it asks no more than once a second
        end_other(page)
        elsewhere.script("dispatchEvent(new Event('focus'))")
        assert_put_out(elsewhere)

    def test_a_new_password_puts_the_other_out_and_keeps_the_one_that_set_it(
        self, page: Page, elsewhere: Page
    ) -> None:
        elsewhere.open("/account")
        page.open("/account/password")
        page.fill(current_password=PASSWORD, new_password=NEW_PASSWORD)
        page.click("password-submit")
        page.wait_for_message("All other devices are signed out.")
        elsewhere.click("nav-dashboard")
        elsewhere.wait(lambda: elsewhere.path.startswith("/login"))
        assert "Your password was changed." in elsewhere.text("flash")
        page.open("/dashboard")
        assert page.path == "/dashboard"


def seen(page: Page) -> list[tuple[str, str]]:
    """The browser of each device in the list, without its version, and its badge."""
    page.open("/account/sessions")
    found = []
    for card in page.find_all("device"):
        browser, _, rest = card.find_element("tag name", "h3").text.partition(" ")
        found.append((browser, "This one" if "This one" in rest else ""))
    return found


def end_other(page: Page) -> None:
    page.open("/account/sessions")
    page.click("end-device")
    page.wait_for_message("is signed out.")


def assert_put_out(page: Page) -> None:
    page.wait(lambda: page.path.startswith("/login"))
    page.wait_for_message(ENDED)
    assert not page.cookies().keys() & {"refresh_token", "access_token"}
