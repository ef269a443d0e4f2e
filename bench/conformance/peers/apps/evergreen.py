"""Evergreen as in production, with a clock that can be moved."""

import time

from webapp import create_app
from webapp.store.redis import clock

# It counts the time since Redis' last reply by a clock that also runs while a machine sleeps.
# libfaketime moves the clock of the wall alone, so that one has to be counted by.
clock.STEADY_CLOCK = time.CLOCK_REALTIME

app = create_app()
