"""The smallest steps of a written value: one up, one down, in its own precision."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from policy_engine.foundation.kinds import decimal_text, plain_duration, timestamp_text
from policy_engine.language.checked import Constant
from policy_engine.values.money import Money

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def steps(constant: Constant) -> Iterator[object]:
    """The neighbours of a constant, lower first; none where it has no order."""
    return neighbours(constant.value, _written_digits(constant.span.text))


def neighbours(value: object, digits: int | None = None) -> Iterator[object]:
    """The values next to a value that has `digits` after the point (None: as many as it has)."""
    for sign in (-1, 1):
        try:
            other = _stepped(value, sign, digits)
        except (OverflowError, ValueError):
            continue
        if other is not None:
            yield other


def next_durations(duration: timedelta) -> Iterator[timedelta]:
    """A second less and a second more."""
    if duration > SECOND:
        yield duration - SECOND
    yield duration + SECOND


def shifted(moment: time, sign: int) -> time:
    """A time of day one minute later or earlier; past midnight it goes round."""
    minutes = (moment.hour * 60 + moment.minute + sign) % (24 * 60)
    return moment.replace(hour=minutes // 60, minute=minutes % 60)


def lengthened(before: timedelta, after: timedelta) -> str:
    """`2 hours became a second more`."""
    unit = "second" if abs(after - before) < MINUTE else "minute"
    return f"{plain_duration(before)} became a {unit} {'more' if after > before else 'less'}"


def written(value: object) -> str:
    """A value as it would be written in a policy, more or less."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case Decimal():
            return decimal_text(value)
        case datetime():
            return timestamp_text(value)
        case date():
            return value.isoformat()
        case time():
            return value.isoformat("minutes")
        case timedelta():
            return plain_duration(value)
        case _:
            return str(value)


def exactly_ago(one: timedelta, other: timedelta) -> str:
    """What tells two windows apart: the longer one begins with what it has alone."""
    return f"a test with such a past action exactly {written(max(one, other))} ago"


def _stepped(value: object, sign: int, digits: int | None) -> object:
    match value:
        case bool():
            return None
        case int():
            return value + sign
        case Decimal():
            return value + sign * _last_digit(value, digits)
        case Money():
            step = sign * _last_digit(value.amount, digits)
            return Money(value.amount + step, value.currency)
        case timedelta() | datetime():
            return value + sign * SECOND
        case date():
            return value + sign * DAY
        case time():
            return shifted(value, sign)
        case _:
            return None


def _last_digit(value: Decimal, digits: int | None) -> Decimal:
    """One in the last digit: 1 for `200`, 0.01 for `12.50`."""
    exponent = value.as_tuple().exponent
    kept = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return Decimal(1).scaleb(-(kept if digits is None else digits))


def _written_digits(text: str) -> int:
    fraction = re.search(r"\.([0-9]+)", text)
    return len(fraction[1]) if fraction else 0
