"""What a person does in a browser, in words."""

import json
from typing import Any

from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.support.browser import EMAIL, PASSWORD

TIMEOUT = 5


class Page:
    def __init__(self, driver: WebDriver, address: str) -> None:
        self.driver = driver
        self.address = address
        self.drain_logs()

    def open(self, path: str) -> None:
        self.driver.get(self.address + path)

    @property
    def path(self) -> str:
        url: str = self.driver.current_url
        return url.removeprefix(self.address)

    def find(self, testid: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, f'[data-testid="{testid}"]')

    def has(self, testid: str) -> bool:
        return bool(self.driver.find_elements(By.CSS_SELECTOR, f'[data-testid="{testid}"]'))

    def text(self, testid: str) -> str:
        text: str = self.find(testid).text
        return text

    def click(self, testid: str) -> None:
        self.find(testid).click()

    def fill(self, **values: str) -> None:
        for testid, value in values.items():
            field = self.find(testid.replace("_", "-"))
            field.clear()
            field.send_keys(value)

    def wait(self, condition: Any, timeout: float = TIMEOUT) -> None:
        WebDriverWait(self.driver, timeout, poll_frequency=0.02).until(lambda _: condition())

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> None:
        self.open("/login")
        self.fill(email=email, password=password)
        self.click("login-submit")
        self.wait(lambda: self.path == "/dashboard")

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

    def forget_everything(self) -> None:
        first, *others = self.driver.window_handles
        for other in others:
            self.switch(other)
            self.driver.close()
        self.switch(first)
        self.cdp("Emulation.setScriptExecutionDisabled", value=False)
        self.cdp("Network.clearBrowserCookies")
        self.cdp("Storage.clearDataForOrigin", origin=self.address, storageTypes="all")
        self.driver.get("about:blank")
