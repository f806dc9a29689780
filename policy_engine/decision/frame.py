"""What a condition can see while it is evaluated: data by root, the time, the past, and where
data comes from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Protocol, TypeAlias

from policy_engine.decision.intervals import Interval
from policy_engine.decision.recollection import Recollection
from policy_engine.decision.truth import Truth
from policy_engine.foundation.source import Span
from policy_engine.language.checked import Root
from policy_engine.values.money import Money
from policy_engine.values.types import Type

Roots: TypeAlias = Mapping[Root, Mapping[str, object]]
Absences: TypeAlias = Mapping[tuple[Root, str], str]
"""Why a datum is not known; under the name "" why nothing of a root is."""


Known: TypeAlias = dict[tuple[object, ...], tuple[object, tuple[object, ...]]]


class Origins(Protocol):
    """Answers what the session has seen, and where a datum comes from."""

    def dictated(self, value: object, type_: Type, span: Span) -> Truth: ...

    def named(self, value: object, type_: Type, span: Span) -> Truth: ...

    def trusted(self, value: object, type_: Type, span: Span) -> Truth: ...

    def comes_from(self, task: str, value: object, type_: Type, span: Span) -> Truth: ...

    def created(self, value: object, type_: Type, span: Span) -> Truth: ...

    def asked_for(self, words: tuple[str, ...], span: Span) -> Truth: ...

    def seen(self, label: str, span: Span) -> Truth: ...


class Frame:
    """The data of one decision, and the variables of the place being evaluated.

    `known` is what definitions came to with these data, by definition and arguments, beside the
    arguments themselves; frames that differ in their variables alone share it.
    """

    __slots__ = ("absent", "known", "local", "now", "origins", "past", "roots")

    def __init__(
        self,
        roots: Roots,
        local: Mapping[str, object],
        absent: Absences,
        origins: Origins,
        now: datetime,
        past: Recollection,
        known: Known | None = None,
    ) -> None:
        self.roots = roots
        self.local = local
        self.absent = absent
        self.origins = origins
        self.now = now
        self.past = past
        self.known: Known = {} if known is None else known

    def with_locals(self, values: Mapping[str, object], *, only: bool = False) -> Frame:
        """A frame with more variables, or (`only`) with these alone."""
        local = values if only else {**self.local, **values}
        return Frame(self.roots, local, self.absent, self.origins, self.now, self.past, self.known)

    def with_roots(self, roots: Roots, absent: Absences) -> Frame:
        """A frame in which these roots are others, and for these reasons have gaps."""
        kept = {place: why for place, why in self.absent.items() if place[0] not in roots}
        return Frame(
            {**self.roots, **roots},
            self.local,
            {**kept, **absent},
            self.origins,
            self.now,
            self.past,
        )


_EXACT = (str, int, bool)
_WRITTEN = (Decimal, Money, timedelta, datetime, date, time, Interval)


def identity(value: object) -> object:
    """What tells a value from others, for as long as the value is kept.

    Values that are equal and not written alike, such as 1.0 and 1.00, are told apart: an
    explanation shows them as they are.
    """
    kind = type(value)
    if kind in _EXACT:
        return kind, value
    return (kind, repr(value)) if kind in _WRITTEN else id(value)
