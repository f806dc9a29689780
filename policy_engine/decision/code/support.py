"""What generated functions call: the same readers and operations as the interpreter has.

`None` stands for what is not known. Nothing here reads a policy.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, cast

from policy_engine.decision.action import person_key
from policy_engine.decision.intake import DEEPER
from policy_engine.decision.intervals import related
from policy_engine.values import numbers
from policy_engine.values.arithmetic import equal, product, total
from policy_engine.values.calendar import day_of, in_utc, within
from policy_engine.values.conform import conform
from policy_engine.values.fitting import fitting
from policy_engine.values.functions import FUNCTIONS
from policy_engine.values.globs import matches_glob
from policy_engine.values.parts import part_of
from policy_engine.values.paths import under
from policy_engine.values.patterns import matches_whole
from policy_engine.values.plain import plain
from policy_engine.values.rows import row_of
from policy_engine.values.types import Type


class Unfit(Exception):
    """An input is not what its task takes."""


def fit(value: object, type_: Type) -> object:
    """An input in the engine's terms. Raises `Unfit`."""
    if value is None:
        raise Unfit
    try:
        return fitting(type_)(value)
    except Exception:  # noqa: BLE001 — perhaps only in a form that must be copied first
        fitted, misfits = conform(plain(value, DEEPER, exactly=True), type_)
    if misfits:
        raise Unfit
    return fitted


def datum(members: object, name: str, type_: Type, closed: bool = True) -> object:
    """A member of what came from outside, in the engine's terms; None where it is not known."""
    if type(members) is not dict and not isinstance(members, Mapping):
        return None
    return datum_of(members.get(name), type_, closed)


def datum_of(value: object, type_: Type, closed: bool = True) -> object:
    """What came from outside in the engine's terms; None where there is none or it does not fit."""
    if value is None:
        return None
    fitted, misfits = conform(value, type_, closed=closed)
    return None if misfits else fitted


def members_of(given: object) -> Mapping[str, object]:
    """What was said of a session; nothing where that is no object with members."""
    return given if isinstance(given, Mapping) else {}


def moment(now: datetime) -> datetime:
    """The same instant in UTC; in other zones two may not be equal to themselves (PEP 495).

    Raises `ValueError` for one without its offset, which is no instant.
    """
    if now.utcoffset() is None:
        raise ValueError("a time without its offset from UTC")
    return in_utc(now)


def at(members: Any, name: str) -> object:
    """A member of a record that may not be known itself."""
    return None if members is None else members.get(name)


def has(items: Collection[object], item: object) -> bool | None:
    """Whether one of the items is this; None where two currencies leave it open."""
    truths = [equal(item, other) for other in items]
    return True if True in truths else None if None in truths else False


def subset(items: Collection[object], whole: Collection[object]) -> bool | None:
    """Whether all of the items are among others."""
    truths = [has(whole, item) for item in items]
    return False if False in truths else None if None in truths else True


def same_principal(one: str, other: str) -> bool | None:
    """Whether two are one; None for two spellings that could be."""
    if one != other and person_key(one) == person_key(other):
        return None
    return one == other


def the_same(one: object, other: object) -> object:
    """A datum, if two that it could be are the same."""
    return one if one is not None and other is not None and equal(one, other) is True else None


def function(word: str, value: object, zone: str) -> object | None:
    """`weekday of` and the like."""
    return FUNCTIONS[word](value, zone)


class Rows:
    """The rows of a table, asked for the one whose cells are given values."""

    __slots__ = ("_otherwise", "_rows")

    def __init__(
        self, rows: tuple[tuple[tuple[object, ...], object], ...], otherwise: object
    ) -> None:
        self._rows = rows
        self._otherwise = otherwise

    def find(self, values: tuple[object, ...]) -> object:
        """The value of the row; None where it cannot be told which it is."""
        return row_of(self._rows, values, self._otherwise, None)


def outside(bits: int, at: int, first: tuple[int, ...], last: tuple[int, ...]) -> int:
    """Those of the bits whose first and last position do not have `at` between them."""
    found, rest = 0, bits
    while rest:
        low = rest & -rest
        number = low.bit_length() - 1
        if not first[number] <= at <= last[number]:
            found |= low
        rest ^= low
    return found


NAMES: Mapping[str, object] = {
    "Rows": Rows,
    "at": at,
    "bisect_left": bisect_left,
    "datum": datum,
    "datum_of": datum_of,
    "day_of": day_of,
    "fit": fit,
    "function": function,
    "has": has,
    "in_utc": moment,
    "matches_glob": matches_glob,
    "matches_whole": matches_whole,
    "members_of": members_of,
    "outside": outside,
    "part_of": part_of,
    "product": product,
    "related": related,
    "same_principal": same_principal,
    "subset": subset,
    "sum_of": total,
    "sum_of_numbers": cast(object, numbers.total),
    "the_same": the_same,
    "under": under,
    "within": within,
}
"""What generated code may call, by the name under which it does."""

BUILTINS: Mapping[str, object] = {
    "Exception": Exception,
    "all": all,
    "any": any,
    "bool": bool,
    "frozenset": frozenset,
    "int": int,
    "len": len,
    "str": str,
    "sum": sum,
    "type": type,
}
"""Generated code needs no more, so it can reach no more."""
