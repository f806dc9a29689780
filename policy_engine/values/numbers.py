"""Exact arithmetic: integers and decimals of at most 38 digits, nothing ever rounded.

A result with more digits is no number (`None`), which a condition treats as unknown.
"""

from __future__ import annotations

from decimal import Context, Decimal, Inexact

MAXIMUM_DIGITS = 38

_LARGEST: int = 10**MAXIMUM_DIGITS
_EXACT = Context(prec=4 * MAXIMUM_DIGITS, Emin=-999999, Emax=999999, traps=[Inexact])


def fits(value: int | Decimal) -> bool:
    """Whether the number, written out without exponent, has at most 38 digits."""
    if isinstance(value, int):
        return -_LARGEST < value < _LARGEST
    if not value.is_finite():
        return False
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    whole = max(len(digits) + exponent, 1)
    return whole + max(-exponent, 0) <= MAXIMUM_DIGITS


def add(left: int | Decimal, right: int | Decimal) -> int | Decimal | None:
    if isinstance(left, int) and isinstance(right, int):
        return _kept(left + right)
    return _kept(_EXACT.add(left, right))


def subtract(left: int | Decimal, right: int | Decimal) -> int | Decimal | None:
    if isinstance(left, int) and isinstance(right, int):
        return _kept(left - right)
    return _kept(_EXACT.subtract(left, right))


def multiply(left: int | Decimal, right: int | Decimal) -> int | Decimal | None:
    if isinstance(left, int) and isinstance(right, int):
        return _kept(left * right)
    return _kept(_EXACT.multiply(left, right))


def _kept(value: int | Decimal) -> int | Decimal | None:
    if isinstance(value, Decimal):
        value = _EXACT.normalize(value)
    return value if fits(value) else None
