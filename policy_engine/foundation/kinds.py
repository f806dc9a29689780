"""Kinds of datum that JSON lacks, each with its one spelling.

Exact decimals, instants, amounts of money and spans of time. What is written here is read back as
the same value; nothing is rounded, and what cannot be read is `None`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_MONEY = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?) ([A-Z]{3})", re.ASCII)
_DURATION = re.compile(
    r"(?P<minus>-)?P(?=[0-9T])(?:(?P<weeks>[0-9]{1,18})W)?(?:(?P<days>[0-9]{1,18})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,18})H)?(?:(?P<minutes>[0-9]{1,18})M)?"
    r"(?:(?P<seconds>[0-9]{1,18})(?:\.(?P<fraction>[0-9]+))?S)?)?",
    re.ASCII,
)
_MICROSECOND = timedelta(microseconds=1)
_MILLION = 1_000_000
_SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
_DAY = _SECONDS["days"]


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount and its currency, three capital letters as in ISO 4217."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not self.amount.is_finite():
            raise ValueError(f"{self.amount} is not an amount")
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError("a currency is three capital letters")

    def __str__(self) -> str:
        return f"{decimal_text(self.amount)} {self.currency}"


def read_money(text: str) -> Money | None:
    """The money of a text such as `12.50 EUR`, of any number of digits."""
    match = _MONEY.fullmatch(text)
    return Money(Decimal(match[1]), match[2]) if match else None


def decimal_text(value: Decimal) -> str:
    """A finite decimal without exponent and without trailing zeros."""
    if not value.is_finite():
        raise ValueError(f"{value} is not a number")
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def timestamp_text(value: datetime) -> str:
    """RFC 3339 in UTC, with `Z`, microseconds only where there are any."""
    if value.tzinfo is None:
        raise ValueError("a timestamp needs its offset from UTC")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def duration(text: str) -> timedelta | None:
    """The span of an ISO 8601 duration in weeks, days, hours, minutes and seconds.

    A day is 24 hours. Only seconds have a fraction, of microseconds at the finest.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    fraction = (match["fraction"] or "").rstrip("0")
    if len(fraction) > 6:
        return None
    whole = sum(int(match[unit] or 0) * size for unit, size in _SECONDS.items())
    microseconds = whole * _MILLION + int(fraction.ljust(6, "0"))
    try:
        return timedelta(microseconds=-microseconds if match["minus"] else microseconds)
    except OverflowError:
        return None


def duration_text(value: timedelta) -> str:
    """ISO 8601, such as `P1DT2H`: the only spelling of this span."""
    seconds, fraction = divmod(abs(value) // _MICROSECOND, _MILLION)
    days, rest = divmod(seconds, _DAY)
    hours, rest = divmod(rest, 3_600)
    minutes, rest = divmod(rest, 60)
    clock = f"{hours}H" * (hours > 0) + f"{minutes}M" * (minutes > 0)
    if rest or fraction or not seconds:
        clock += f"{_seconds(rest, fraction)}S"
    date = f"{days}D" * (days > 0)
    return f"{'-' * (value < timedelta(0))}P{date}{'T' * bool(clock)}{clock}"


def plain_duration(value: timedelta) -> str:
    """For people: `180 days`, `1 day 2 hours`, `90 minutes`."""
    seconds, fraction = divmod(abs(value) // _MICROSECOND, _MILLION)
    sign = "minus " if value < timedelta(0) else ""
    return sign + " ".join(_spoken(seconds, fraction))


def _spoken(seconds: int, fraction: int) -> Iterator[str]:
    days, rest = divmod(seconds, _DAY)
    if days:
        yield _counted(str(days), "day")
    said = days > 0
    for unit, size in (("hour", 3_600), ("minute", 60)):
        if not said and rest < 2 * size and rest % size:
            continue  # 90 minutes, not 1 hour 30 minutes
        count, rest = divmod(rest, size)
        if count:
            said = True
            yield _counted(str(count), unit)
    if rest or fraction or not said:
        yield _counted(_seconds(rest, fraction), "second")


def _counted(count: str, unit: str) -> str:
    return f"{count} {unit}" if count == "1" else f"{count} {unit}s"


def _seconds(seconds: int, fraction: int) -> str:
    return f"{seconds}.{fraction:06}".rstrip("0") if fraction else str(seconds)
