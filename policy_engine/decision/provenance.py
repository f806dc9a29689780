"""Where a datum comes from, by what the session has seen.

*Dictated*: every part of it stands, as a whole token, in the user's own request. *Trusted*:
every part is dictated or stands in an output that its task declares trusted, wholly or item by
item. *Comes from* a task: every part stands in an output of it; *created* here: in an output that
its task declares new, and nowhere before. An output does not vouch for what the session itself had
put in by then: a value that an earlier call, or this very one, carried out to a tool proves
nothing when it comes back. Empty text, booleans and members of literal unions carry nothing and
are never untrusted. Without a session, or with one that has gaps, the answer is unknown; so it is
where finding out would take too long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Protocol

from policy_engine.decision.frame import Frame
from policy_engine.decision.memory import Data, Memory, Vouching
from policy_engine.decision.session import SeenOutput
from policy_engine.decision.truth import Truth, Unknown, every
from policy_engine.foundation.source import Span
from policy_engine.language.policy import Output, Task
from policy_engine.values.conform import conform
from policy_engine.values.plain import leaves
from policy_engine.values.tokens import TooMuch
from policy_engine.values.types import BOOLEAN, JSON, ListOf, MapOf, Record, SetOf, Type, Union


class Test(Protocol):
    """A condition on one item of an output; `stays`: it never changes within a session."""

    @property
    def holds(self) -> Callable[[Frame], object]: ...

    @property
    def stays(self) -> bool: ...


_TOO_MUCH = "there is more to compare than can be compared"
_NO_SESSION = "what the session has seen is not known"
_GAPS = "the record of this session has gaps"
_NO_REQUEST = "the user's request is not known"


class SessionOrigins:
    """Answers for one principal. `wheres` are the compiled item conditions, by task."""

    def __init__(
        self, memory: Memory | None, tasks: Mapping[str, Task], wheres: Mapping[str, Test]
    ) -> None:
        self._memory = memory
        self._tasks = tasks
        self._wheres = wheres
        self._frame: Callable[[], Frame] | None = None
        self._vouching: dict[int, Vouching] | None = None
        self._asking = False

    def within(self, frame: Callable[[], Frame]) -> None:
        """What gives the frame in which item conditions are evaluated."""
        self._frame = frame

    def dictated(self, value: object, type_: Type, span: Span) -> Truth:
        return self._in_request(value, type_, span, Memory.requested)

    def named(self, value: object, type_: Type, span: Span) -> Truth:
        return self._in_request(value, type_, span, Memory.named)

    def _in_request(
        self, value: object, type_: Type, span: Span, has: Callable[[Memory, object], bool]
    ) -> Truth:
        memory = self._memory
        if memory is None or memory.request is None:
            return Unknown(span, _NO_REQUEST)
        try:
            return all(has(memory, part) for part in carrying(value, type_))
        except TooMuch:
            return Unknown(span, _TOO_MUCH)

    def trusted(self, value: object, type_: Type, span: Span) -> Truth:
        asked = [part for part in carrying(value, type_) if part != ""]
        return self._each(asked, span, self._part_trusted)

    def comes_from(self, task: str, value: object, type_: Type, span: Span) -> Truth:
        def found(memory: Memory, part: object, span: Span) -> Truth:
            if not memory.complete:
                return Unknown(span, _GAPS)
            return any(
                seen.task == task and memory.returned(number, part)
                for number, seen in memory.not_carried_out(part)
            )

        return self._each(list(carrying(value, type_)), span, found)

    def created(self, value: object, type_: Type, span: Span) -> Truth:
        return self._each(list(carrying(value, type_)), span, self._part_created)

    def asked_for(self, words: tuple[str, ...], span: Span) -> Truth:
        memory = self._memory
        if memory is None or memory.request is None:
            return Unknown(span, _NO_REQUEST)
        return memory.asks_for(words)

    def read(self) -> None:
        """Reads what the session has seen, so that decisions find it read."""
        if self._memory is not None:
            for _, vouching in self._trusted_outputs(self._memory):
                for data in vouching:
                    _ = data.words, data.spelt
            self._memory.read()

    def seen(self, label: str, span: Span) -> Truth:
        memory = self._memory
        if memory is None:
            return Unknown(span, _NO_SESSION)
        labelled = {n for n, t in self._tasks.items() if t.output and label in t.output.labels}
        if label in memory.labels or any(seen.task in labelled for seen in memory.outputs):
            return True
        return False if memory.complete else Unknown(span, _GAPS)

    def _each(
        self,
        parts: Sequence[object],
        span: Span,
        found: Callable[[Memory, object, Span], Truth],
    ) -> Truth:
        memory = self._memory
        if not parts:
            return True
        if memory is None:
            return Unknown(span, _NO_SESSION)
        try:
            return every(found(memory, part, span) for part in parts)
        except TooMuch:
            return Unknown(span, _TOO_MUCH)

    def _part_trusted(self, memory: Memory, part: object, span: Span) -> Truth:
        if memory.requested(part):
            return True
        vouched = self._vouched(memory, part, span)
        if not memory.complete:
            return Unknown(span, _GAPS)
        if vouched is False and memory.request is None:
            return Unknown(span, _NO_REQUEST)
        return vouched

    def _vouched(self, memory: Memory, part: object, span: Span) -> Truth:
        """Whether a trusted output has the datum, and nothing before it had carried it out."""
        if self._asking:
            return Unknown(span, "an item cannot vouch for itself")
        if self._vouching is None:
            self._asking = True
            self._vouching = dict(self._trusted_outputs(memory))
            self._asking = False
        maybe = False
        for number, _ in memory.not_carried_out(part):
            known = self._vouching.get(number)
            if known is None:
                continue
            if memory.among(part, known.surely):
                return True
            maybe = maybe or memory.among(part, known.perhaps)
        return Unknown(span, "whether its source is trusted is not known") if maybe else False

    def _part_created(self, memory: Memory, part: object, span: Span) -> Truth:
        """Whether a call made the datum, and it stood nowhere before."""
        if not memory.complete:
            return Unknown(span, _GAPS)
        first = next((s for n, s in memory.not_carried_out(part) if memory.returned(n, part)), None)
        task = self._tasks.get(first.task) if first is not None else None
        if task is None or task.output is None or not task.output.new or memory.requested(part):
            return False
        return True if memory.request is not None else Unknown(span, _NO_REQUEST)

    def _trusted_outputs(self, memory: Memory) -> Iterator[tuple[int, Vouching]]:
        """The data of trusted outputs, leaf by leaf, by the number of their call."""
        for number, seen in enumerate(memory.outputs):
            task = self._tasks.get(seen.task)
            if task is None or task.output is None or not task.output.trusted:
                continue
            test = self._wheres.get(seen.task)
            if test is None:
                yield number, Vouching(memory.all_returned(number), _NOTHING)
            elif test.stays:
                yield (
                    number,
                    memory.kept_vouching(
                        number, test, partial(self._items, seen, task.output, test)
                    ),
                )
            else:
                yield number, self._items(seen, task.output, test)

    def _items(self, seen: SeenOutput, output: Output, test: Test) -> Vouching:
        """The data of the items for which the condition holds, and for which it is unknown."""
        assert self._frame is not None and isinstance(output.type, ListOf)
        frame = self._frame()
        surely: list[object] = []
        perhaps: list[object] = []
        for item in seen.value if isinstance(seen.value, list) else []:
            typed, misfits = conform(item, output.type.item, closed=False)
            if not misfits:
                truth = test.holds(frame.with_locals({"item": typed}))
                if truth is not False:
                    (surely if truth is True else perhaps).extend(leaves(item))
        return Vouching(Data(surely), Data(perhaps))


_NOTHING = Data(())


def carrying(value: object, type_: Type) -> Iterator[object]:
    """The parts of a value that can carry what somebody made up."""
    return (part for part, carries in parts(value, type_) if carries)


def parts(value: object, type_: Type) -> Iterator[tuple[object, bool]]:
    """The scalars of a value, each with whether it can carry what somebody made up.

    The keys of a map are data like any other.
    """
    match type_:
        case ListOf(item) | SetOf(item) if isinstance(value, (list, tuple, frozenset)):
            for element in value:
                yield from parts(element, item)
        case MapOf(item) if isinstance(value, Mapping):
            for key, element in value.items():
                yield key, True
                yield from parts(element, item)
        case Record() if isinstance(value, Mapping):
            for field in type_.fields:
                if field.name in value:
                    yield from parts(value[field.name], field.type)
        case _ if type_ == JSON:
            yield from _json_parts(value)
        case _:
            yield value, type_ != BOOLEAN and not isinstance(type_, Union)


def _json_parts(value: object) -> Iterator[tuple[object, bool]]:
    match value:
        case list() | tuple():
            for element in value:
                yield from _json_parts(element)
        case Mapping():
            for key, element in value.items():
                yield key, True
                yield from _json_parts(element)
        case _:
            yield value, value is not None and not isinstance(value, bool)
