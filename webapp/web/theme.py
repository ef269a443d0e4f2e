"""Light or dark. Without a choice pages follow the system."""

from .auth import cookies

THEMES = ("light", "dark")
# The choice to have none.
SYSTEM = "system"


def theme() -> str:
    """One of THEMES; empty: the system's. Another app's cookie of this name does not count."""
    return next((value for value in cookies.read_all(cookies.THEME) if value in THEMES), "")
