"""Python source for constants: text that, evaluated, gives the value back.

Everything that a policy says reaches generated code through here, so nothing of it can be read as
code: texts by `repr`, everything else as a call of a name from `NAMES` with such arguments. The
same value always has the same source.
"""

from __future__ import annotations

from collections.abc import Mapping, Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from policy_engine.values.money import Money
from policy_engine.values.types import Field, ListOf, MapOf, Record, Scalar, SetOf, Union

NAMES: Mapping[str, object] = {
    "UTC": UTC,
    "Decimal": Decimal,
    "Field": Field,
    "ListOf": ListOf,
    "MapOf": MapOf,
    "Money": Money,
    "Record": Record,
    "Scalar": Scalar,
    "SetOf": SetOf,
    "Union": Union,
    "date": date,
    "datetime": datetime,
    "frozenset": frozenset,
    "time": time,
    "timedelta": timedelta,
}
"""What the source of a constant may name."""


class NoSource(Exception):
    """A value has no source."""


def source_of(value: object) -> str:
    """The source of a constant. Raises `NoSource` for what no policy can say."""
    match value:
        case None | True | False:
            return repr(value)
        case str() if type(value) is str:
            return repr(value)
        case int() if type(value) is int:
            return repr(value)
        case Decimal():
            return f"Decimal({str(value)!r})"
        case Money():
            return _call("Money", value.amount, value.currency)
        case datetime():
            return _instant(value)
        case date():
            return _call("date", value.year, value.month, value.day)
        case time():
            return _call("time", value.hour, value.minute, value.second, value.microsecond)
        case timedelta():
            return _call("timedelta", value.days, value.seconds, value.microseconds)
        case tuple():
            return f"({''.join(source_of(item) + ', ' for item in value)})"
        case AbstractSet():
            return f"frozenset(({''.join(s + ', ' for s in sorted(map(source_of, value)))}))"
        case _:
            return _type(value)


def _instant(value: datetime) -> str:
    at = value.astimezone(UTC)
    parts = (at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond)
    return f"datetime({', '.join(map(repr, parts))}, UTC)"


def _type(value: object) -> str:
    match value:
        case Scalar(name):
            return _call("Scalar", name)
        case Union(members):
            return _call("Union", members)
        case ListOf(item):
            return _call("ListOf", item)
        case SetOf(item):
            return _call("SetOf", item)
        case MapOf(item):
            return _call("MapOf", item)
        case Record():
            return _call("Record", value.name, value.fields)
        case Field():
            return _call("Field", value.name, value.type, value.optional, value.secret)
        case _:
            raise NoSource(type(value).__name__)


def _call(name: str, *arguments: object) -> str:
    return f"{name}({', '.join(map(source_of, arguments))})"
