"""Calls foreign code in a thread of its own: it may raise anything, and may never come back.

A coroutine function runs on an event loop of that thread.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Mapping
from typing import Any


class Raised(Exception):
    """The code raised `error`, be it one that would end the program."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(type(error).__name__)
        self.error = error


class Hangs(Exception):
    """The code did not answer in time; its thread is left behind."""


def call(
    function: Callable[..., object], arguments: Mapping[str, object], seconds: float, name: str
) -> object:
    """What the function returns. Raises `Raised` or `Hangs`; `name` is that of the thread."""
    outcome: dict[str, Any] = {}

    def work() -> None:
        try:
            answer = function(**arguments)
            outcome["value"] = asyncio.run(answer) if inspect.iscoroutine(answer) else answer
        except BaseException as error:  # noqa: BLE001 — whatever it raises is its answer
            outcome["error"] = error

    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    thread.join(seconds)
    if "error" in outcome:
        raise Raised(outcome["error"])
    if "value" not in outcome:
        raise Hangs(f"no answer within {seconds:g} seconds")
    return outcome["value"]
