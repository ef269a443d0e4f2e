"""The API's page and the outbox in a browser: calls are tried, mails are read and followed."""

from flask import Flask
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.support.browser import EMAIL, PASSWORD, Browser
from tests.support.mails import newest_mail

from .page import Page

# Of a frame before outbox.js, in pixels.
DEFAULT_HEIGHT = 480


def form_of(page: Page, call: str) -> WebElement:
    """With its call unfolded."""
    (details,) = page.driver.find_elements(By.CSS_SELECTOR, f'[data-id="{call}"]')
    if not details.get_property("open"):
        details.find_element(By.TAG_NAME, "summary").click()
    return details.find_element(By.CSS_SELECTOR, '[data-testid="try-form"]')


def answer_of(page: Page, call: str, **values: str) -> str:
    form = form_of(page, call)
    answer = form.find_element(By.CSS_SELECTOR, '[data-testid="try-answer"]')
    before = answer.get_property("textContent")
    for name, value in values.items():
        field = form.find_element(By.NAME, name)
        field.clear()
        field.send_keys(value)
    form.find_element(By.TAG_NAME, "button").click()
    page.wait(lambda: answer.get_property("textContent") != before)
    return answer.text


def test_the_access_token_of_a_sign_in_is_used_for_the_calls_that_follow(page: Page) -> None:
    page.open("/api/docs")
    assert answer_of(page, "getProfile").startswith("401 ")
    account = f'{{"email": "{EMAIL}", "password": "{PASSWORD}"}}'
    assert answer_of(page, "login", body=account).startswith("200 ")
    assert EMAIL in answer_of(page, "getProfile")
    assert '"per_page": 1' in answer_of(page, "listSessions", per_page="1")
    assert answer_of(page, "endSession", sid="a/b").startswith("404 ")
    assert page.path == "/api/docs"


def test_the_example_in_javascript_works_on_this_page(page: Page, address: str) -> None:
    page.open("/api/docs")
    code = str(page.find("fetch-example").get_property("textContent"))
    base = code.partition("'")[2].partition("/api/v1'")[0]
    code = code.replace(base, address).replace("console.log(", "return (")
    run = f"(async () => {{ {code} }})().then(arguments[0], (error) => arguments[0](String(error)))"
    found = page.driver.execute_async_script(run)
    assert found["data"]["user"]["email"] == "demo@example.com"


def test_a_sample_is_copied_and_says_so_where_there_is_no_clipboard(page: Page) -> None:
    page.open("/api/docs")
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    page.cdp("Browser.grantPermissions", origin=page.address, permissions=permissions)
    page.click("copy-sample")
    page.wait(lambda: page.text("copy-sample") == "Copied.")
    read = "navigator.clipboard.readText().then(arguments[0], (error) => arguments[0](`${error}`))"
    assert page.driver.execute_async_script(read) == page.text("curl-login")
    # As without HTTPS.
    page.on_every_page("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.open("/api/docs")
    page.click("copy-sample")
    page.wait(lambda: page.text("copy-sample") == "Please select it.")


def test_a_mail_is_drawn_in_its_frame_and_its_button_opens_a_new_tab(
    page: Page, app: Flask
) -> None:
    Browser(app).post("/forgot-password", email=EMAIL)
    newest_mail(app, EMAIL)  # mails are sent after the response
    page.open("/dev/outbox")
    tab = page.driver.current_window_handle
    page.driver.switch_to.frame(page.find("mail-html"))
    button = page.driver.find_element(By.CLASS_NAME, "action")
    assert button.value_of_css_property("background-color") == "rgba(18, 104, 63, 1)"
    room = "return [innerHeight, document.documentElement.scrollHeight]"
    page.driver.switch_to.default_content()
    page.wait(lambda: page.find("mail-html").size["height"] not in (0, DEFAULT_HEIGHT))
    page.driver.switch_to.frame(page.find("mail-html"))
    height, needed = page.script(room)
    assert height == needed  # without a scrollbar
    button = page.driver.find_element(By.CLASS_NAME, "action")
    button.click()
    page.wait(lambda: len(page.driver.window_handles) == 2)
    page.driver.switch_to.window(next(each for each in page.driver.window_handles if each != tab))
    page.driver.close()  # its URL is the app's own, which is not that of the test's server
    page.driver.switch_to.window(tab)
    assert page.path == "/dev/outbox"
