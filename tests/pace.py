"""Whether something takes long, on whatever machine: for tests of what must not grow too fast."""

from __future__ import annotations

import time
from collections.abc import Callable

TRIES = 3
_YARDSTICK_SECONDS = 0.1
"""What the yardstick takes on an ordinary machine with nothing else to do."""


def takes_less(seconds: float, work: Callable[[], object]) -> None:
    """Fails where the work takes as much processor time as so many seconds of an ordinary machine.

    How slow this one is at the moment, a piece of work of always the same size says right after.
    One of three tries must be in time, since a machine changes its pace.
    """
    for _ in range(TRIES):
        taken = processor(work)
        if taken < seconds:
            return
        allowed = seconds * max(1.0, processor(_yardstick) / _YARDSTICK_SECONDS)
        if taken < allowed:
            return
    raise AssertionError(f"it took {taken:.2f} s, and {allowed:.2f} are allowed")


def processor(work: Callable[[], object]) -> float:
    """Seconds of the processor, of this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def _yardstick() -> None:
    for number in range(250_000):
        hash((number, str(number)))
