"""Many actions from few: what was drawn for one policy, mixed member by member."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from types import MappingProxyType

from tests.fuzz.hostile import Number, Text
from tests.properties.draws import Draw
from tests.properties.scenarios import Scenario


class Word(str, Enum):  # noqa: UP042 — such a class is what is tried
    """A text whose own `str` is another, as many programs have them."""

    PLACED = "placed"
    X = "x"


ODD: tuple[object, ...] = (
    *(None, True, 0, 1.5, float("nan"), 10**50, Number(5)),
    *("", "x", "\ud800", b"x", Word.X, Word.PLACED, Text("evil")),
    *([], {}, ("x",), {"x"}, {"amount": 5, "currency": "EUR"}),
)
"""What is no data of the type, or no data at all, or data in another form."""


def crossings(draw: Draw, drawn: Sequence[Scenario], number: int) -> Iterator[Scenario]:
    """So many scenarios, each one of the drawn with some of another about the same task."""
    by_task: dict[str, list[Scenario]] = {}
    for one in drawn:
        by_task.setdefault(one.task, []).append(one)
    for _ in range(number):
        one = draw.pick(drawn)
        yield crossed(draw, one, draw.pick(by_task[one.task]))


def crossed(draw: Draw, one: Scenario, other: Scenario) -> Scenario:
    """Each part from one of the two, and now and then something odd in the input."""
    parts = ("principal", "context", "now", "roles", "facts", "history", "attributes")
    taken = {part: getattr(other, part) for part in parts if draw.coin()}
    input_ = dict(one.input)
    for name in draw.some(sorted(input_), 0, 3):
        if name in other.input:
            input_[name] = other.input[name]
    if draw.once_in(6):
        input_ = _odd(draw, input_)
    return replace(one, input=input_, **taken)


def _odd(draw: Draw, given: Mapping[str, object]) -> dict[str, object]:
    """With one member that is no longer there, is something else, or is one too many."""
    name = draw.pick([*given, "more"])
    if draw.once_in(3):
        return {n: value for n, value in given.items() if n != name}
    return {**given, name: draw.pick(ODD)}


def wrapped(draw: Draw, given: Mapping[str, object]) -> Mapping[str, object]:
    """The same members, rarely in something that is no `dict`."""
    return MappingProxyType(dict(given)) if draw.once_in(20) else dict(given)
