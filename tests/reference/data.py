"""Whether data fit their declarations, and what they are then. Nothing here is fast.

`UNKNOWN` stands for every datum that is missing, mistyped or cannot be computed; `ABSENT` for an
optional one that is surely not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from policy_engine.foundation.canonical import decimal_text
from policy_engine.values.types import Field, ListOf, Record, Type, Union

T = TypeVar("T")

UNKNOWN = None
ABSENT = object()
MAXIMUM_DIGITS = 38
LONGEST_TEXT = 1_000_000
LONGEST_LIST = 10_000
WRITABLE_DIGITS = 1_000

RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class Misfit(Exception):
    """The value is not of the type."""


def fits_in_digits(number: int | Decimal) -> bool:
    """“Decimals and integers are exact, at most 38 digits”, written out without exponent."""
    if isinstance(number, Decimal):
        if number and not -100 < number.adjusted() < 100:
            return False
        text = decimal_text(number)
    else:
        if abs(number) >= 10**MAXIMUM_DIGITS:
            return False
        text = str(number)
    return sum(character.isdigit() for character in text) <= MAXIMUM_DIGITS


def fitted(value: object, type_: Type, *, closed: bool) -> object:
    """The value in the policy's terms. `closed`: records have no members but those declared."""
    if isinstance(type_, Union):
        return _required(value, isinstance(value, str) and value in type_.members)
    if isinstance(type_, ListOf):
        _required(value, isinstance(value, (list, tuple)))
        assert isinstance(value, Sequence)
        _required(value, len(value) <= LONGEST_LIST)
        return tuple(fitted(item, type_.item, closed=closed) for item in value)
    if isinstance(type_, Record):
        _required(value, isinstance(value, Mapping))
        assert isinstance(value, Mapping)
        known, fits = fitted_fields(value, type_.fields, closed=closed)
        _required(value, fits)
        return known
    return _SCALARS[type_.name](value)


def fitted_fields(
    given: Mapping[str, object], fields: Sequence[Field], *, closed: bool
) -> tuple[dict[str, object], bool]:
    """What is known of the fields (unknown where it does not fit), and whether all fits.

    An optional field that is not given is not in the result; None is not given.
    """
    known: dict[str, object] = {}
    fits = not closed or all(name in {field.name for field in fields} for name in given)
    for field in fields:
        value = given.get(field.name)
        if value is None and field.optional:
            continue
        try:
            known[field.name] = fitted(value, field.type, closed=closed)
        except Misfit:
            known[field.name] = UNKNOWN
            fits = False
    return known, fits


def instant(text: str) -> datetime | None:
    """The instant of an RFC 3339 text."""
    if not RFC_3339.fullmatch(text):
        return None
    try:
        return in_utc(datetime.fromisoformat(text.upper()))
    except ValueError:
        return None


def has_canonical_form(given: object) -> bool:
    """“NaN, half a surrogate pair, an object that is no data” have none, nor endless numbers."""
    if isinstance(given, Mapping):
        named = all(isinstance(name, str) and is_text(name) for name in given)
        return named and all(has_canonical_form(member) for member in given.values())
    if isinstance(given, (list, tuple)):
        return all(has_canonical_form(item) for item in given)
    if isinstance(given, (float, Decimal)):
        number = Decimal(repr(given)) if isinstance(given, float) else given
        return number.is_finite() and abs(number.adjusted()) <= WRITABLE_DIGITS
    if isinstance(given, str):
        return is_text(given)
    if isinstance(given, datetime):
        return given.tzinfo is not None and in_utc(given) is not None
    return given is None or (isinstance(given, int) and abs(given) < 10**WRITABLE_DIGITS)


def is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def in_utc(at: datetime) -> datetime | None:
    """None where the calendar has no such instant."""
    try:
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _required(value: T, holds: bool) -> T:
    if not holds:
        raise Misfit
    return value


def _text(value: object) -> object:
    _required(value, isinstance(value, str))
    assert isinstance(value, str)
    return _required(value, is_text(value) and len(value) <= LONGEST_TEXT)


def _boolean(value: object) -> object:
    return _required(value, isinstance(value, bool))


def _integer(value: object) -> object:
    """Any number without a fraction, however it is spelled."""
    number = _decimal(value)
    assert isinstance(number, Decimal)
    return int(_required(number, number == number.to_integral_value()))


def _decimal(value: object) -> object:
    """A float is the decimal that its shortest text shows; two spellings of a number are one."""
    if isinstance(value, float):
        value = Decimal(repr(value))
    _required(value, isinstance(value, (int, Decimal)) and not isinstance(value, bool))
    assert isinstance(value, (int, Decimal))
    _required(value, isinstance(value, int) or value.is_finite())
    _required(value, fits_in_digits(value))
    return Decimal(str(value))


def _timestamp(value: object) -> object:
    if isinstance(value, str):
        value = instant(value)
    _required(value, isinstance(value, datetime))
    assert isinstance(value, datetime)
    _required(value, value.tzinfo is not None and in_utc(value) is not None)
    return in_utc(value)


_SCALARS = {
    "Text": _text,
    "Boolean": _boolean,
    "Integer": _integer,
    "Decimal": _decimal,
    "Timestamp": _timestamp,
}
