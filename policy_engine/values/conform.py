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
from datetime import datetime
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
        return f"`{self.path}` {self.problem}"


class _Refused(Exception):
    pass


def conform(value: object, type_: Type, path: str = "value") -> tuple[object, list[Misfit]]:
    """The value in the engine's terms and, where it is not of the type, why (then it is None)."""
    misfits: list[Misfit] = []
    result = _conform(value, type_, path, secret=False, misfits=misfits)
    return (None if misfits else result), misfits


def conform_fields(
    values: Mapping[str, object], fields: tuple[Field, ...], prefix: str = ""
) -> tuple[dict[str, object], list[Misfit]]:
    """Named values against their declarations: nothing missing, nothing extra, all of their type.

    What fits is returned even where something else does not.
    """
    misfits: list[Misfit] = []
    result = _conform_fields(values, fields, prefix, secret=False, misfits=misfits)
    return result, misfits


def timestamp(text: str) -> datetime | None:
    """The instant of an RFC 3339 text with its offset from UTC, else None."""
    if not _RFC_3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        return None


def _conform(value: object, type_: Type, path: str, *, secret: bool, misfits: list[Misfit]) -> object:
    match type_:
        case ListOf(item):
            if not isinstance(value, (list, tuple)):
                misfits.append(Misfit(path, f"must be a {type_}, {_kind(value)} was given"))
                return None
            if len(value) > LONGEST_LIST:
                misfits.append(Misfit(path, f"has more than {LONGEST_LIST} items"))
                return None
            return tuple(
                _conform(x, item, f"{path}[{i}]", secret=secret, misfits=misfits)
                for i, x in enumerate(value)
            )
        case Record():
            if not isinstance(value, Mapping):
                misfits.append(Misfit(path, f"must be a record {type_}, {_kind(value)} was given"))
                return None
            return _conform_fields(value, type_.fields, f"{path}.", secret=secret, misfits=misfits)
        case _:
            try:
                return _scalar(value, type_)
            except _Refused as refused:
                shown = "" if secret else _shown(value)
                misfits.append(Misfit(path, f"{refused}{shown}"))
                return None


def _conform_fields(
    values: Mapping[object, object] | Mapping[str, object],
    fields: tuple[Field, ...],
    prefix: str,
    *,
    secret: bool,
    misfits: list[Misfit],
) -> dict[str, object]:
    result: dict[str, object] = {}
    declared = {f.name for f in fields}
    for name in values:
        if name not in declared:
            misfits.append(Misfit(f"{prefix}{_printable(name)}", "is not declared"))
    for field in fields:
        given = values.get(field.name)  # type: ignore[call-overload]
        if given is None:
            if not field.optional:
                misfits.append(Misfit(f"{prefix}{field.name}", "is missing"))
            continue
        before = len(misfits)
        hidden = secret or field.secret
        fitted = _conform(given, field.type, f"{prefix}{field.name}", secret=hidden, misfits=misfits)
        if len(misfits) == before:
            result[field.name] = fitted
    return result


def _scalar(value: object, type_: Scalar | Union) -> object:
    if isinstance(type_, Union):
        if isinstance(value, str) and value in type_.members:
            return value
        raise _Refused(f"must be one of {type_}")
    return _READERS[type_.name](value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _Refused(f"must be Text, {_kind(value)} was given")
    if len(value) > LONGEST_TEXT:
        raise _Refused(f"is longer than {LONGEST_TEXT} characters")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _Refused("contains a lone surrogate, which is no character") from error
    return str(value)


def _integer(value: object) -> int:
    number = _number(value, "Integer")
    if number != int(number):
        raise _Refused("must be a whole number")
    return int(number)


def _decimal(value: object) -> Decimal:
    number = _number(value, "Decimal")
    return Decimal(number) + 0 if number == 0 else Decimal(number)


def _number(value: object, wanted: str) -> int | Decimal:
    if isinstance(value, float):
        value = Decimal(repr(float(value)))
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise _Refused(f"must be {wanted}, {_kind(value)} was given")
    if isinstance(value, Decimal) and not value.is_finite():
        raise _Refused("is not a number")
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
    return value


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


def _shown(value: object) -> str:
    if isinstance(value, (str, int, float, Decimal)) and not isinstance(value, bool):
        text = str(value) if not isinstance(value, int) else format(value, "d") if abs(value) < 10**40 else "a very large number"
        return f": {_printable(text)}"
    return ""


def _printable(value: object) -> str:
    text = ascii(value)[1:-1] if isinstance(value, str) and not value.isprintable() else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
