"""Two ways to perform an action: call a tool, or give back what a recorded session has.

A tool that raises has failed. One that does not answer in time may or may not have acted: its
thread is left behind, and the outcome is unknown.
"""

from __future__ import annotations

import asyncio
import copy
import inspect
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from policy_engine.foundation.errors import GateError
from policy_engine.runtime.calling import Hangs, Raised, call

Tool: TypeAlias = Callable[..., Any]
"""A function, or a coroutine function."""

LONGEST_TEXT = 2000
"""More of an error's words are not kept."""


class ToolFailed(Exception):
    """The tool raised; `kind` says what without the error's own words, which may hold anything."""

    def __init__(self, words: str, *, kind: str = "the tool failed") -> None:
        super().__init__(words)
        self.kind = kind


class ToolHangs(Exception):
    """The tool did not answer within its time."""

    kind = "no answer in time"


KEY = "idempotency_key"


class Tools:
    """Calls Python functions by task name, each with the input as keyword arguments.

    A function with a parameter `idempotency_key` gets the action's id by it, to hand on to whatever
    it calls: the same for every attempt at one action.
    """

    name = "tool"

    def __init__(self, tools: Mapping[str, Tool], time_limit: float = 60.0) -> None:
        self._tools: dict[str, Tool] = {}
        self._takes_key: set[str] = set()
        self._time_limit = time_limit
        for task, tool in tools.items():
            self.add(task, tool)

    def add(self, task: str, tool: Tool) -> None:
        """Takes in the tool of one more task. Raises `GateError` where it has one."""
        if task in self._tools:
            raise GateError(f"the task {task} has its tool already")
        self._tools[task] = tool
        if _takes_key(tool):
            self._takes_key.add(task)

    def can(self, task: str) -> bool:
        return task in self._tools

    def call(self, task: str, input: Mapping[str, object], key: str | None = None) -> object:
        """The tool's return value. Raises `ToolFailed` or `ToolHangs`."""
        try:
            arguments = self._arguments(task, input, key)
            return call(self._tools[task], arguments, self._time_limit, f"tool {task}")
        except Raised as raised:
            raise _failed(raised.error) from raised.error
        except Hangs as hangs:
            raise ToolHangs(str(hangs)) from hangs

    def awaits(self, task: str) -> bool:
        """Whether the tool is a coroutine function."""
        return inspect.iscoroutinefunction(self._tools[task])

    async def call_async(self, task: str, input: Mapping[str, object], key: str) -> object:
        """The same for such a tool, awaited on the caller's own event loop."""
        limit = asyncio.timeout(self._time_limit)
        try:
            async with limit:
                return await self._tools[task](**self._arguments(task, input, key))
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            if limit.expired():
                raise ToolHangs(f"no answer within {self._time_limit:g} seconds") from error
            raise _failed(error) from error

    def _arguments(
        self, task: str, input: Mapping[str, object], key: str | None
    ) -> dict[str, object]:
        arguments = {name: _copied(value) for name, value in input.items()}
        if key is not None and KEY not in arguments and task in self._takes_key:
            arguments[KEY] = key
        return arguments


class Recorded:
    """Plays back one recorded output: nothing is called, and the record says so."""

    name = "recorded"

    def __init__(self) -> None:
        self._output: object = None
        self._error: str | None = None

    def expect(self, output: object, error: str | None = None) -> None:
        """What the next call returned when it was recorded."""
        self._output, self._error = output, error

    def can(self, task: str) -> bool:
        return True

    def call(self, task: str, input: Mapping[str, object], key: str | None = None) -> object:
        if self._error is not None:
            raise ToolFailed(self._error)
        return self._output


def _copied(value: object) -> object:
    """The same for the tool alone, which may change it."""
    return value if type(value) in _UNCHANGING else copy.deepcopy(value)


_UNCHANGING = frozenset((str, int, bool, Decimal, type(None)))


def _takes_key(tool: Tool) -> bool:
    try:
        return KEY in inspect.signature(tool).parameters
    except (TypeError, ValueError):
        return False


def _failed(error: BaseException) -> ToolFailed:
    kind = type(error).__name__
    return ToolFailed(f"{kind}: {_words(error)}", kind=kind)


def _words(error: BaseException) -> str:
    """What an exception says of itself, where it can."""
    try:
        return writable(str(error)[:LONGEST_TEXT])
    except Exception:  # noqa: BLE001 — foreign code; its name has to do
        return "(it has no words)"


def writable(text: str) -> str:
    """The text with `?` for what is no character, so that it can be recorded."""
    return text.encode("utf-8", "replace").decode("utf-8")
