"""Which types go together, and how they are named to people."""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.values.types import (
    DATE,
    DECIMAL,
    DURATION,
    INTEGER,
    MONEY,
    NUMERIC,
    TEXT,
    TEXT_LIKE,
    TIMESTAMP,
    ListOf,
    MapOf,
    SetOf,
    Type,
    Union,
)


def assignable(given_: Type, wanted: Type) -> bool:
    """Whether a value of one type can stand where the other is declared."""
    if wanted == DECIMAL:
        return given_ in NUMERIC
    if wanted == TEXT:
        return is_text(given_)
    if isinstance(wanted, Union) and isinstance(given_, Union):
        return given_.members <= wanted.members
    for kind in (ListOf, SetOf):
        if isinstance(wanted, kind) and isinstance(given_, kind):
            return assignable(given_.item, wanted.item)
    if isinstance(wanted, MapOf) and isinstance(given_, MapOf):
        return assignable(given_.value, wanted.value)
    return given_ == wanted


def joint(left: Type, right: Type) -> Type | None:
    """The type of values of either, or None."""
    if left in NUMERIC and right in NUMERIC:
        return left if left == right else DECIMAL
    if isinstance(left, Union) and isinstance(right, Union):
        return left if left == right else Union(left.members | right.members)
    if is_text(left) and is_text(right):
        return left if left == right else TEXT
    return left if left == right else None


def is_text(type_: Type) -> bool:
    """A text as it was written; addresses and paths are another matter."""
    return type_ == TEXT or isinstance(type_, Union)


def is_textual(type_: Type) -> bool:
    """Any kind of text, normalised or not."""
    return is_text(type_) or type_ in TEXT_LIKE


def is_number(type_: Type) -> bool:
    return type_ in NUMERIC


def is_collection(type_: Type) -> bool:
    return isinstance(type_, (ListOf, SetOf))


def sum_type(terms: Sequence[tuple[str, Type]]) -> Type | None:
    """The type of a sum, or None where its terms do not add up.

    Of instants, one more may be added than taken away: then the sum is one; else a duration.
    """
    types = [type_ for _, type_ in terms]
    if all(type_ in NUMERIC for type_ in types):
        return INTEGER if all(type_ == INTEGER for type_ in types) else DECIMAL
    if all(type_ == MONEY for type_ in types):
        return MONEY
    points = [(sign, type_) for sign, type_ in terms if type_ != DURATION]
    if not points:
        return DURATION
    point = points[0][1]
    if point not in (TIMESTAMP, DATE) or any(type_ != point for _, type_ in points):
        return None
    more = sum(1 if sign == "+" else -1 for sign, _ in points)
    return {0: DURATION, 1: point}.get(more)


def product_type(types: Sequence[Type]) -> Type | None:
    """Numbers; at most one amount of money, or one duration with whole numbers."""
    others = [type_ for type_ in types if type_ not in NUMERIC]
    if not others:
        return INTEGER if all(type_ == INTEGER for type_ in types) else DECIMAL
    if others == [MONEY]:
        return MONEY
    if others == [DURATION] and DECIMAL not in types:
        return DURATION
    return None


def plain_type(type_: Type) -> str:
    return "a fixed text" if isinstance(type_, Union) else str(type_)


def article(type_: Type) -> str:
    if isinstance(type_, Union):
        return f"one of {type_}"
    return f"a {type_}" if str(type_)[0] not in "AEIOU" else f"an {type_}"
