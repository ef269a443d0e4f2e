"""The app on a host whose clock is wrong by so many seconds: `tests.support.wrong_clock:app`.

libfaketime would move it for the whole process, but makes threads of Python 3.11 wait for ever.
"""

import os
import time

WRONG_BY = "EVERGREEN_CLOCK_WRONG_BY"

if WRONG_BY in os.environ:
    right = time.time
    time.time = lambda: right() + float(os.environ[WRONG_BY])

    from app import app as app
