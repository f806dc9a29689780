"""Where a datum comes from, by what the session has seen.

*Dictated*: every part of it stands, as a whole token, in the user's own request. *Trusted*:
every part is dictated or stands in an output that its task declares trusted, wholly or item by
item; a value that the call itself put in is not vouched for by what came back. Empty text,
booleans and members of literal unions carry nothing and are never untrusted. Without a session,
or with one that has gaps, what is not found is unknown.
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


class SessionOrigins:
    """Answers for one decision. `wheres` are the compiled item conditions, by task."""

    def __init__(
        self, session: Session | None, tasks: Mapping[str, Task], wheres: Mapping[str, Where]
    ) -> None:
        self._session = session
        self._tasks = tasks
        self._wheres = wheres
        self._frame: Frame | None = None
        self._vouching: list[tuple[SeenOutput, list[object]]] | None = None

    def within(self, frame: Frame) -> None:
        """The frame in which item conditions are evaluated."""
        self._frame = frame

    def dictated(self, value: object, type_: Type, span: Span) -> Truth:
        if self._session is None or self._session.request is None:
            return Unknown(span, "the user's request is not known")
        request = self._session.request
        return all(stands_in(part, request) for part, carries in parts(value, type_) if carries)

    def trusted(self, value: object, type_: Type, span: Span) -> Truth:
        if self._session is None:
            return Unknown(span, "what the session has seen is not known")
        request = self._session.request
        gaps = request is None or not self._session.complete
        for part, carries in parts(value, type_):
            if not carries or part == "":
                continue
            if request is not None and stands_in(part, request):
                continue
            if not self._vouched(part):
                return Unknown(span, "the record of this session has gaps") if gaps else False
        return True

    def _vouched(self, part: object) -> bool:
        if self._vouching is None:
            self._vouching = list(self._trusted_outputs())
        return any(
            any(_is_or_contains(leaf, part) for leaf in found) and not _put_in(part, seen)
            for seen, found in self._vouching
        )

    def _trusted_outputs(self) -> Iterator[tuple[SeenOutput, list[object]]]:
        """The data of trusted outputs, leaf by leaf, beside the call that returned them."""
        assert self._session is not None
        for seen in self._session.outputs:
            task = self._tasks.get(seen.task)
            if task is None or task.output is None or not task.output.trusted:
                continue
            where = self._wheres.get(seen.task)
            found = leaves(seen.value) if where is None else self._items(seen, task.output, where)
            if found:
                yield seen, found

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


def _is_or_contains(leaf: object, part: object) -> bool:
    """Whether a leaf of an output is the datum, or a text with it as a whole token."""
    if isinstance(leaf, bool):
        return False
    if isinstance(leaf, str):
        return leaf == part or stands_in(part, leaf)
    if isinstance(part, str):
        return not isinstance(leaf, datetime) and part == str(leaf)
    return leaf == part


def _put_in(part: object, seen: SeenOutput) -> bool:
    """Whether the call itself carried the datum in, in any spelling."""
    for leaf in leaves(seen.input):
        if isinstance(leaf, bool):
            continue
        if leaf == part or (isinstance(leaf, str) and stands_in(part, leaf)):
            return True
        if (
            isinstance(part, str)
            and isinstance(leaf, (str, int, Decimal))
            and occurs_in(part, str(leaf))
        ):
            return True
    return False
