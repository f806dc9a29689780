"""Where a datum comes from, by what the session has seen.

*Dictated*: every part of it stands, as a whole token, in the user's own request. *Trusted*:
every part is dictated or stands in an output that its task declares trusted, wholly or item by
item. An output does not vouch for what the session itself had put in by then: a value that an
earlier call, or this very one, carried out to a tool proves nothing when it comes back. Empty
text, booleans and members of literal unions carry nothing and are never untrusted. Without a
session, or with one that has gaps, what is not found is unknown; so is what would take too long
to find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from policy_engine.decision.frame import Frame
from policy_engine.decision.session import SeenOutput, Session
from policy_engine.decision.truth import Truth, Unknown, every
from policy_engine.foundation.source import Span
from policy_engine.language.policy import Output, Task
from policy_engine.values.conform import conform
from policy_engine.values.plain import leaves
from policy_engine.values.tokens import TooMuch, occurs_in, stands_in, text_of
from policy_engine.values.types import BOOLEAN, ListOf, Record, Type, Union

Where = Callable[[Frame], object]

Vouching: TypeAlias = tuple[Sequence[object], Sequence[object]]
"""The data that an output vouches for, and that it perhaps vouches for."""

_LONGEST_JOINED = 20_000
"""How much of what calls carried out is read as if it were one text."""

MOST_WORK = 200_000_000
"""Characters that one decision may compare; a second's work, roughly."""


class SessionOrigins:
    """Answers for one decision. `wheres` are the compiled item conditions, by task."""

    def __init__(
        self, session: Session | None, tasks: Mapping[str, Task], wheres: Mapping[str, Where]
    ) -> None:
        self._session = session
        self._tasks = tasks
        self._wheres = wheres
        self._frame: Frame | None = None
        self._vouching: dict[int, Vouching] | None = None
        self._asking = False
        self._inputs: dict[int, list[object]] = {}
        self._exact: dict[int, frozenset[str]] = {}
        self._joined = ""
        self._work = 0

    def within(self, frame: Frame) -> None:
        """The frame in which item conditions are evaluated."""
        self._frame = frame

    def dictated(self, value: object, type_: Type, span: Span) -> Truth:
        if self._session is None or self._session.request is None:
            return Unknown(span, "the user's request is not known")
        request = self._session.request
        try:
            return all(
                self._stands(part, request) for part, carries in parts(value, type_) if carries
            )
        except TooMuch:
            return Unknown(span, "there is more to compare than can be compared")

    def trusted(self, value: object, type_: Type, span: Span) -> Truth:
        carrying = [part for part, carries in parts(value, type_) if carries and part != ""]
        if not carrying:
            return True
        if self._session is None:
            return Unknown(span, "what the session has seen is not known")
        try:
            return every(self._part_trusted(part, span) for part in carrying)
        except TooMuch:
            return Unknown(span, "there is more to compare than can be compared")

    def _part_trusted(self, part: object, span: Span) -> Truth:
        assert self._session is not None
        request = self._session.request
        if request is not None and self._stands(part, request):
            return True
        vouched = self._vouched(part, span)
        if not self._session.complete:
            return Unknown(span, "the record of this session has gaps")
        if vouched is False and request is None:
            return Unknown(span, "the user's request is not known")
        return vouched

    def _stands(self, part: object, text: str) -> bool:
        several = isinstance(part, str) and len(part.split()) > 1
        self._spend(len(text) if several else 100)
        return stands_in(part, text)

    def _spend(self, work: int) -> None:
        self._work += work
        if self._work > MOST_WORK:
            raise TooMuch

    def _vouched(self, part: object, span: Span) -> Truth:
        """Whether a trusted output has the datum, and nothing before it had carried it out."""
        assert self._session is not None
        if self._asking:
            return Unknown(span, "an item cannot vouch for itself")
        if self._vouching is None:
            self._asking = True
            self._vouching = dict(self._trusted_outputs())
            self._asking = False
        maybe = False
        for number, seen in enumerate(self._session.outputs):
            carried = self._carried(number, seen)
            self._spend(100 * (1 + len(carried)))
            if any(_put_in(part, leaf) for leaf in carried):
                break
            surely, perhaps = self._vouching.get(number, ((), ()))
            if isinstance(part, str) and part in self._texts(number, surely):
                return True
            if any(self._is_or_contains(leaf, part) for leaf in surely):
                return True
            maybe = maybe or any(self._is_or_contains(leaf, part) for leaf in perhaps)
        return Unknown(span, "whether its source is trusted is not known") if maybe else False

    def _texts(self, number: int, leaves: Sequence[object]) -> frozenset[str]:
        """The texts of an output, to be asked for by equality."""
        known = self._exact.get(number)
        if known is None:
            texts = frozenset(leaf for leaf in leaves if isinstance(leaf, str))
            known = self._exact[number] = texts
        return known

    def _carried(self, number: int, seen: SeenOutput) -> list[object]:
        """What a call carried out: each datum, and all texts as if they were one."""
        known = self._inputs.get(number)
        if known is None:
            found = leaves(seen.input)
            texts = [text_of(leaf) for leaf in found if not isinstance(leaf, bool)]
            self._joined = (self._joined + "".join(texts))[-_LONGEST_JOINED:]
            whole = ["".join(texts), "".join(reversed(texts)), self._joined]
            known = self._inputs[number] = [*found, *whole]
        return known

    def _is_or_contains(self, leaf: object, part: object) -> bool:
        """Whether a leaf of an output is the datum, or a text with it as a whole token."""
        if isinstance(leaf, bool):
            return False
        if isinstance(leaf, str):
            return leaf == part or self._stands(part, leaf)
        if isinstance(part, str):
            return not isinstance(leaf, datetime) and part == text_of(leaf)
        return leaf == part

    def _trusted_outputs(self) -> Iterator[tuple[int, Vouching]]:
        """The data of trusted outputs, leaf by leaf, by the number of their call."""
        assert self._session is not None
        for number, seen in enumerate(self._session.outputs):
            task = self._tasks.get(seen.task)
            if task is None or task.output is None or not task.output.trusted:
                continue
            where = self._wheres.get(seen.task)
            if where is None:
                yield number, (leaves(seen.value), [])
            else:
                yield number, self._items(seen, task.output, where)

    def _items(self, seen: SeenOutput, output: Output, where: Where) -> Vouching:
        """The data of the items for which the condition holds, and for which it is unknown."""
        assert self._frame is not None and isinstance(output.type, ListOf)
        surely: list[object] = []
        perhaps: list[object] = []
        for item in seen.value if isinstance(seen.value, list) else []:
            typed, misfits = conform(item, output.type.item, closed=False)
            if not misfits:
                truth = where(self._frame.with_locals({"item": typed}))
                if truth is not False:
                    (surely if truth is True else perhaps).extend(leaves(item))
        return surely, perhaps


def parts(value: object, type_: Type) -> Iterator[tuple[object, bool]]:
    """The scalars of a value, each with whether it can carry what somebody made up."""
    match type_:
        case ListOf(item) if isinstance(value, (list, tuple)):
            for element in value:
                yield from parts(element, item)
        case Record() if isinstance(value, Mapping):
            for field in type_.fields:
                if field.name in value:
                    yield from parts(value[field.name], field.type)
        case _:
            yield value, type_ != BOOLEAN and not isinstance(type_, Union)


def _put_in(part: object, leaf: object) -> bool:
    """Whether a call carried the datum out in this leaf of its input, in any spelling."""
    if isinstance(leaf, bool) or isinstance(part, bool):
        return False
    return leaf == part or occurs_in(part, text_of(leaf))
