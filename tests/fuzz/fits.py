"""What is surely no sound input of a task: a second, smaller reading of the types.

It knows less than the engine (no spelling of a path, no currency), so it may call sound what the
engine refuses, never the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from policy_engine.values.money import Money
from policy_engine.values.types import Field, ListOf, MapOf, Record, SetOf, Type, Union

_KINDS: Mapping[str, tuple[type, ...]] = {
    "Boolean": (bool,),
    "Integer": (int, float, Decimal),
    "Decimal": (int, float, Decimal),
    "Timestamp": (datetime, str),
    "Date": (date, str),
    "Duration": (timedelta, str),
    "Money": (Money, str, dict),
}
"""By type: what may stand for it. All others are texts."""


def fields_fit(given: object, fields: tuple[Field, ...]) -> bool:
    """Nothing missing, nothing more, all of its type."""
    if not isinstance(given, dict) or not given.keys() <= {field.name for field in fields}:
        return False
    return all(
        field.optional if given.get(field.name) is None else fits(given[field.name], field.type)
        for field in fields
    )


def fits(value: object, type_: Type) -> bool:
    match type_:
        case Union(members=members):
            return isinstance(value, str) and value in members
        case ListOf(item=item):
            return isinstance(value, (list, tuple)) and all(fits(one, item) for one in value)
        case SetOf(item=item):
            many = isinstance(value, (list, tuple, set, frozenset))
            return many and all(fits(one, item) for one in value)
        case MapOf(value=item):
            named = isinstance(value, dict) and all(isinstance(name, str) for name in value)
            return named and all(fits(one, item) for one in value.values())
        case Record(fields=fields):
            return fields_fit(value, fields)
    if type_.name == "Json":
        return True
    if isinstance(value, bool) is not (type_.name == "Boolean"):
        return False
    if not isinstance(value, _KINDS.get(type_.name, (str,))):
        return False
    if type_.name in ("Integer", "Decimal"):
        return _is_exact(value, whole=type_.name == "Integer")
    return not isinstance(value, str) or value.isprintable() or "\ud800" not in value


def _is_exact(value: object, *, whole: bool) -> bool:
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)  # type: ignore[arg-type]
    if not number.is_finite() or abs(number) >= 10**38:
        return False
    return not whole or number == int(number)


def writable(value: object, depth: int = 0) -> bool:
    """Whether a datum that does not lie can be written down exactly."""
    match value:
        case None | bool() | date() | timedelta() | Money() if not isinstance(value, datetime):
            return True
        case datetime():
            return value.tzinfo is not None
        case str():
            return value.encode("utf-8", "replace").decode() == value
        case int():
            return abs(value) < 10**1000
        case float() | Decimal():
            number = Decimal(value)
            return number.is_finite() and abs(number.adjusted()) <= 1000
        case list() | tuple() | set() | frozenset():
            return depth < 90 and all(writable(item, depth + 1) for item in value)
        case dict():
            named = all(isinstance(name, str) and writable(name) for name in value)
            return depth < 90 and named and all(writable(v, depth + 1) for v in value.values())
        case _:
            return False
