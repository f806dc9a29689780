"""Exact arithmetic: integers and decimals of at most 38 digits, nothing ever rounded.

A result with more digits is no number (`None`), which a condition treats as unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal, Inexact

MAXIMUM_DIGITS = 38

LARGEST: int = 10**MAXIMUM_DIGITS


def fits(value: int | Decimal) -> bool:
    """Whether the number, written out without exponent, has at most 38 digits."""
    if isinstance(value, int):
        return -LARGEST < value < LARGEST
    if not value.is_finite():
        return False
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    whole = max(len(digits) + exponent, 1)
    return whole + max(-exponent, 0) <= MAXIMUM_DIGITS


def trimmed(value: Decimal) -> Decimal:
    """The same number without trailing zeros after the point; zero without sign and exponent."""
    if value == 0:
        return Decimal(0)
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    kept = len(digits)
    while exponent < 0 and digits[kept - 1] == 0:
        kept, exponent = kept - 1, exponent + 1
    return Decimal((sign, digits[:kept], exponent))


def total(terms: Sequence[tuple[bool, int | Decimal]]) -> int | Decimal | None:
    """The sum of numbers, those with False taken away. Only the result needs to fit."""
    exact = _exact(4 * MAXIMUM_DIGITS)
    result: int | Decimal = 0
    for plus, term in terms:
        if isinstance(result, int) and isinstance(term, int):
            result = result + term if plus else result - term
        else:
            result = exact.add(result, term) if plus else exact.subtract(result, term)
    return _kept(result)


def product(factors: Sequence[int | Decimal]) -> int | Decimal | None:
    """The product of numbers. Only the result needs to fit."""
    exact = _exact(MAXIMUM_DIGITS * (2 + len(factors)))
    result: int | Decimal = 1
    for factor in factors:
        if isinstance(result, int) and isinstance(factor, int):
            result *= factor
        else:
            result = exact.multiply(result, factor)
    return _kept(result)


def _exact(digits: int) -> Context:
    return Context(prec=digits, Emin=-999999, Emax=999999, traps=[Inexact])


def _kept(value: int | Decimal) -> int | Decimal | None:
    if isinstance(value, Decimal):
        value = trimmed(value)
    return value if fits(value) else None
