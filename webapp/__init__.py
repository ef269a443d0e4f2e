"""Evergreen: a Flask app whose sign-in stays signed in."""

import gc

# Of what is being loaded nothing is garbage: to look for some takes a tenth of the start.
collects = gc.isenabled()
gc.disable()
try:
    from .factory import create_app
finally:
    # And nothing of it is young: the first collection need not look at it either.
    gc.freeze()
    gc.unfreeze()
    if collects:
        gc.enable()

__all__ = ["create_app"]
