"""Money: an exact amount and its currency. Amounts of two currencies have no order."""

from __future__ import annotations

from policy_engine.foundation.kinds import Money, read_money
from policy_engine.values import numbers

__all__ = ["Money", "fitting", "money", "order"]


def money(text: str) -> Money | None:
    """The money of a text such as `12.50 EUR`; `None` where it is none, or has too many digits."""
    read = read_money(text)
    return fitting(read) if read is not None else None


def fitting(value: Money) -> Money | None:
    """The same money without trailing zeros, if its amount has at most 38 digits."""
    amount = numbers.trimmed(value.amount)
    return Money(amount, value.currency) if numbers.fits(amount) else None


def order(one: Money, other: Money) -> int | None:
    """-1, 0 or 1 as one is less than, equal to or more than the other; `None`: two currencies."""
    if one.currency != other.currency:
        return None
    return (one.amount > other.amount) - (one.amount < other.amount)
