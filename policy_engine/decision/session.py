"""What one conversation has seen: the user's request and what tools returned, in order.

Provenance rests on it (`x is dictated`, `x is trusted`), so it holds plain copies that nobody
can change afterwards. Where something could not be recorded, the session is incomplete and
what depends on it is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from policy_engine.values.plain import plain


@dataclass(frozen=True, slots=True)
class SeenOutput:
    """What a task returned, and the input it was called with."""

    task: str
    input: Mapping[str, object]
    value: object


class Session:
    """The memory of one conversation. `request` is the user's own words.

    `labels` are those of outputs that a parent session had seen when it handed over.
    """

    __slots__ = ("_complete", "_outputs", "_request", "id", "kept", "labels")

    def __init__(
        self,
        request: str | None = None,
        *,
        id: str | None = None,
        labels: Iterable[str] = (),
    ) -> None:
        self.id = id
        self.labels = frozenset(labels)
        self._request = request
        self._outputs: list[SeenOutput] = []
        self._complete = True
        self.kept: object = None
        """What decisions have read out of it, for the next one."""

    @classmethod
    def of(
        cls,
        request: str | None,
        outputs: tuple[SeenOutput, ...],
        *,
        id: str | None = None,
        complete: bool = True,
        labels: Iterable[str] = (),
    ) -> Session:
        """A session that has seen these outputs, which are plain data already."""
        session = cls(request, id=id, labels=labels)
        session._outputs = list(outputs)
        session._complete = complete
        return session

    def copy(self) -> Session:
        """Another session with the same content and nothing in common."""
        session = Session(self._request, id=self.id, labels=self.labels)
        for seen in self._outputs:
            session.record(seen.task, seen.value, seen.input)
        session._complete = self._complete
        return session

    @property
    def request(self) -> str | None:
        return self._request

    @property
    def outputs(self) -> tuple[SeenOutput, ...]:
        return tuple(self._outputs)

    @property
    def count(self) -> int:
        """How many outputs there are."""
        return len(self._outputs)

    def output(self, number: int) -> SeenOutput:
        """One of the outputs; the first is number 0."""
        return self._outputs[number]

    @property
    def complete(self) -> bool:
        """Whether everything that was seen is in here."""
        return self._complete

    def record(self, task: str, output: object, input: Mapping[str, object] | None = None) -> None:
        """Adds what a task returned. What has no plain form makes the session incomplete."""
        try:
            seen_input = cast("dict[str, object]", plain(dict(input or {})))
            self._outputs.append(SeenOutput(task, seen_input, plain(output)))
        except (ValueError, RecursionError):
            self._complete = False

    def mark_incomplete(self) -> None:
        """Something was seen that is not in here."""
        self._complete = False
