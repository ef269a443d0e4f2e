"""A real Chromium that looks at the app."""

import shutil
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from .page import Page

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--window-size=1280,900",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[webdriver.Chrome]:
    driver = start_chromium()
    yield driver
    driver.quit()


@pytest.fixture
def page(chromium: webdriver.Chrome, address: str) -> Iterator[Page]:
    page = Page(chromium, address)
    yield page
    page.forget_everything()


def start_chromium() -> webdriver.Chrome:
    options = Options()
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    installed = shutil.which("chromium")
    if installed:
        options.binary_location = installed
    # Without Debian's packages, Selenium finds a browser and its driver by itself.
    service = Service(shutil.which("chromedriver")) if installed else Service()
    return webdriver.Chrome(options, service)
