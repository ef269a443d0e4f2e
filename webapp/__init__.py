"""Evergreen: a Flask app whose sign-in stays signed in."""

import gc

# Of what is being loaded nothing is garbage: to look for some takes a tenth of the start.
collects = gc.isenabled()
gc.disable()

from .assembly import create_app  # noqa: E402

if collects:
    gc.enable()

__all__ = ["create_app"]
