"""Calls foreign code in a thread of its own: it may raise anything, and may never come back.

A coroutine function runs on an event loop of that thread. A thread that came back is used again;
one that did not in time is left behind, and ends when it does.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from types import CoroutineType
from typing import Any, cast

_MOST_IDLE = 64


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
    """What the function returns. Raises `Raised` or `Hangs`; `name` is that of the thread.

    The function sees the context variables of the caller.
    """
    errand = _Errand(partial(copy_context().run, function, **arguments), name)
    try:
        hand = _idle.pop()
    except IndexError:
        hand = _Hand()
    is_back = False
    try:
        hand.errands.put(errand)
        is_back = errand.wait(seconds)
    finally:
        if is_back and len(_idle) < _MOST_IDLE:
            _idle.append(hand)
        else:
            hand.errands.put(None)
    if not is_back:
        raise Hangs(f"no answer within {seconds:g} seconds")
    if errand.error is not None:
        raise Raised(errand.error)
    return errand.value


class _Errand:
    """One call, and what came of it."""

    __slots__ = ("_done", "_function", "_name", "error", "value")

    def __init__(self, function: Callable[[], object], name: str) -> None:
        self._function = function
        self._name = name
        self._done = threading.Lock()
        self._done.acquire()
        self.value: object = None
        self.error: BaseException | None = None

    def run(self) -> None:
        threading.current_thread().name = self._name
        try:
            answer = self._function()
            # Its type is asked, since an object may say anything of its class.
            if issubclass(type(answer), CoroutineType):
                answer = asyncio.run(cast("CoroutineType[Any, Any, object]", answer))
            self.value = answer
        except BaseException as error:  # noqa: BLE001 — whatever it raises is its answer
            self.error = error
        self._done.release()

    def wait(self, seconds: float) -> bool:
        """Whether it is done in time."""
        return self._done.acquire(timeout=seconds)


class _Hand:
    """A thread that runs one errand after the other, until it is given none."""

    __slots__ = ("errands",)

    def __init__(self) -> None:
        self.errands: SimpleQueue[_Errand | None] = SimpleQueue()
        threading.Thread(target=_work, args=(self.errands,), daemon=True).start()


def _work(errands: SimpleQueue[_Errand | None]) -> None:
    while (errand := errands.get()) is not None:
        errand.run()
        del errand  # or what it returned would live as long as the thread


_idle: deque[_Hand] = deque()

os.register_at_fork(after_in_child=_idle.clear)  # a child has no threads but the one that forked
