"""Whether a value from outside is of a type, and what it is then.

`conform` makes a copy in the engine's own terms: a float handed to a Decimal becomes the
decimal that its shortest text shows, a list becomes a tuple, an absent optional field is
absent (`None` means the same). What does not fit is a list of `Misfit`s with their places;
a secret value is never shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from policy_engine.values import numbers
from policy_engine.values.types import (
    BOOLEAN,
    DECIMAL,
    INTEGER,
    TEXT,
    TIMESTAMP,
    Field,
    ListOf,
    Record,
    Scalar,
    Type,
    Union,
)

LONGEST_TEXT = 1_000_000
LONGEST_LIST = 10_000

_RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Misfit:
    """One place where a value is not of its type: `amount`, or `order.items[2].price`."""

    path: str
    problem: str

    def __str__(self) -> str:
        return f"`{self.path}` {self.problem}" if self.path else self.problem


class _Refused(Exception):
    pass


def conform(
    value: object,
    type_: Type,
    path: str = "value",
    *,
    closed: bool = True,
    secret: bool = False,
) -> tuple[object, list[Misfit]]:
    """The value in the engine's terms and, where it is not of the type, why (then it is None).

    `closed` records have no members but those declared; open ones are read as far as declared.
    The value of a `secret` is never shown.
    """
    reader = _Reader(closed)
    result = reader.value(value, type_, path, secret=secret)
    return (None if reader.misfits else result), reader.misfits


def conform_fields(
    values: Mapping[str, object], fields: tuple[Field, ...]
) -> tuple[dict[str, object], list[Misfit]]:
    """Named values against their declarations: nothing missing, nothing extra, all of their type.

    What fits is returned even where something else does not.
    """
    reader = _Reader(closed=True)
    return reader.fields(values, fields, "", secret=False), reader.misfits


def timestamp(text: str) -> datetime | None:
    """The instant of an RFC 3339 text with its offset from UTC, else None."""
    if not _RFC_3339.fullmatch(text):
        return None
    try:
        instant = datetime.fromisoformat(text.upper())
        instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant


class _Reader:
    """Walks a value along its type and notes where it does not fit."""

    def __init__(self, closed: bool) -> None:
        self.misfits: list[Misfit] = []
        self._closed = closed

    def value(self, value: object, type_: Type, path: str, *, secret: bool) -> object:
        match type_:
            case ListOf(item):
                return self._list(value, type_, item, path, secret=secret)
            case Record():
                if not isinstance(value, Mapping):
                    self._refuse(path, f"must be a record {type_}, {_kind(value)} was given")
                    return None
                return self.fields(value, type_.fields, f"{path}.", secret=secret)
            case _:
                try:
                    return _scalar(value, type_)
                except _Refused as refused:
                    self._refuse(path, f"{refused}{'' if secret else _shown(value)}")
                    return None

    def fields(
        self, values: Mapping[str, object], fields: tuple[Field, ...], prefix: str, *, secret: bool
    ) -> dict[str, object]:
        result: dict[str, object] = {}
        if self._closed:
            declared = {f.name for f in fields}
            for name in values:
                if name not in declared:
                    self._refuse(*_undeclared(prefix, name))
        for field in fields:
            path, given = f"{prefix}{field.name}", values.get(field.name)
            if given is None:
                if not field.optional:
                    self._refuse(path, "is missing")
                continue
            before = len(self.misfits)
            fitted = self.value(given, field.type, path, secret=secret or field.secret)
            if len(self.misfits) == before:
                result[field.name] = fitted
        return result

    def _list(
        self, value: object, type_: Type, item: Type, path: str, *, secret: bool
    ) -> tuple[object, ...] | None:
        if not isinstance(value, (list, tuple)):
            self._refuse(path, f"must be a {type_}, {_kind(value)} was given")
            return None
        if len(value) > LONGEST_LIST:
            self._refuse(path, f"has more than {LONGEST_LIST} items")
            return None
        return tuple(
            self.value(x, item, f"{path}[{i}]", secret=secret) for i, x in enumerate(value)
        )

    def _refuse(self, path: str, problem: str) -> None:
        self.misfits.append(Misfit(path, problem))


def _scalar(value: object, type_: Scalar | Union) -> object:
    if isinstance(type_, Union):
        if isinstance(value, str) and value in type_.members:
            return value
        raise _Refused(f"must be one of {type_}")
    return _READERS[type_.name](value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _Refused(f"must be Text, {_kind(value)} was given")
    value = str.__str__(value)
    if len(value) > LONGEST_TEXT:
        raise _Refused(f"is longer than {LONGEST_TEXT} characters")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _Refused("contains a lone surrogate, which is no character") from error
    return value


def _integer(value: object) -> int:
    number = _number(value, "Integer")
    if number != int(number):
        raise _Refused("must be a whole number")
    return int(number)


def _decimal(value: object) -> Decimal:
    number = _number(value, "Decimal")
    return Decimal(number)


def _number(value: object, wanted: str) -> int | Decimal:
    if isinstance(value, float):
        value = Decimal(repr(float(value)))
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise _Refused(f"must be {wanted}, {_kind(value)} was given")
    if isinstance(value, Decimal) and not value.is_finite():
        raise _Refused("is not a number")
    if isinstance(value, Decimal):
        value = numbers.trimmed(value)
    if not numbers.fits(value):
        raise _Refused(f"has more than {numbers.MAXIMUM_DIGITS} digits")
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Refused(f"must be Boolean, {_kind(value)} was given")
    return value


def _timestamp(value: object) -> datetime:
    if isinstance(value, str):
        instant = timestamp(value)
        if instant is None:
            raise _Refused("must be a timestamp such as 2026-11-23T12:00:00Z")
        return instant
    if not isinstance(value, datetime):
        raise _Refused(f"must be Timestamp, {_kind(value)} was given")
    if value.utcoffset() is None:
        raise _Refused("is a timestamp without its offset from UTC")
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise _Refused("has no place in UTC") from error


_READERS = {
    TEXT.name: _text,
    INTEGER.name: _integer,
    DECIMAL.name: _decimal,
    BOOLEAN.name: _boolean,
    TIMESTAMP.name: _timestamp,
}


def _kind(value: object) -> str:
    names = {bool: "a boolean", str: "a text", dict: "an object", list: "a list", tuple: "a list"}
    if value is None:
        return "nothing"
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return "a number"
    return names.get(type(value), f"a {type(value).__name__}")


def _undeclared(prefix: str, name: object) -> tuple[str, str]:
    """A name that could be a value in the wrong place (a password, say) is not repeated."""
    if isinstance(name, str) and re.fullmatch(r"[A-Za-z_]{1,40}", name):
        return f"{prefix}{name}", "is not declared"
    return prefix.rstrip("."), "has a member that is not declared"


def _shown(value: object) -> str:
    if isinstance(value, int) and abs(value) >= 10**60:
        return ""
    if isinstance(value, (str, int, float, Decimal)) and not isinstance(value, bool):
        return f": {_printable(value)}"
    return ""


def _printable(value: object) -> str:
    text = ascii(value)[1:-1] if isinstance(value, str) and not value.isprintable() else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
