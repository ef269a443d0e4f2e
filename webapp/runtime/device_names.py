"""Devices in words, in any language: for pages and mails."""

from webapp.core.text import N_
from webapp.core.user_agents import describe

from .translations import translate

NAME = N_("{browser} on {system}")


def device_name(user_agent: str, language: str) -> str:
    """“Firefox 144 on Windows”; empty without a `User-Agent`."""
    if not user_agent:
        return ""
    looks = describe(user_agent)
    browser = translate(language, looks.browser)  # an unknown one has a text as its name
    name = translate(language, NAME) if looks.system else "{browser}"
    return name.format(browser=browser, system=looks.system)
