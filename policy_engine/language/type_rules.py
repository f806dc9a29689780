"""Which types go together, and how they are named to people."""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.language import checked as c
from policy_engine.values.types import DECIMAL, INTEGER, NUMERIC, TEXT, ListOf, Type, Union


def assignable(given_: Type, wanted: Type) -> bool:
    """Whether a value of one type can stand where the other is declared."""
    if wanted == DECIMAL:
        return given_ in NUMERIC
    if wanted == TEXT:
        return is_text(given_)
    if isinstance(wanted, Union) and isinstance(given_, Union):
        return given_.members <= wanted.members
    if isinstance(wanted, ListOf) and isinstance(given_, ListOf):
        return assignable(given_.item, wanted.item)
    return given_ == wanted


def joint(left: Type, right: Type) -> Type | None:
    if left in NUMERIC and right in NUMERIC:
        return left if left == right else DECIMAL
    if is_text(left) and is_text(right):
        return left if left == right else TEXT
    return left if left == right else None


def is_text(type_: Type) -> bool:
    return type_ == TEXT or isinstance(type_, Union)


def is_number(type_: Type) -> bool:
    return type_ in NUMERIC


def number_type(operands: Sequence[c.Checked]) -> Type:
    return INTEGER if all(operand.type == INTEGER for operand in operands) else DECIMAL


def plain_type(type_: Type) -> str:
    return "a fixed text" if isinstance(type_, Union) else str(type_)


def article(type_: Type) -> str:
    if isinstance(type_, Union):
        return f"one of {type_}"
    return f"a {type_}" if str(type_)[0] not in "AEIOU" else f"an {type_}"
