"""Two ways to perform an action: call a tool, or give back what a recorded session has.

A tool that raises has failed. One that does not answer in time may or may not have acted: its
thread is left behind, and the outcome is unknown.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TypeAlias

from policy_engine.runtime.calling import Hangs, Raised, call

Tool: TypeAlias = Callable[..., object]

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


class Tools:
    """Calls Python functions by task name, each with the input as keyword arguments."""

    name = "tool"

    def __init__(self, tools: Mapping[str, Tool], time_limit: float = 60.0) -> None:
        self._tools = dict(tools)
        self._time_limit = time_limit

    def can(self, task: str) -> bool:
        return task in self._tools

    def call(self, task: str, input: Mapping[str, object]) -> object:
        """The tool's return value. Raises `ToolFailed` or `ToolHangs`."""
        try:
            arguments = copy.deepcopy(dict(input))
            return call(self._tools[task], arguments, self._time_limit, f"tool {task}")
        except Raised as raised:
            kind = type(raised.error).__name__
            raise ToolFailed(f"{kind}: {_words(raised.error)}", kind=kind) from raised.error
        except Hangs as hangs:
            raise ToolHangs(str(hangs)) from hangs


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

    def call(self, task: str, input: Mapping[str, object]) -> object:
        if self._error is not None:
            raise ToolFailed(self._error)
        return self._output


def _words(error: BaseException) -> str:
    """What an exception says of itself, where it can."""
    try:
        return writable(str(error)[:LONGEST_TEXT])
    except Exception:  # noqa: BLE001 — foreign code; its name has to do
        return "(it has no words)"


def writable(text: str) -> str:
    """The text with `?` for what is no character, so that it can be recorded."""
    return text.encode("utf-8", "replace").decode("utf-8")
