"""What one value without parts is in the policy's terms: one reader for each built-in type.

Spelling of paths, links, addresses and durations is shared with the engine: those are data, and
nothing is decided by them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from policy_engine.foundation.canonical import decimal_text
from policy_engine.foundation.kinds import duration
from policy_engine.values import emails, paths, urls
from policy_engine.values.money import Money
from policy_engine.values.plain import plain

T = TypeVar("T")

MAXIMUM_DIGITS = 38
LONGEST_TEXT = 1_000_000

RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MONEY = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?) ([A-Z]{3})")


class Misfit(Exception):
    """The value is not of the type."""


def required(value: T, holds: bool) -> T:
    if not holds:
        raise Misfit
    return value


def read_scalar(value: object, name: str) -> object:
    return _READERS[name](value)


def fits_in_digits(number: int | Decimal) -> bool:
    """“Integers and decimals are exact, at most 38 digits”, written out without exponent."""
    if isinstance(number, Decimal):
        if number and not -100 < number.adjusted() < 100:
            return False
        text = decimal_text(number)
    else:
        if abs(number) >= 10**MAXIMUM_DIGITS:
            return False
        text = str(number)
    return sum(character.isdigit() for character in text) <= MAXIMUM_DIGITS


def instant(text: str) -> datetime | None:
    """The instant of an RFC 3339 text."""
    if not RFC_3339.fullmatch(text):
        return None
    try:
        return in_utc(datetime.fromisoformat(text.upper()))
    except ValueError:
        return None


def in_utc(at: datetime) -> datetime | None:
    """None where the calendar has no such instant."""
    try:
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _text(value: object) -> str:
    required(value, isinstance(value, str))
    assert isinstance(value, str)
    return required(value, is_text(value) and len(value) <= LONGEST_TEXT)


def _boolean(value: object) -> object:
    return required(value, isinstance(value, bool))


def _integer(value: object) -> object:
    """Any number without a fraction, however it is spelled."""
    number = _decimal(value)
    return int(required(number, number == number.to_integral_value()))


def _decimal(value: object) -> Decimal:
    """A float is the decimal that its shortest text shows; two spellings of a number are one."""
    if isinstance(value, float):
        value = Decimal(repr(value))
    required(value, isinstance(value, (int, Decimal)) and not isinstance(value, bool))
    assert isinstance(value, (int, Decimal))
    required(value, isinstance(value, int) or value.is_finite())
    required(value, fits_in_digits(value))
    return Decimal(str(value))


def _timestamp(value: object) -> object:
    if isinstance(value, str):
        value = instant(value)
    required(value, isinstance(value, datetime))
    assert isinstance(value, datetime)
    required(value, value.tzinfo is not None and in_utc(value) is not None)
    return in_utc(value)


def _money(value: object) -> object:
    """An amount and its currency: as money, as `12.50 EUR`, or as an object of the two."""
    if isinstance(value, str):
        match = MONEY.fullmatch(value)
        if match is None:
            raise Misfit
        return Money(_decimal(Decimal(match[1])), match[2])
    if isinstance(value, Money):
        return Money(_decimal(value.amount), value.currency)
    required(value, isinstance(value, Mapping))
    assert isinstance(value, Mapping)
    required(value, set(value) == {"amount", "currency"})
    amount, currency = _decimal(value["amount"]), value["currency"]
    required(currency, isinstance(currency, str) and bool(re.fullmatch("[A-Z]{3}", currency)))
    return Money(amount, currency)


def _date(value: object) -> object:
    if isinstance(value, str):
        required(value, bool(ISO_DAY.fullmatch(value)))
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise Misfit from error
    return required(value, isinstance(value, date) and not isinstance(value, datetime))


def _duration(value: object) -> object:
    if isinstance(value, str):
        value = duration(value)
    return required(value, isinstance(value, timedelta))


def _json(value: object) -> object:
    try:
        return plain(value, exactly=True)
    except ValueError as error:
        raise Misfit from error


def _command(text: str) -> str | None:
    return None if "\0" in text else text


def _spelled(normal: Callable[[str], str | None]) -> Callable[[object], object]:
    def read(value: object) -> object:
        text = normal(_text(value))
        return required(text, text is not None)

    return read


_READERS: Mapping[str, Callable[[object], object]] = {
    "Text": _text,
    "Boolean": _boolean,
    "Integer": _integer,
    "Decimal": _decimal,
    "Timestamp": _timestamp,
    "Money": _money,
    "Date": _date,
    "Duration": _duration,
    "Json": _json,
    "Path": _spelled(paths.path),
    "Url": _spelled(urls.url),
    "Email": _spelled(emails.email),
    "Host": _spelled(urls.host),
    "Command": _spelled(_command),
}
