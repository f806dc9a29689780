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

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from policy_engine.decision.frame import Frame
from policy_engine.decision.session import SeenOutput, Session
from policy_engine.decision.truth import Truth, Unknown
from policy_engine.foundation.source import Span
from policy_engine.language.policy import Output, Task
from policy_engine.values.conform import conform
from policy_engine.values.plain import leaves
from policy_engine.values.tokens import occurs_in, stands_in
from policy_engine.values.types import BOOLEAN, ListOf, Record, Type, Union

Where = Callable[[Frame], object]

MOST_WORK = 200_000_000
"""Characters that one decision may compare; a second's work, roughly."""


class _TooMuch(Exception):
    pass


class SessionOrigins:
    """Answers for one decision. `wheres` are the compiled item conditions, by task."""

    def __init__(
        self, session: Session | None, tasks: Mapping[str, Task], wheres: Mapping[str, Where]
    ) -> None:
        self._session = session
        self._tasks = tasks
        self._wheres = wheres
        self._frame: Frame | None = None
        self._vouching: dict[int, list[object]] | None = None
        self._inputs: dict[int, list[object]] = {}
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
        except _TooMuch:
            return Unknown(span, "there is more to compare than can be compared")

    def trusted(self, value: object, type_: Type, span: Span) -> Truth:
        if self._session is None:
            return Unknown(span, "what the session has seen is not known")
        try:
            return self._all_trusted(value, type_, span)
        except _TooMuch:
            return Unknown(span, "there is more to compare than can be compared")

    def _all_trusted(self, value: object, type_: Type, span: Span) -> Truth:
        assert self._session is not None
        request = self._session.request
        gaps = request is None or not self._session.complete
        for part, carries in parts(value, type_):
            if not carries or part == "":
                continue
            if request is not None and self._stands(part, request):
                continue
            if not self._vouched(part):
                return Unknown(span, "the record of this session has gaps") if gaps else False
        return True

    def _stands(self, part: object, text: str) -> bool:
        self._spend(len(text) if isinstance(part, str) and " " in part else 100)
        return stands_in(part, text)

    def _spend(self, work: int) -> None:
        self._work += work
        if self._work > MOST_WORK:
            raise _TooMuch

    def _vouched(self, part: object) -> bool:
        """Whether a trusted output has the datum, and nothing before it had carried it out."""
        assert self._session is not None
        if self._vouching is None:
            self._vouching = dict(self._trusted_outputs())
        for number, seen in enumerate(self._session.outputs):
            self._spend(100 * (1 + len(self._carried(number, seen))))
            if any(_put_in(part, leaf) for leaf in self._carried(number, seen)):
                return False
            if any(self._is_or_contains(leaf, part) for leaf in self._vouching.get(number, ())):
                return True
        return False

    def _carried(self, number: int, seen: SeenOutput) -> list[object]:
        """What a call carried out: each datum, and all texts as if they were one."""
        known = self._inputs.get(number)
        if known is None:
            found = leaves(seen.input)
            texts = [str(leaf) for leaf in found if isinstance(leaf, (str, int, Decimal))]
            known = self._inputs[number] = [*found, "".join(texts), "".join(reversed(texts))]
        return known

    def _is_or_contains(self, leaf: object, part: object) -> bool:
        """Whether a leaf of an output is the datum, or a text with it as a whole token."""
        if isinstance(leaf, bool):
            return False
        if isinstance(leaf, str):
            return leaf == part or self._stands(part, leaf)
        if isinstance(part, str):
            return not isinstance(leaf, datetime) and part == str(leaf)
        return leaf == part

    def _trusted_outputs(self) -> Iterator[tuple[int, list[object]]]:
        """The data of trusted outputs, leaf by leaf, by the number of their call."""
        assert self._session is not None
        for number, seen in enumerate(self._session.outputs):
            task = self._tasks.get(seen.task)
            if task is None or task.output is None or not task.output.trusted:
                continue
            where = self._wheres.get(seen.task)
            found = leaves(seen.value) if where is None else self._items(seen, task.output, where)
            if found:
                yield number, found

    def _items(self, seen: SeenOutput, output: Output, where: Where) -> list[object]:
        """The data of those items for which the condition surely holds."""
        assert self._frame is not None and isinstance(output.type, ListOf)
        items = seen.value if isinstance(seen.value, list) else []
        found: list[object] = []
        for item in items:
            typed, misfits = conform(item, output.type.item, closed=False)
            if not misfits and where(self._frame.with_locals({"item": typed})) is True:
                found.extend(leaves(item))
        return found


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
    if isinstance(leaf, bool):
        return False
    if leaf == part:
        return True
    if isinstance(leaf, (str, int, Decimal)) and not isinstance(part, bool):
        return occurs_in(part, str(leaf))
    return False
