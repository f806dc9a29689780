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

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from policy_engine.decision.frame import Frame
from policy_engine.decision.memory import Calls, Memory, Test, Vouching
from policy_engine.decision.returned import Data, Returned, data_of
from policy_engine.decision.sought import Sought, sought
from policy_engine.decision.truth import Truth, Unknown
from policy_engine.foundation.source import Span
from policy_engine.language.policy import Task
from policy_engine.values.conform import conform
from policy_engine.values.tokens import TooMuch
from policy_engine.values.types import (
    BOOLEAN,
    JSON,
    ListOf,
    MapOf,
    Record,
    Scalar,
    SetOf,
    Type,
    Union,
)

_TOO_MUCH = "there is more to compare than can be compared"
_NO_SESSION = "what the session has seen is not known"
_GAPS = "the record of this session has gaps"
_NO_REQUEST = "the user's request is not known"
_NOT_KNOWN = "whether its source is trusted is not known"
_ITSELF = "an item cannot vouch for itself"


_Finding = Callable[[Memory, Sought, Span], Truth]


class SessionOrigins:
    """Answers for one principal. `wheres` are the compiled item conditions, by task."""

    def __init__(
        self, memory: Memory | None, tasks: Mapping[str, Task], wheres: Mapping[str, Test]
    ) -> None:
        self._memory = memory
        self._tasks = tasks
        self._wheres = wheres
        self._frame: Callable[[], Frame] | None = None
        self._vouching: dict[int, Vouching] = {}
        self._asking = False

    def within(self, frame: Callable[[], Frame]) -> None:
        """What gives the frame in which item conditions are evaluated."""
        self._frame = frame

    def dictated(self, value: object, type_: Type, span: Span) -> Truth:
        return self._in_request(value, type_, span, Memory.requested)

    def named(self, value: object, type_: Type, span: Span) -> Truth:
        return self._in_request(value, type_, span, Memory.named)

    def _in_request(
        self, value: object, type_: Type, span: Span, has: Callable[[Memory, Sought], bool]
    ) -> Truth:
        memory = self._memory
        if memory is None or memory.request is None:
            return Unknown(span, _NO_REQUEST)
        try:
            return all(has(memory, sought(part)) for part in carrying(value, type_))
        except TooMuch:
            return Unknown(span, _TOO_MUCH)

    def trusted(self, value: object, type_: Type, span: Span) -> Truth:
        asked = [part for part in carrying(value, type_) if part != ""]
        return self._each(asked, span, self._trusted)

    def comes_from(self, task: str, value: object, type_: Type, span: Span) -> Truth:
        def found(memory: Memory, datum: Sought, span: Span) -> Truth:
            if not memory.complete:
                return Unknown(span, _GAPS)
            calls = memory.calls(self._tasks)
            having = memory.having(datum, calls.returned)
            first = next((number for number in having if calls.names[number] == task), None)
            return first is not None and memory.precedes(first, datum, calls)

        return self._each(carrying(value, type_), span, found)

    def created(self, value: object, type_: Type, span: Span) -> Truth:
        return self._each(carrying(value, type_), span, self._created)

    def asked_for(self, words: tuple[str, ...], span: Span) -> Truth:
        memory = self._memory
        if memory is None or memory.request is None:
            return Unknown(span, _NO_REQUEST)
        return memory.request.asks_for(words)

    def seen(self, label: str, span: Span) -> Truth:
        memory = self._memory
        if memory is None:
            return Unknown(span, _NO_SESSION)
        if label in memory.labels or memory.has_seen(label, self._tasks):
            return True
        return False if memory.complete else Unknown(span, _GAPS)

    def read(self) -> None:
        """Reads what the session has seen, so that decisions find it read."""
        memory = self._memory
        if memory is None:
            return
        if memory.request is not None:
            memory.request.read()
            for task in self._tasks.values():
                memory.request.asks_for(task.asked_for)
        calls = memory.calls(self._tasks)
        calls.carried.read()
        for returned in (calls.returned, *self._vouched_by(memory, calls)):
            returned.read()

    def _each(self, asked: Iterable[object], span: Span, found: _Finding) -> Truth:
        """What was found of every part, joined as by `and`."""
        memory = self._memory
        if memory is None:
            return Unknown(span, _NO_SESSION) if any(True for _ in asked) else True
        unknown: Unknown | None = None
        try:
            for part in asked:
                truth = found(memory, sought(part), span)
                if truth is False:
                    return False
                if isinstance(truth, Unknown) and unknown is None:
                    unknown = truth
        except TooMuch:
            return Unknown(span, _TOO_MUCH)
        return True if unknown is None else unknown

    def _trusted(self, memory: Memory, datum: Sought, span: Span) -> Truth:
        if memory.requested(datum):
            return True
        if not memory.complete:
            return Unknown(span, _GAPS)
        vouched = self._vouched(memory, datum, span)
        if vouched is False and memory.request is None:
            return Unknown(span, _NO_REQUEST)
        return vouched

    def _vouched(self, memory: Memory, datum: Sought, span: Span) -> Truth:
        """Whether a trusted output has the datum, and nothing before it had carried it out."""
        if self._asking:
            return Unknown(span, _ITSELF)
        calls = memory.calls(self._tasks)
        surely, perhaps = self._vouched_by(memory, calls)
        if self._has_first(memory, datum, calls, surely):
            return True
        maybe = self._has_first(memory, datum, calls, perhaps)
        if calls.loose:
            for vouching in self._vouched_now(memory, datum, calls):
                if memory.among(datum, vouching.surely):
                    return True
                maybe = maybe or memory.among(datum, vouching.perhaps)
        return Unknown(span, _NOT_KNOWN) if maybe else False

    def _vouched_by(self, memory: Memory, calls: Calls) -> tuple[Returned, Returned]:
        def judge(number: int, test: Test) -> Vouching:
            """As if nothing had been asked in this decision: what is kept for others rests on
            the session alone."""
            if calls.frame is None:
                calls.frame = self._given()
            other = SessionOrigins(Memory(memory.session), self._tasks, self._wheres)
            return other._judged(number, test, calls.frame)

        return calls.vouched(self._wheres, judge)

    def _has_first(self, memory: Memory, datum: Sought, calls: Calls, returned: Returned) -> bool:
        having = memory.having(datum, returned)
        return bool(having) and memory.precedes(having[0], datum, calls)

    def _vouched_now(self, memory: Memory, datum: Sought, calls: Calls) -> Iterator[Vouching]:
        """What outputs that have the datum vouch for, where it depends on this decision."""
        having = memory.having(datum, calls.returned)
        for number in having:
            if number in calls.loose and memory.precedes(number, datum, calls):
                known = self._vouching.get(number)
                if known is None:
                    self._asking = True
                    known = self._judged(number, self._wheres[calls.names[number]], self._given())
                    self._vouching[number] = known
                    self._asking = False
                yield known

    def _created(self, memory: Memory, datum: Sought, span: Span) -> Truth:
        """Whether a call made the datum, and it stood nowhere before."""
        if not memory.complete:
            return Unknown(span, _GAPS)
        calls = memory.calls(self._tasks)
        having = memory.having(datum, calls.returned)
        task = self._tasks.get(calls.names[having[0]]) if having else None
        if task is None or task.output is None or not task.output.new:
            return False
        if not memory.precedes(having[0], datum, calls) or memory.requested(datum):
            return False
        return True if memory.request is not None else Unknown(span, _NO_REQUEST)

    def _given(self) -> Frame:
        assert self._frame is not None
        return self._frame()

    def _judged(self, number: int, test: Test, given: Frame) -> Vouching:
        """The data of the items for which the condition holds, and for which it is unknown."""
        assert self._memory is not None
        seen = self._memory.session.output(number)
        output = self._tasks[seen.task].output
        assert output is not None and isinstance(output.type, ListOf)
        frame = Frame(given.roots, {}, given.absent, self, given.now, given.past)
        surely: list[object] = []
        perhaps: list[object] = []
        for item in seen.value if isinstance(seen.value, list) else []:
            typed, misfits = conform(item, output.type.item, closed=False)
            if not misfits:
                truth = test.holds(frame.with_locals({"item": typed}))
                if truth is not False:
                    (surely if truth is True else perhaps).extend(data_of(item, output.type.item))
        return Vouching(Data(surely), Data(perhaps))


_PASSED_OVER = (BOOLEAN.name, JSON.name)
"""Scalars that may have parts, or carry nothing."""


def carrying(value: object, type_: Type) -> Iterable[object]:
    """The parts of a value that can carry what somebody made up."""
    kind = type_.item if isinstance(type_, (ListOf, SetOf)) else type_
    if isinstance(kind, Scalar) and kind.name not in _PASSED_OVER:
        return (value,) if kind is type_ else cast("Iterable[object]", value)
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
