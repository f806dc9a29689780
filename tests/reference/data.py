"""Whether data fit their declarations, and what they are then. Nothing here is fast.

`UNKNOWN` stands for every datum that is missing, mistyped or cannot be computed; `ABSENT` for an
optional one that is surely not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set as AbstractSet
from datetime import date, datetime, timedelta
from decimal import Decimal

from policy_engine.values.money import Money
from policy_engine.values.types import (
    JSON,
    Field,
    ListOf,
    MapOf,
    Record,
    Scalar,
    SetOf,
    Type,
    Union,
)
from tests.reference.scalars import Misfit, in_utc, is_text, read_scalar, required

UNKNOWN = None
ABSENT = object()
LONGEST_LIST = 10_000
WRITABLE_DIGITS = 1_000


def fitted(value: object, type_: Type, *, closed: bool) -> object:
    """The value in the policy's terms. `closed`: records have no members but those declared."""
    if isinstance(type_, Union):
        return required(value, isinstance(value, str) and value in type_.members)
    if isinstance(type_, ListOf):
        items = _items(value, (list, tuple))
        return tuple(fitted(item, type_.item, closed=closed) for item in items)
    if isinstance(type_, SetOf):
        items = _items(value, (list, tuple, set, frozenset))
        required(type_, isinstance(type_.item, (Scalar, Union)) and type_.item != JSON)
        return frozenset(fitted(item, type_.item, closed=closed) for item in items)
    if isinstance(type_, MapOf):
        members = _mapping(value)
        required(members, len(members) <= LONGEST_LIST)
        return {
            str(read_scalar(name, "Text")): fitted(member, type_.value, closed=closed)
            for name, member in members.items()
        }
    if isinstance(type_, Record):
        known, fits = fitted_fields(_mapping(value), type_.fields, closed=closed)
        return required(known, fits)
    return read_scalar(value, type_.name)


def fitted_fields(
    given: Mapping[str, object], fields: Sequence[Field], *, closed: bool
) -> tuple[dict[str, object], bool]:
    """What is known of the fields (unknown where it does not fit), and whether all fits.

    An optional field that is not given is not in the result; None is not given.
    """
    known: dict[str, object] = {}
    fits = not closed or all(name in {field.name for field in fields} for name in given)
    for field in fields:
        value = given.get(field.name)
        if value is None and field.optional:
            continue
        known[field.name] = datum = fitted_or_unknown(value, field.type, closed=closed)
        fits = fits and datum is not UNKNOWN
    return known, fits


def fitted_or_unknown(value: object, type_: Type, *, closed: bool = False) -> object:
    try:
        return UNKNOWN if value is None else fitted(value, type_, closed=closed)
    except Misfit:
        return UNKNOWN


def has_canonical_form(given: object) -> bool:
    """“NaN, half a surrogate pair, no data at all” have none, nor endless numbers."""
    if isinstance(given, Mapping):
        named = all(isinstance(name, str) and is_text(name) for name in given)
        return named and all(has_canonical_form(member) for member in given.values())
    if isinstance(given, (list, tuple, AbstractSet)):
        return all(has_canonical_form(item) for item in given)
    if isinstance(given, Money):
        return has_canonical_form(given.amount)
    if isinstance(given, (float, Decimal)):
        number = Decimal(repr(given)) if isinstance(given, float) else given
        return number.is_finite() and abs(number.adjusted()) <= WRITABLE_DIGITS
    if isinstance(given, str):
        return is_text(given)
    if isinstance(given, datetime):
        return given.tzinfo is not None and in_utc(given) is not None
    if isinstance(given, (date, timedelta)):
        return True
    return given is None or (isinstance(given, int) and abs(given) < 10**WRITABLE_DIGITS)


def _items(value: object, kinds: tuple[type, ...]) -> Sequence[object]:
    required(value, isinstance(value, kinds))
    assert isinstance(value, (Sequence, AbstractSet))
    return list(required(value, len(value) <= LONGEST_LIST))


def _mapping(value: object) -> Mapping[str, object]:
    required(value, isinstance(value, Mapping))
    assert isinstance(value, Mapping)
    return value
