"""Exact sums of numbers, of money or of durations, from which an earlier part can be taken away.

What has come together by two moments tells what came between. A sum here may have any number of
digits; whether one is too long to be a number is asked where it is used.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Context, Decimal, Inexact
from typing import NamedTuple, TypeAlias

from policy_engine.values.money import Money

_EXACT = Context(prec=1_000, Emin=-999_999, Emax=999_999, traps=[Inexact])
_MICROSECOND = timedelta(microseconds=1)
_MOST = timedelta.max // _MICROSECOND // 2
"""Microseconds; the difference of two that are not longer is a duration too."""

Unit: TypeAlias = str | type[timedelta] | None
"""A currency, or durations, or plain numbers (None)."""


class Sum(NamedTuple):
    """How many amounts, how many of them are no integers, and what they come to.

    Durations are added up in microseconds.
    """

    number: int
    decimals: int
    total: int | Decimal
    unit: Unit

    def amount(self) -> object:
        """The sum as a value; None of no amounts."""
        if not self.number:
            return None
        if self.unit is None:
            return self.total if self.decimals else int(self.total)
        if self.unit is timedelta:
            return timedelta(microseconds=int(self.total))
        return Money(Decimal(self.total), str(self.unit))


NOTHING = Sum(0, 0, 0, None)


def of_one(amount: object) -> Sum | None:
    """The sum of one amount; None of what does not add up."""
    if type(amount) is int:
        return Sum(1, 0, amount, None)
    match amount:
        case bool():
            return None
        case int():
            return Sum(1, 0, amount, None)
        case Decimal() if amount.is_finite():
            return Sum(1, 1, amount, None)
        case Money():
            return Sum(1, 1, amount.amount, amount.currency)
        case timedelta() if -_MOST <= amount // _MICROSECOND <= _MOST:
            return Sum(1, 0, amount // _MICROSECOND, timedelta)
        case _:
            return None


def of_ones(number: int) -> Sum:
    """So many times one."""
    return Sum(number, 0, number, None)


class Growing:
    """Sums of the first none, one, two … of some amounts of one unit."""

    __slots__ = ("_decimals", "_numbers", "_totals")

    def __init__(self, empty: int) -> None:
        """`empty`: how many came before the first amount."""
        self._numbers = [0] * (empty + 1)
        self._decimals = [0] * (empty + 1)
        self._totals: list[int | Decimal] = [0] * (empty + 1)

    def add(self, more: Sum) -> None:
        totals = self._totals
        self._numbers.append(self._numbers[-1] + more.number)
        self._decimals.append(self._decimals[-1] + more.decimals)
        totals.append(added(totals[-1], more.total))

    def fits(self, more: Sum) -> bool:
        """Whether the sum of durations can be told with one more."""
        return -_MOST <= added(self._totals[-1], more.total) <= _MOST

    def between(self, first: int, last: int, unit: Unit) -> Sum:
        """The sum of those after the first so many, up to so many."""
        number = self._numbers[last] - self._numbers[first]
        decimals = self._decimals[last] - self._decimals[first]
        total = _less(self._totals[last], self._totals[first])
        return Sum(number, decimals, total, unit)


def added(one: int | Decimal, other: int | Decimal) -> int | Decimal:
    """Both together, exactly."""
    if type(one) is type(other) is int:
        return one + other
    return _EXACT.add(one, other)


def _less(one: int | Decimal, other: int | Decimal) -> int | Decimal:
    if type(one) is type(other) is int:
        return one - other
    return _EXACT.subtract(one, other)
