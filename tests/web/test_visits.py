"""What a browser fetches by itself is no visit: it uses up nothing, and leaves nothing."""

from flask import Flask

from tests.support.browser import Browser, set_cookies

NAVIGATION = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
NO_VISITS = [
    {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image", "Accept": "image/*,*/*;q=0.8"},
    {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Accept": "*/*"},
    {"Accept": "*/*", "Accept-Language": "en"},
    *(
        NAVIGATION | {"Sec-Fetch-Dest": frame}
        for frame in ("iframe", "frame", "embed", "object", "fencedframe")
    ),
    NAVIGATION | {"Sec-Fetch-Dest": "document", "Sec-Purpose": "prefetch"},
    NAVIGATION | {"Sec-Purpose": "prefetch;prerender"},
    NAVIGATION | {"Purpose": "prefetch"},
    NAVIGATION | {"X-Moz": "prefetch"},
    {"Purpose": "prefetch", "Accept": "*/*"},
]
SAID = 'data-testid="flash"'


def test_what_is_no_visit_uses_up_no_message(browser: Browser) -> None:
    browser.sign_in()
    browser.post("/account", name="Ada L", email="ada@example.com")
    for headers in NO_VISITS:
        for path in ("/account", "/"):
            assert SAID not in browser.client.get(path, headers=headers).text, headers
    assert "Saved." in browser.get("/account").text


def test_head_uses_up_no_message(browser: Browser) -> None:
    browser.sign_in()
    browser.post("/account", name="Ada L", email="ada@example.com")
    browser.client.head("/account", headers=browser.headers)
    browser.client.head("/account")
    assert "Saved." in browser.get("/account").text


def test_what_is_no_visit_deletes_no_cookie_and_uses_up_no_reason(
    app: Flask, browser: Browser
) -> None:
    end_elsewhere(app, browser)
    for headers in NO_VISITS:
        for path in ("/dashboard", "/", "/login"):
            lines = set_cookies(browser.client.get(path, headers=headers))
            assert not lines.keys() & {"refresh_token", "access_token"}, headers
    page = browser.get("/login")
    assert "You signed out" in page.text
    assert "Max-Age=0" in set_cookies(page)["refresh_token"]


def test_many_images_of_a_signed_out_page_leave_no_message(browser: Browser) -> None:
    for headers in NO_VISITS:
        answer = browser.client.get("/dashboard", headers=headers)
        browser.client.get(answer.location, headers=headers)
    assert SAID not in browser.get("/").text


def test_many_tabs_of_a_signed_out_page_leave_one_message(browser: Browser) -> None:
    for _ in range(9):
        browser.get("/dashboard")
    assert browser.get("/login").text.count(SAID) == 1


def test_a_program_that_is_no_browser_reads_the_messages(browser: Browser) -> None:
    answer = browser.client.get("/dashboard", headers={"Accept": "*/*"})
    assert "Please sign in" in browser.client.get(answer.location, headers={"Accept": "*/*"}).text


def end_elsewhere(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    twin = Browser(app)
    twin.keep({"refresh_token": browser.refresh_token, "access_token": browser.access_token})
    assert twin.sign_out().status_code == 303
