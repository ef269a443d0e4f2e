"""Devices in words, in the language of the response."""

from webapp.runtime import device_names

from .language import language


def device_name(user_agent: str) -> str:
    """“Firefox 144 on Windows”; empty without a `User-Agent`."""
    return device_names.device_name(user_agent, language())


def device_and_place(user_agent: str, ip: str) -> str:
    return ", ".join(filter(None, (device_name(user_agent), ip)))
