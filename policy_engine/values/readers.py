"""Conforming values without parts: one reader for each scalar type.

A reader gives the value in the engine's terms or raises `Refused`, which says why not, but never
shows the value: only the caller knows whether it is secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from policy_engine.values import numbers
from policy_engine.values.durations import duration
from policy_engine.values.emails import email
from policy_engine.values.money import Money, fitting, money
from policy_engine.values.paths import path
from policy_engine.values.plain import Unwritable, plain
from policy_engine.values.types import (
    BOOLEAN,
    COMMAND,
    DATE,
    DECIMAL,
    DURATION,
    EMAIL,
    HOST,
    INTEGER,
    JSON,
    MONEY,
    PATH,
    TEXT,
    TIMESTAMP,
    URL,
    Scalar,
    Union,
)
from policy_engine.values.urls import host, url

LONGEST_TEXT = 1_000_000
UNWRITABLE = "something that cannot be written down"
"""What an `Unwritable` stands for, in words."""

_RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Reader = Callable[[object], object]


class Refused(Exception):
    """The value is not of the type; the message says what it must be."""


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


def scalar(value: object, type_: Scalar | Union) -> object:
    """The value in the engine's terms, of an exact built-in type. Raises `Refused`."""
    value = _exact(value)
    if isinstance(type_, Union):
        if isinstance(value, str) and value in type_.members:
            return value
        raise Refused(f"must be one of {type_}")
    return _READERS[type_.name](value)


_EXACT = (str, int, bool, float, Decimal, datetime, date, timedelta, Money)


def _exact(value: object) -> object:
    """Of a subclass, the value that it has, whatever its own methods say of it."""
    if type(value) in _EXACT or not isinstance(value, _EXACT):
        return value
    try:
        return plain(value, exactly=True)
    except ValueError as error:
        raise Refused(f"cannot be read: {error}") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Refused(f"must be Text, {kind(value)} was given")
    if len(value) > LONGEST_TEXT:
        raise Refused(f"is longer than {LONGEST_TEXT} characters")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Refused("contains a lone surrogate, which is no character") from error
    return value


def _integer(value: object) -> int:
    number = _number(value, "Integer")
    if number != int(number):
        raise Refused("must be a whole number")
    return int(number)


def _decimal(value: object) -> Decimal:
    number = _number(value, "Decimal")
    return Decimal(number)


def _number(value: object, wanted: str) -> int | Decimal:
    if isinstance(value, float):
        value = Decimal(repr(float(value)))
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise Refused(f"must be {wanted}, {kind(value)} was given")
    if isinstance(value, Decimal) and not value.is_finite():
        raise Refused("is not a number")
    if isinstance(value, Decimal):
        value = numbers.trimmed(value)
    if not numbers.fits(value):
        raise Refused(f"has more than {numbers.MAXIMUM_DIGITS} digits")
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise Refused(f"must be Boolean, {kind(value)} was given")
    return value


def _timestamp(value: object) -> datetime:
    if isinstance(value, str):
        instant = timestamp(value)
        if instant is None:
            raise Refused("must be a timestamp such as 2026-11-23T12:00:00Z")
        return instant
    if not isinstance(value, datetime):
        raise Refused(f"must be Timestamp, {kind(value)} was given")
    if value.utcoffset() is None:
        raise Refused("is a timestamp without its offset from UTC")
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise Refused("has no place in UTC") from error


def _money(value: object) -> Money:
    if isinstance(value, str):
        read = money(value)
    elif isinstance(value, Money):
        read = fitting(value)
    elif isinstance(value, Mapping) and value.keys() == {"amount", "currency"}:
        read = _money_of(value["amount"], value["currency"])
    else:
        raise Refused(f"must be Money, {kind(value)} was given")
    if read is None:
        raise Refused("must be money such as 12.50 EUR")
    return read


def _money_of(amount: object, currency: object) -> Money | None:
    number, name = Decimal(_number(_exact(amount), "an amount")), _exact(currency)
    try:
        return Money(number, name) if isinstance(name, str) else None
    except ValueError:
        return None


def _date(value: object) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value if _ISO_DATE.fullmatch(value) else "")
        except ValueError as error:
            raise Refused("must be a date such as 2026-11-01") from error
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Refused(f"must be Date, {kind(value)} was given")
    return value


def _duration(value: object) -> timedelta:
    if isinstance(value, str):
        span = duration(value)
        if span is None:
            raise Refused("must be a duration such as PT4H or P1D")
        return span
    if not isinstance(value, timedelta):
        raise Refused(f"must be Duration, {kind(value)} was given")
    return value


def _json(value: object) -> object:
    try:
        return plain(value, exactly=True)
    except ValueError as error:
        raise Refused("must be plain data, as JSON has it") from error


def _command(text: str) -> str | None:
    return None if "\0" in text else text


def _normalised(type_: Scalar, normal: Callable[[str], str | None], wanted: str) -> Reader:
    def read(value: object) -> str:
        if not isinstance(value, str):
            raise Refused(f"must be {type_}, {kind(value)} was given")
        text = normal(_text(value))
        if text is None:
            raise Refused(wanted)
        return text

    return read


_READERS: Mapping[str, Reader] = {
    TEXT.name: _text,
    INTEGER.name: _integer,
    DECIMAL.name: _decimal,
    BOOLEAN.name: _boolean,
    TIMESTAMP.name: _timestamp,
    MONEY.name: _money,
    DATE.name: _date,
    DURATION.name: _duration,
    JSON.name: _json,
    PATH.name: _normalised(
        PATH, path, "must be a path such as /srv/reports/may.csv that stays below its start"
    ),
    URL.name: _normalised(URL, url, "must be an absolute URL such as https://acme.example/help"),
    EMAIL.name: _normalised(EMAIL, email, "must be an address such as jane@acme.example"),
    HOST.name: _normalised(HOST, host, "must be a host name such as www.acme.example"),
    COMMAND.name: _normalised(COMMAND, _command, "must be a command without a NUL character"),
}


def kind(value: object) -> str:
    """What a value from outside is, in a word or two."""
    names = {
        bool: "a boolean",
        str: "a text",
        dict: "an object",
        list: "a list",
        tuple: "a list",
        datetime: "a timestamp",
        timedelta: "a duration",
    }
    if value is None:
        return "nothing"
    if isinstance(value, Unwritable):
        return UNWRITABLE
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return "a number"
    return names.get(type(value), f"a {type(value).__name__}")
