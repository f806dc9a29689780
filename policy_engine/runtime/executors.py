"""Two ways to perform an action: call a tool, or give back what a recorded session has.

A tool that raises has failed. One that does not answer in time may or may not have acted: its
thread is left behind, and the outcome is unknown.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

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
        outcome: dict[str, Any] = {}

        def work() -> None:
            try:
                outcome["value"] = self._tools[task](**copy.deepcopy(dict(input)))
            except BaseException as error:  # noqa: BLE001 — whatever a tool raises is its failure
                outcome["error"] = error

        thread = threading.Thread(target=work, name=f"tool {task}", daemon=True)
        thread.start()
        thread.join(self._time_limit)
        if "error" in outcome:
            error = outcome["error"]
            kind = type(error).__name__
            raise ToolFailed(f"{kind}: {_words(error)}", kind=kind) from error
        if "value" not in outcome:
            raise ToolHangs(f"no answer within {self._time_limit:g} seconds")
        return outcome["value"]


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
