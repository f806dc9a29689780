"""The types a policy can give to data.

Immutable and compared by content. A type says what a value may be; `conform` says whether one is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Scalar:
    """One of the built-in types without parts."""

    name: str

    def __str__(self) -> str:
        return self.name


TEXT = Scalar("Text")
INTEGER = Scalar("Integer")
DECIMAL = Scalar("Decimal")
BOOLEAN = Scalar("Boolean")
TIMESTAMP = Scalar("Timestamp")
MONEY = Scalar("Money")
DATE = Scalar("Date")
DURATION = Scalar("Duration")
JSON = Scalar("Json")
PATH = Scalar("Path")
URL = Scalar("Url")
EMAIL = Scalar("Email")
HOST = Scalar("Host")
COMMAND = Scalar("Command")

PRINCIPAL = Scalar("Principal")
TIME = Scalar("Time")
"""A time of day. Like a principal, it is only met in expressions: no policy declares one."""

NUMERIC = (INTEGER, DECIMAL)
TEXT_LIKE = (PATH, URL, EMAIL, HOST, COMMAND)
"""Types whose values are normalised `str`."""

SCALARS = {
    t.name: t for t in (TEXT, *NUMERIC, MONEY, BOOLEAN, TIMESTAMP, DATE, DURATION, JSON, *TEXT_LIKE)
}
_ORDERED = (TIMESTAMP, DATE, DURATION, MONEY, TIME)


@dataclass(frozen=True, slots=True)
class Union:
    """One of a few literal texts: `"chat" | "email"`."""

    members: frozenset[str]

    def __str__(self) -> str:
        return " | ".join(f'"{m}"' for m in sorted(self.members))


WEEKDAY = Union(
    frozenset({"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"})
)


@dataclass(frozen=True, slots=True)
class ListOf:
    """Any number of values of one type."""

    item: Type

    def __str__(self) -> str:
        return f"list of {self.item}"


@dataclass(frozen=True, slots=True)
class SetOf:
    """Values of one type, without order, each once."""

    item: Type

    def __str__(self) -> str:
        return f"set of {self.item}"


@dataclass(frozen=True, slots=True)
class MapOf:
    """Values of one type, by text."""

    value: Type

    def __str__(self) -> str:
        return f"map of Text to {self.value}"


@dataclass(frozen=True, slots=True)
class Field:
    """A named part of a record, an input of a task, or an attribute of somebody."""

    name: str
    type: Type
    optional: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """Named fields; the name is what people call it and takes no part in equality of values."""

    name: str
    fields: tuple[Field, ...]
    _by_name: dict[str, Field] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {f.name: f for f in self.fields})

    def field(self, name: str) -> Field | None:
        return self._by_name.get(name)

    def __str__(self) -> str:
        return self.name


Type: TypeAlias = "Scalar | Union | ListOf | SetOf | MapOf | Record"


def comparable(left: Type, right: Type) -> bool:
    """Whether `==` between the two can be true: numbers with numbers, else like with like."""
    if left in NUMERIC and right in NUMERIC:
        return True
    if isinstance(left, Union) or isinstance(right, Union):
        return _could_be_equal(left, right)
    return left == right and isinstance(left, (Scalar, SetOf))


def ordered(left: Type, right: Type) -> bool:
    """Whether `<` is defined between the two."""
    return (left in NUMERIC and right in NUMERIC) or (left == right and left in _ORDERED)


def _could_be_equal(left: Type, right: Type) -> bool:
    if isinstance(left, Union) and isinstance(right, Union):
        return bool(left.members & right.members)
    return TEXT in (left, right)
