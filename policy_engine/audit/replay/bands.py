"""Amounts by size: each band is ten times the one before, and has its input and its currency."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from policy_engine.language.policy import PolicySet
from policy_engine.values.money import Money, money
from policy_engine.values.types import DECIMAL, MONEY

NEGATIVE, ZERO, BELOW_ONE = -2, -1, 0
"""Sizes of their own; size n above them is from 10 to the n - 1 to below 10 to the n."""
LARGEST = 39


class Band(NamedTuple):
    """Amounts of one input of about one size."""

    input: str
    currency: str
    """Empty for a plain number."""
    size: int

    @property
    def text(self) -> str:
        """`100 to 1,000 EUR`; the lower end is in it."""
        unit = f" {self.currency}" if self.currency else ""
        match self.size:
            case -2:
                return f"below 0{unit}"
            case -1:
                return f"0{unit}"
            case 0:
                return f"above 0, below 1{unit}"
            case size if size >= LARGEST:
                return f"{10 ** (LARGEST - 1):,} and more{unit}"
            case size:
                return f"{10 ** (size - 1):,} to {10**size:,}{unit}"


def amount_inputs(policy: PolicySet) -> tuple[str, ...]:
    """The names of all inputs that some task takes as Decimal or Money, in order, secrets apart."""
    fields = [field for task in policy.tasks.values() for field in task.inputs]
    secret = {field.name for field in fields if field.secret}
    found = {field.name for field in fields if field.type in (DECIMAL, MONEY)}
    return tuple(sorted(found - secret))


def band_of(name: str, value: object) -> Band | None:
    """The band of a datum; None where it is no amount."""
    match value:
        case bool() | None:
            return None
        case int() | Decimal():
            return _band(name, "", Decimal(value))
        case float():
            return _band(name, "", Decimal(repr(value)))
        case Money():
            return _band(name, value.currency, value.amount)
        case str():
            return _of_text(name, value)
        case Mapping() if value.keys() == {"amount", "currency"}:
            return _of_text(name, f"{value['amount']} {value['currency']}")
        case _:
            return None


def _of_text(name: str, text: str) -> Band | None:
    read = money(text)
    if read is not None:
        return _band(name, read.currency, read.amount)
    try:
        return _band(name, "", Decimal(text)) if len(text) <= LARGEST + 3 else None
    except InvalidOperation:
        return None


def _band(name: str, currency: str, amount: Decimal) -> Band | None:
    if not amount.is_finite():
        return None
    if amount <= 0:
        return Band(name, currency, ZERO if amount == 0 else NEGATIVE)
    size = BELOW_ONE if amount < 1 else min(amount.adjusted() + 1, LARGEST)
    return Band(name, currency, size)
