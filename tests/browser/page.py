"""What a person does in a browser, in words."""

import json
from typing import Any, Protocol

from flask import Flask
from selenium.common import StaleElementReferenceException
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.support.browser import EMAIL, PASSWORD, Browser

TIMEOUT = 20  # seconds; a machine may be busy

# What has the focus: its test id, whether it is text to type, and whether its focus can be seen.
FOCUS = """
const at = document.activeElement;
if (!at || at === document.body || at === document.documentElement) return null;
const { outlineStyle, outlineWidth } = getComputedStyle(at);
const box = at.getBoundingClientRect();
const ring = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
const inView = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
return [at.dataset.testid ?? at.outerHTML, at.tagName, ring && inView];
"""

ANSWERED = """
return document.readyState === 'complete'
  && (!window.isOld || document.querySelector('.summary, .wrong') !== null);
"""


class Page:
    def __init__(self, driver: WebDriver, address: str) -> None:
        self.driver = driver
        self.address = address
        self._scripts: list[str] = []
        self.drain_logs()

    def open(self, path: str) -> None:
        self.driver.get(self.address + path)

    @property
    def path(self) -> str:
        url: str = self.driver.current_url
        return url.removeprefix(self.address)

    def find(self, testid: str) -> WebElement:
        """Waits for it: a page may still be on its way."""
        self.wait(lambda: self.has(testid))
        return self.driver.find_element(By.CSS_SELECTOR, f'[data-testid="{testid}"]')

    def find_all(self, testid: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, f'[data-testid="{testid}"]')

    def has(self, testid: str) -> bool:
        return bool(self.find_all(testid))

    def text(self, testid: str) -> str:
        text: str = self.find(testid).text
        return text

    def click(self, testid: str) -> None:
        self.find(testid).click()

    def send(self, testid: str) -> None:
        """Click it, and wait for the response: another page, or errors on this one.

        The click itself may return before the browser has left the page.
        """
        self.script("window.isOld = true")
        self.click(testid)
        self.wait(lambda: self.script(ANSWERED))

    def fill(self, **values: str) -> None:
        for testid, value in values.items():
            field = self.find(testid.replace("_", "-"))
            field.clear()
            field.send_keys(value)

    def wait(self, condition: Any, timeout: float = TIMEOUT) -> None:
        """A page that is replaced meanwhile is looked at again."""
        left = [StaleElementReferenceException]
        waiting = WebDriverWait(self.driver, timeout, 0.02, ignored_exceptions=left)
        waiting.until(lambda _: condition())

    def wait_for(self, testid: str) -> None:
        self.wait(lambda: self.has(testid))

    def wait_for_message(self, words: str) -> None:
        self.wait(lambda: self.has("flash") and words in self.text("flash"))

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> None:
        self.open("/login")
        self.fill(email=email, password=password)
        self.click("login-submit")
        self.wait(lambda: self.path == "/dashboard")

    def let_in(self, app: Flask, email: str = EMAIL, password: str = PASSWORD) -> None:
        """Signed in without the way through the form, for tests of something else."""
        browser = Browser(app, self.script("return navigator.userAgent"))
        browser.sign_in(email, password)
        for name, hidden in {"refresh_token": True, "access_token": False}.items():
            value = browser.cookie(name)
            self.cdp("Network.setCookie", name=name, value=value, url=self.address, httpOnly=hidden)

    def cookies(self) -> dict[str, dict[str, Any]]:
        """All cookies, HttpOnly ones too."""
        return {cookie["name"]: cookie for cookie in self.driver.get_cookies()}

    def script(self, code: str, *args: Any) -> Any:
        return self.driver.execute_script(code, *args)

    def cdp(self, command: str, **parameters: Any) -> Any:
        return self.driver.execute_cdp_cmd(command, parameters)

    def open_tab(self, path: str) -> str:
        """Open a new tab and go there; answers with its name for `switch`."""
        self.driver.switch_to.new_window("tab")
        self.open(path)
        return self.tab

    @property
    def tab(self) -> str:
        name: str = self.driver.current_window_handle
        return name

    def switch(self, tab: str) -> None:
        self.driver.switch_to.window(tab)

    def drain_logs(self) -> None:
        for kind in ("performance", "browser"):
            self.driver.get_log(kind)

    def complaints(self) -> list[str]:
        """What the browser's console holds against the pages so far."""
        log = self.driver.get_log("browser")
        return [entry["message"] for entry in log if entry["level"] in ("WARNING", "SEVERE")]

    def set_cookie_lines(self) -> list[str]:
        """Every Set-Cookie header since the last call, on redirects too."""
        lines: list[str] = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.responseReceivedExtraInfo":
                headers = {k.lower(): v for k, v in message["params"]["headers"].items()}
                lines += headers.get("set-cookie", "").split("\n")
        return [line for line in lines if line]

    def on_every_page(self, code: str) -> None:
        """Run it before the scripts of all pages to come, until everything is forgotten."""
        added = self.cdp("Page.addScriptToEvaluateOnNewDocument", source=code)
        self._scripts.append(added["identifier"])

    def forget_everything(self) -> None:
        first, *others = self.driver.window_handles
        for other in others:
            self.switch(other)
            self.driver.close()
        self.switch(first)
        while self._scripts:
            self.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=self._scripts.pop())
        self.cdp("Emulation.setScriptExecutionDisabled", value=False)
        self.cdp("Emulation.setEmulatedMedia", features=[])
        self.cdp("Emulation.clearDeviceMetricsOverride")
        self.cdp("Network.clearBrowserCookies")
        self.cdp("Storage.clearDataForOrigin", origin=self.address, storageTypes="all")
        self.driver.get("about:blank")


class Hand(Protocol):
    """A way to fill in forms and to press what can be pressed."""

    def fill(self, **values: str) -> None: ...

    def press(self, testid: str) -> None: ...

    def enter(self, testid: str) -> None:
        """The Enter key, in a field."""


class Mouse:
    def __init__(self, page: Page) -> None:
        self.page = page

    def fill(self, **values: str) -> None:
        self.page.fill(**values)

    def press(self, testid: str) -> None:
        self.page.click(testid)

    def enter(self, testid: str) -> None:
        self.page.find(testid).send_keys(Keys.ENTER)


class Keyboard:
    """Tab, Enter, Space and letters; wherever it stops on its way, that can be seen."""

    STOPS = 80

    def __init__(self, page: Page) -> None:
        self.page = page

    def fill(self, **values: str) -> None:
        for testid, value in values.items():
            self.go_to(testid.replace("_", "-"))
            self.page.script("document.activeElement.select()")
            self.page.cdp("Input.insertText", text=value)

    def press(self, testid: str) -> None:
        """A link by Enter, all else by Space."""
        tag = self.go_to(testid)
        self.hit(Keys.ENTER if tag == "A" else Keys.SPACE)

    def enter(self, testid: str) -> None:
        self.go_to(testid)
        self.hit(Keys.ENTER)

    def go_to(self, testid: str) -> str:
        """Onwards to it; answers with its tag."""
        for _ in range(self.STOPS):
            focus = self.page.script(FOCUS)
            if focus:
                name, tag, seen = focus
                assert seen, f"the focus on {name} is not visible"
                if name == testid:
                    return str(tag)
            self.hit(Keys.TAB)
        raise AssertionError(f"{testid} can't be reached by Tab: {self.page.path}")

    def hit(self, key: str) -> None:
        ActionChains(self.page.driver, duration=0).send_keys(key).perform()
