"""Python imports this by itself in the processes of `processes.Clock`.

libfaketime 0.9.10 breaks `time.sleep`: with a steady clock that it leaves alone, the system call
of Python 3.11 and later fails (EINVAL), and threads that sleep end.
"""

import select
import time


def sleep(seconds: float) -> None:
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)


time.sleep = sleep
