"""What generated functions call: the same readers and operations as the interpreter has.

`None` stands for what is not known. Nothing here reads a policy.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import cast

from policy_engine.decision.action import person_key
from policy_engine.decision.code import binding, exact
from policy_engine.decision.intake import DEEPER
from policy_engine.decision.intervals import related
from policy_engine.foundation.canonical import canonical_text
from policy_engine.values.arithmetic import equal, product, total
from policy_engine.values.calendar import day_of, in_utc, within
from policy_engine.values.conform import conform
from policy_engine.values.fitting import fitting
from policy_engine.values.functions import FUNCTIONS
from policy_engine.values.globs import matches_glob
from policy_engine.values.numbers import LARGEST
from policy_engine.values.parts import part_of
from policy_engine.values.paths import under
from policy_engine.values.patterns import matches_whole
from policy_engine.values.plain import plain
from policy_engine.values.rows import row_of
from policy_engine.values.types import DECIMAL, Type

_PLAIN = 1e15
"""Below it, and from a ten-thousandth, a float has a text without an exponent."""


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


def read(value: object, type_: Type, closed: bool = True) -> object:
    """A datum in the engine's terms; raises where it does not fit at once."""
    return fitting(type_, closed)(value)


def decimal_of(value: object) -> object:
    """A number as a decimal, or as an integer where it is whole; raises for what is none.

    The shortest text of a float is exact.
    """
    if type(value) is float and -_PLAIN < value < _PLAIN:
        if value.is_integer():
            return int(value)
        text = repr(value)
        if "e" not in text:
            return Decimal(text)
    elif type(value) is int and -LARGEST < value < LARGEST:
        return value
    return fitting(DECIMAL)(value)


def fit_decimal(value: object) -> object:
    """A number of the input as a decimal. Raises `Unfit`."""
    return decimal_of(value) if type(value) is float else fit(value, DECIMAL)


def given(value: object) -> object:
    """What must be there. Raises `Unfit` where it is nothing."""
    if value is None:
        raise Unfit
    return value


def datum_of(value: object, type_: Type, closed: bool = True) -> object:
    """What came from outside in the engine's terms; None where there is none or it does not fit."""
    if value is None:
        return None
    fitted, misfits = conform(value, type_, closed=closed)
    return None if misfits else fitted


def members_of(given: object) -> Mapping[str, object]:
    """What was said of a session; nothing where that is no object with members."""
    if type(given) is dict or isinstance(given, Mapping):
        return cast("Mapping[str, object]", given)
    return {}


def moment(now: datetime) -> datetime:
    """The same instant in UTC; in other zones two may not be equal to themselves (PEP 495).

    Raises `ValueError` for one without its offset, which is no instant.
    """
    if now.utcoffset() is None:
        raise ValueError("a time without its offset from UTC")
    return in_utc(now)


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

    __slots__ = ("_by_texts", "_otherwise", "_rows")

    def __init__(
        self, rows: tuple[tuple[tuple[object, ...], object], ...], otherwise: object
    ) -> None:
        self._rows = rows
        self._otherwise = otherwise
        cells = [cell for row, _ in rows for cell in row]
        self._by_texts = dict(rows) if all(type(cell) is str for cell in cells) else None

    def find(self, values: tuple[object, ...]) -> object:
        """The value of the row; None where it cannot be told which it is."""
        if self._by_texts is not None:
            return self._by_texts.get(values, self._otherwise)
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
    "Unfit": Unfit,
    "bisect_left": bisect_left,
    "bound": binding.bound,
    "canonical_text": canonical_text,
    "datum_of": datum_of,
    "day_of": day_of,
    "decimal_of": decimal_of,
    "decimal_text": binding.decimal_text,
    "fit": fit,
    "fit_decimal": fit_decimal,
    "function": function,
    "given": given,
    "has": has,
    "in_utc": moment,
    "is_confirmed": binding.is_confirmed,
    "list_text": binding.list_text,
    "matches_glob": matches_glob,
    "matches_whole": matches_whole,
    "members_of": members_of,
    "net": exact.net,
    "object_text": binding.object_text,
    "only_confirmations": binding.only_confirmations,
    "outside": outside,
    "part_of": part_of,
    "product": product,
    "quoted": binding.quoted,
    "read": read,
    "related": related,
    "same_principal": same_principal,
    "set_text": binding.set_text,
    "subset": subset,
    "sum_of": total,
    "sum_of_items": exact.sum_of_items,
    "the_same": the_same,
    "times": exact.times,
    "total_of_items": exact.total_of_items,
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
    "next": next,
    "dict": dict,
    "list": list,
    "str": str,
    "sum": sum,
    "tuple": tuple,
    "type": type,
    "zip": zip,
}
"""Generated code needs no more, so it can reach no more."""
