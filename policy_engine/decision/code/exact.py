"""Exact sums and products of numbers as `values.numbers` has them, made for generated code.

What is short, as nearly all numbers are, needs no counting of digits. `None` is a result that has
too many of them, and a sum with a term that is not known. Products of so many factors that
a thousand digits do not hold them raise `decimal.Inexact`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Context, Decimal, Inexact
from typing import TypeAlias

from policy_engine.values.arithmetic import total
from policy_engine.values.numbers import LARGEST, MAXIMUM_DIGITS, fits, trimmed

Number: TypeAlias = int | Decimal

_EXACT = Context(prec=1_000, Emin=-999_999, Emax=999_999, traps=[Inexact])


def net(plus: Sequence[Number], minus: Sequence[Number] = ()) -> Number | None:
    """The sum of some numbers, less others."""
    result: Number = 0
    for term in plus:
        if type(result) is int and type(term) is int:
            result += term
        else:
            result = _EXACT.add(result, term)
    for term in minus:
        if type(result) is int and type(term) is int:
            result -= term
        else:
            result = _EXACT.subtract(result, term)
    return _kept(result)


def times(factors: Sequence[Number]) -> Number | None:
    """The product of numbers."""
    result: Number = 1
    for factor in factors:
        if type(result) is int and type(factor) is int:
            result *= factor
        else:
            result = _EXACT.multiply(result, factor)
    return _kept(result)


def sum_of_items(terms: Iterable[Number | None]) -> Number | None:
    """The sum of numbers; None where one is not known."""
    result: Number = 0
    for term in terms:
        if term is None:
            return None
        if type(result) is int and type(term) is int:
            result += term
        else:
            result = _EXACT.add(result, term)
    return _kept(result)


def total_of_items(terms: Sequence[object], nothing: object) -> object:
    """The sum of money or durations; None where one is not known, `nothing` where there is none."""
    if any(term is None for term in terms):
        return None
    return total([(True, term) for term in terms]) if terms else nothing


def _kept(value: Number) -> Number | None:
    if type(value) is int:
        return value if -LARGEST < value < LARGEST else None
    number = value if isinstance(value, Decimal) else Decimal(value)
    _, digits, exponent = number.as_tuple()
    is_trim = digits[-1] or (exponent == 0 and len(digits) > 1)
    if is_trim and len(digits) <= MAXIMUM_DIGITS and -MAXIMUM_DIGITS < int(exponent) <= 0:
        return number
    number = trimmed(number)
    return number if fits(number) else None
