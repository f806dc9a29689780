"""Tokens of literals to values. Refuses what looks like a literal and is none."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from policy_engine.foundation.diagnostics import Label
from policy_engine.foundation.source import Span
from policy_engine.language import codes
from policy_engine.language.building import Refused
from policy_engine.values import numbers
from policy_engine.values.conform import timestamp
from policy_engine.values.money import Money

_UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_LONGEST = timedelta(days=36_600)


def text(token: str, span: Span) -> str:
    """What stands between the quotes."""
    if "\\" not in token and token.isascii():
        return token[1:-1]
    try:
        value = json.loads(token, strict=False)
        assert isinstance(value, str)
        value.encode("utf-8")
    except ValueError as error:
        label = Label(span, 'escapes are \\" \\\\ \\n \\t and \\u0041')
        help_ = "write `\\\\` for a backslash"
        raise Refused(codes.BAD_TEXT, "a text has a broken escape", label, help_) from error
    return value


def number(token: str, span: Span) -> int | Decimal:
    """An exact number."""
    digits = token.replace("_", "")
    exact = Decimal(digits)
    if len(digits) > 2 * numbers.MAXIMUM_DIGITS or not numbers.fits(exact):
        title = f"a number has more than {numbers.MAXIMUM_DIGITS} digits"
        help_ = "an account number or the like is a text: put it in quotes"
        raise Refused(codes.BAD_NUMBER, title, Label(span, "cannot be kept exactly"), help_)
    return exact if "." in digits else int(digits)


def whole(token: str, span: Span, what: str, least: int = 0) -> int:
    """A whole number where only such a one makes sense."""
    value = number(token, span)
    if not isinstance(value, int) or value < least:
        title = f"{what} of {token} is not possible"
        raise Refused(codes.BAD_QUORUM, title, Label(span, f"a whole number, at least {least}"))
    return value


def money(token: str, span: Span) -> Money:
    amount, currency = token.split()
    return Money(Decimal(number(amount, span)), currency)


def duration(token: str, span: Span) -> timedelta:
    """`24 hours`; a day is 24 hours."""
    amount, unit = token.split()
    count = number(amount, span)
    seconds = int(count) * _UNITS[unit.removesuffix("s")]
    if seconds > _LONGEST.total_seconds():
        label = Label(span, "more than a hundred years")
        raise Refused(codes.BAD_TIME, "a duration is too long to be meant", label)
    return timedelta(seconds=seconds)


def day(token: str, span: Span) -> date:
    try:
        return date.fromisoformat(token)
    except ValueError as error:
        label = Label(span, "no calendar has this day")
        raise Refused(codes.BAD_TIME, f"`{token}` is not a date", label) from error


def time_of_day(token: str, span: Span) -> time:
    try:
        return time.fromisoformat(token)
    except ValueError as error:
        label = Label(span, "from 00:00 to 23:59")
        raise Refused(codes.BAD_TIME, f"`{token}` is not a time of day", label) from error


def instant(token: str, span: Span) -> datetime:
    found = timestamp(token)
    if found is not None:
        return found
    in_utc = f"{token}Z"
    if timestamp(in_utc):
        label = Label(span, "it could be any of forty instants")
        title, help_ = "a timestamp needs its offset from UTC", f"write {in_utc}"
        raise Refused(codes.BAD_TIME, title, label, help_)
    label = Label(span, "no calendar has this instant")
    raise Refused(codes.BAD_TIME, f"`{token}` is not a timestamp", label)
