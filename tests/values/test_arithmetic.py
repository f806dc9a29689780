"""Sums, products, order and equality over all kinds of value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from policy_engine.values.arithmetic import equal, less, product, total
from policy_engine.values.money import Money

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAIVE = datetime(2026, 1, 1, 12)  # noqa: DTZ001
DAY = date(2026, 1, 1)
HOUR = timedelta(hours=1)


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


@pytest.mark.parametrize(
    ("terms", "result"),
    [
        ([], 0),
        ([(True, 1), (False, Decimal("0.1"))], Decimal("0.9")),
        ([(True, 10**38 - 1), (True, 1)], None),
        ([(True, eur("1.10")), (False, eur("0.1"))], eur("1")),
        ([(True, eur("1")), (True, usd("1"))], None),
        ([(True, eur("1")), (True, 1)], None),
        ([(True, eur("9" * 38)), (True, eur("1"))], None),
        ([(True, HOUR), (False, 2 * HOUR)], -HOUR),
        ([(True, timedelta.max), (True, HOUR)], None),
        ([(True, timedelta.max), (True, HOUR), (False, HOUR)], timedelta.max),
        ([(True, NOON), (True, HOUR)], NOON + HOUR),
        ([(True, HOUR), (True, NOON)], NOON + HOUR),
        ([(True, NOON), (False, NOON - HOUR)], HOUR),
        ([(True, NOON), (False, NOON), (True, NOON)], NOON),
        ([(True, NOON), (True, NOON)], None),
        ([(False, NOON), (True, HOUR)], None),
        ([(True, NAIVE), (True, HOUR)], None),
        ([(True, NOON), (True, timedelta.max)], None),
        ([(True, NOON), (False, DAY)], None),
        ([(True, DAY), (True, timedelta(days=1))], date(2026, 1, 2)),
        ([(True, DAY), (True, HOUR)], None),
        ([(True, DAY), (False, date(2025, 12, 31))], timedelta(days=1)),
        ([(True, DAY), (True, DAY)], None),
        ([(True, date.max), (True, timedelta(days=1))], None),
        ([(True, DAY), (False, timedelta.max - timedelta.resolution)], None),
        ([(True, True), (True, 1)], None),
        ([(True, "a"), (True, "b")], None),
        ([(True, None)], None),
        ([(True, time(8)), (True, HOUR)], None),
        ([(True, Decimal("NaN")), (True, 1)], None),
    ],
)
def test_sums(terms: list[tuple[bool, object]], result: object) -> None:
    assert total(terms) == result
    assert total(terms[::-1]) == result


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.sampled_from([timedelta.max, timedelta.min, HOUR, timedelta(days=1), NOON, DAY]),
        ),
        max_size=5,
    ).flatmap(lambda terms: st.tuples(st.just(terms), st.permutations(terms)))
)
def test_the_order_of_terms_never_matters(
    terms: tuple[list[tuple[bool, object]], list[tuple[bool, object]]],
) -> None:
    assert total(terms[0]) == total(terms[1])


@pytest.mark.parametrize(
    ("factors", "result"),
    [
        ([], 1),
        ([2, Decimal("1.5")], Decimal(3)),
        ([eur("1.10"), 3], eur("3.3")),
        ([Decimal("0.5"), eur("3")], eur("1.5")),
        ([eur("1"), eur("1")], None),
        ([eur("1"), HOUR], None),
        ([eur("9" * 38), 10], None),
        ([HOUR, 3], 3 * HOUR),
        ([HOUR, Decimal(3)], None),
        ([HOUR, HOUR], None),
        ([timedelta.max, 2], None),
        ([timedelta.max, 2, 0], timedelta(0)),
        ([True, 2], None),
        ([NOON, 1], None),
        (["a", 2], None),
    ],
)
def test_products(factors: list[object], result: object) -> None:
    assert product(factors) == result
    assert product(factors[::-1]) == result


@pytest.mark.parametrize(
    ("one", "other", "result"),
    [
        (1, Decimal("1.5"), True),
        (Decimal("1.5"), 1, False),
        (eur("1"), eur("2"), True),
        (eur("1"), usd("2"), None),
        (HOUR, 2 * HOUR, True),
        (NOON, NOON, False),
        (NOON, NOON + HOUR, True),
        (NAIVE, NOON, None),
        (DAY, date(2026, 1, 2), True),
        (DAY, NOON, None),
        (NOON, DAY, None),
        (time(8), time(9), True),
        (time(8), time(9, tzinfo=UTC), None),
        (True, 2, None),
        ("a", "b", None),
        (Decimal("NaN"), 1, None),
    ],
)
def test_order(one: object, other: object, result: bool | None) -> None:
    assert less(one, other) is result


@pytest.mark.parametrize(
    ("one", "other", "result"),
    [
        (1, Decimal("1.0"), True),
        (1, True, False),
        (0, False, False),
        (True, True, True),
        ("1", 1, False),
        (None, None, True),
        (None, False, False),
        (eur("1"), eur("1.00"), True),
        (eur("1"), usd("1"), None),
        (NOON, NOON.astimezone(timezone(HOUR)), True),
        (NOON, DAY, False),
        (NAIVE, NOON, None),
        ([1, True], (Decimal(1), True), True),
        ([1], [True], False),
        ([1], [1, 1], False),
        ({"a": [1]}, {"a": [Decimal("1.0")]}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"b": 1}, False),
        ({}, [], False),
        ([eur("1"), 1], [usd("1"), 2], False),
        ([eur("1"), 1], [usd("1"), 1], None),
        (frozenset({1}), frozenset({Decimal(1)}), True),
        (frozenset({1}), frozenset({2}), False),
        (frozenset({eur("1")}), frozenset({usd("1")}), None),
        (frozenset({eur("1"), usd("1")}), frozenset({usd("1"), eur("1")}), True),
    ],
)
def test_equality(one: object, other: object, result: bool | None) -> None:
    assert equal(one, other) is result
    assert equal(other, one) is result


KINDS: st.SearchStrategy[object] = st.sampled_from(
    [1, Decimal(2), True, "x", None, eur("1"), usd("1"), HOUR, NOON, NAIVE, DAY, time(8), [1], {}]
)


@given(st.sampled_from([less, equal]), KINDS, KINDS)
def test_nothing_raises(
    ask: Callable[[object, object], object], one: object, other: object
) -> None:
    assert ask(one, other) in (True, False, None)
    total([(True, one), (False, other)])
    product([one, other])
