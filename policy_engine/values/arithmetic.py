"""Exact arithmetic, order and equality over all kinds of value.

Numbers, money, durations, instants, days. A sum is made of all its terms at once, so their order
never matters. `None` stands for what has no result: an overflow, two currencies, kinds that do not
go together. Nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import prod
from typing import TypeGuard

from policy_engine.values import numbers
from policy_engine.values.money import Money, fitting, order

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = 86_400_000_000

Terms = Sequence[tuple[bool, object]]


def total(terms: Terms) -> object | None:
    """The sum of values, those with False taken away."""
    values = [value for _, value in terms]
    if all(_is_number(value) for value in values):
        return numbers.total([(plus, value) for plus, value in terms if _is_number(value)])
    if any(isinstance(value, Money) for value in values):
        return _total_money(terms)
    if any(isinstance(value, datetime) for value in values):
        return _total_instants(terms)
    if any(isinstance(value, date) for value in values):
        return _total_days(terms)
    microseconds = _total_durations(terms)
    return _duration(microseconds) if microseconds is not None else None


def product(factors: Sequence[object]) -> object | None:
    """The product of numbers, of one amount of money by numbers, of one duration by integers."""
    plain = [factor for factor in factors if _is_number(factor)]
    others = [factor for factor in factors if not _is_number(factor)]
    match others:
        case []:
            return numbers.product(plain)
        case [Money() as money]:
            amount = numbers.product([money.amount, *plain])
            return Money(Decimal(amount), money.currency) if amount is not None else None
        case [timedelta() as span]:
            whole = [factor for factor in plain if isinstance(factor, int)]
            exact = len(whole) == len(plain)
            return _duration(prod(whole) * (span // _MICROSECOND)) if exact else None
        case _:
            return None


def less(one: object, other: object) -> bool | None:
    """Whether the first of two values of one ordered type is less than the other."""
    if _is_number(one) and _is_number(other):
        return one < other
    match one, other:
        case Money(), Money():
            sign = order(one, other)
            return sign < 0 if sign is not None else None
        case datetime(), datetime():
            return one < other if _placed(one) and _placed(other) else None
        case (datetime(), _) | (_, datetime()):
            return None
        case date(), date():
            return one < other
        case timedelta(), timedelta():
            return one < other
        case time(), time():
            return one < other if one.tzinfo is None and other.tzinfo is None else None
        case _:
            return None


def equal(one: object, other: object) -> bool | None:
    """Whether two values are the same: numbers by value, what has parts part by part.

    A boolean is no number. Money of two currencies does not compare, nor what contains it, unless
    another part tells the two apart.
    """
    if _is_number(one) and _is_number(other):
        return one == other
    match one, other:
        case Money(), Money():
            sign = order(one, other)
            return sign == 0 if sign is not None else None
        case datetime(), datetime():
            return one == other if _placed(one) and _placed(other) else None
        case Mapping(), Mapping():
            if one.keys() != other.keys():
                return False
            return _all(equal(one[key], other[key]) for key in one)
        case ((list() | tuple()), (list() | tuple())):
            if len(one) != len(other):
                return False
            return _all(equal(a, b) for a, b in zip(one, other, strict=True))
        case AbstractSet(), AbstractSet():
            return _equal_sets(one, other)
        case _:
            return type(one) is type(other) and one == other


def _is_number(value: object) -> TypeGuard[int | Decimal]:
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)


def _placed(value: datetime) -> bool:
    return value.utcoffset() is not None


def _all(answers: Iterable[bool | None]) -> bool | None:
    unknown = False
    for answer in answers:
        if answer is False:
            return False
        unknown = unknown or answer is None
    return None if unknown else True


def _equal_sets(one: AbstractSet[object], other: AbstractSet[object]) -> bool | None:
    if one == other:
        return True
    currencies = {item.currency for item in (*one, *other) if isinstance(item, Money)}
    return None if len(currencies) > 1 else False


def _total_money(terms: Terms) -> Money | None:
    amounts = [(plus, value.amount) for plus, value in terms if isinstance(value, Money)]
    currencies = {value.currency for _, value in terms if isinstance(value, Money)}
    if len(amounts) != len(terms) or len(currencies) != 1:
        return None
    amount = numbers.total(amounts)
    return fitting(Money(Decimal(amount), currencies.pop())) if amount is not None else None


def _total_durations(terms: Terms) -> int | None:
    """In microseconds."""
    found = 0
    for plus, value in terms:
        if not isinstance(value, timedelta):
            return None
        found += value // _MICROSECOND if plus else -(value // _MICROSECOND)
    return found


def _total_instants(terms: Terms) -> datetime | timedelta | None:
    instants = [(plus, value) for plus, value in terms if isinstance(value, datetime)]
    if not all(_placed(value) for _, value in instants):
        return None
    spans = [(plus, value - _EPOCH) for plus, value in instants]
    spans += [(plus, value) for plus, value in terms if isinstance(value, timedelta)]
    if len(spans) != len(terms):
        return None
    span = _total_durations(spans)
    count = _net(instants)
    if span is None or count not in (0, 1):
        return None
    since = _duration(span)
    if since is None or not count:
        return since
    try:
        return _EPOCH + since
    except OverflowError:
        return None


def _total_days(terms: Terms) -> date | timedelta | None:
    days = [(plus, value) for plus, value in terms if isinstance(value, date)]
    rest = [(plus, value) for plus, value in terms if not isinstance(value, date)]
    span, count = _total_durations(rest), _net(days)
    if span is None or count not in (0, 1):
        return None
    number = sum(value.toordinal() if plus else -value.toordinal() for plus, value in days)
    if not count:
        return _duration(number * _DAY + span)
    if span % _DAY:
        return None
    number += span // _DAY
    return date.fromordinal(number) if 1 <= number <= date.max.toordinal() else None


def _net(terms: Terms) -> int:
    return sum(1 if plus else -1 for plus, _ in terms)


def _duration(microseconds: int) -> timedelta | None:
    try:
        return timedelta(microseconds=microseconds)
    except OverflowError:
        return None
