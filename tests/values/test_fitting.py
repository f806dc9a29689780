"""What fits at once is read as what is read slowly: the same values, and the same refusals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, strategies as st

from policy_engine.values.conform import conform, conform_fields, slowly
from policy_engine.values.money import Money
from policy_engine.values.types import (
    JSON,
    SCALARS,
    Field,
    ListOf,
    MapOf,
    Record,
    SetOf,
    Type,
    Union,
)
from tests.properties.profile import examples

SPELT = ["", "x", "ä", "\ud800", "5", "5 EUR", "2026-11-01", "PT4H", "a@b.example", "/srv/x", "\0"]
INSTANT = datetime(2026, 11, 23, 12, tzinfo=UTC)
NUMBERS = [0, -1, 5.5, 1e300, float("nan"), Decimal("1.50"), Decimal("1E+40"), 10**38, 10**37]
OTHERS = [None, True, INSTANT, INSTANT.replace(tzinfo=None), date(2026, 1, 1), timedelta(1), b"x"]
LEAVES = st.sampled_from([*SPELT, *NUMBERS, *OTHERS, Money(Decimal(5), "EUR"), object()])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=2).map(tuple),
        st.sets(st.sampled_from([*SPELT, 1, 2]), max_size=3),
        st.dictionaries(st.sampled_from(["a", "b", "c", "ä", 5]), inner, max_size=3),
    ),
    max_leaves=8,
)
BASIC = st.sampled_from([*SCALARS.values(), Union(frozenset({"x", "5"}))])


def fields(types: st.SearchStrategy[Type]) -> st.SearchStrategy[tuple[Field, ...]]:
    one = st.builds(Field, st.sampled_from("abc"), types, st.booleans(), st.booleans())
    return st.lists(one, max_size=3, unique_by=lambda field: field.name).map(tuple)


TYPES = st.recursive(
    BASIC,
    lambda inner: st.one_of(
        inner.map(ListOf),
        inner.map(SetOf),
        inner.map(MapOf),
        fields(inner).map(lambda some: Record("R", some)),
    ),
    max_leaves=5,
)


@examples(600)
@given(VALUES, TYPES, st.booleans())
def test_fast_is_slow(value: object, type_: Type, closed: bool) -> None:
    fast = conform(value, type_, closed=closed)
    slow = slowly(value, type_, "value", closed=closed, secret=False)
    assert fast == slow
    assert kinds(fast[0]) == kinds(slow[0])


@examples(300)
@given(st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), VALUES, max_size=4), fields(TYPES))
def test_fields_are_fitted_alike(values: dict[str, object], declared: tuple[Field, ...]) -> None:
    typed, misfits = conform_fields(values, declared)
    record = slowly(values, Record("R", declared), "", closed=True, secret=False)
    assert bool(misfits) == bool(record[1])
    if not misfits:
        assert (typed, kinds(typed)) == (record[0], kinds(record[0]))


def kinds(value: object) -> object:
    """The types of all parts: equal values of different types are not the same."""
    match value:
        case dict():
            return {key: kinds(member) for key, member in value.items()}
        case tuple() | list():
            return type(value), [kinds(item) for item in value]
        case frozenset():
            return frozenset(kinds(item) for item in value)
        case _:
            return type(value)


def test_free_data_may_be_nothing_inside() -> None:
    assert conform([None], ListOf(JSON)) == ((None,), [])
