"""Devices in words, in the language of the response."""

from webapp.core.user_agents import describe

from .language import gettext as _


def device_name(user_agent: str) -> str:
    """“Firefox 144 on Windows”; empty without a `User-Agent`."""
    if not user_agent:
        return ""
    looks = describe(user_agent)
    browser = _(looks.browser)  # the name of an unknown one is a text
    return (
        _("{browser} on {system}", browser=browser, system=looks.system)
        if looks.system
        else browser
    )


def device_and_place(user_agent: str, ip: str) -> str:
    return ", ".join(filter(None, (device_name(user_agent), ip)))
