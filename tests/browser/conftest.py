"""Real Chromiums that look at the app."""

import shutil
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from tests.support.browser import CHROME, FIREFOX

from .looks import Judge, fetch_axe, judge_by
from .page import Hand, Keyboard, Mouse, Page

ARGUMENTS = [
    "--headless=new",
    "--disable-gpu",  # there is none: half of the time went into imitating it
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
    driver = start_chromium(f"--user-agent={CHROME}")
    yield driver
    driver.quit()


@pytest.fixture
def page(chromium: webdriver.Chrome, address: str) -> Iterator[Page]:
    page = Page(chromium, address)
    yield page
    page.forget_everything()


@pytest.fixture(scope="session")
def other_chromium() -> Iterator[webdriver.Chrome]:
    """Another one: it shares nothing with the first, and calls itself a Firefox."""
    driver = start_chromium(f"--user-agent={FIREFOX}")
    yield driver
    driver.quit()


@pytest.fixture
def elsewhere(other_chromium: webdriver.Chrome, address: str) -> Iterator[Page]:
    page = Page(other_chromium, address)
    yield page
    page.forget_everything()


@pytest.fixture(
    params=[
        "keyboard alone",
        pytest.param("scripts off", marks=pytest.mark.thorough("browsers in full")),
    ]
)
def hand(request: pytest.FixtureRequest, page: Page) -> Hand:
    """A test that asks for it runs in both ways."""
    if request.param == "keyboard alone":
        return Keyboard(page)
    page.cdp("Emulation.setScriptExecutionDisabled", value=True)
    return Mouse(page)


@pytest.fixture(scope="session")
def judge(pytestconfig: pytest.Config) -> Judge:
    assert pytestconfig.cache
    axe = fetch_axe(pytestconfig.cache.mkdir("axe"))
    return judge_by(axe, in_turns=pytestconfig.getoption("quick"))


def start_chromium(*more: str) -> webdriver.Chrome:
    options = Options()
    for argument in (*ARGUMENTS, *more):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    installed = shutil.which("chromium")
    if installed:
        options.binary_location = installed
    # Without Debian's packages, Selenium finds a browser and its driver by itself.
    service = Service(shutil.which("chromedriver")) if installed else Service()
    return webdriver.Chrome(options, service)
