"""The app on a real server in a thread, and a real Chromium that looks at it."""

import shutil
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from werkzeug.serving import make_server

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
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


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
