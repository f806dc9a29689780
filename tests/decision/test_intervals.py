"""Ranges of numbers: what is settled whatever happened, and what is not."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from policy_engine.decision.intervals import Interval, counted, interval, related, summed, total
from policy_engine.decision.truth import Truth, Unknown
from policy_engine.foundation.source import Source, Span
from policy_engine.values.money import Money
from policy_engine.values.types import DURATION, INTEGER, MONEY

SPAN = Span(Source("x", "x"), 0, 1)
MAYBE = Unknown(SPAN, "?")


@pytest.mark.parametrize(
    ("one", "operator", "other", "truth"),
    [
        (Interval(1, 3), "<", 4, True),
        (Interval(1, 3), "<", 3, None),
        (Interval(1, 3), "<=", 3, True),
        (Interval(1, 3), "<", 1, False),
        (Interval(1, 3), "<=", 0, False),
        (Interval(1, 3), ">", 0, True),
        (Interval(1, 3), ">=", 1, True),
        (Interval(1, 3), ">", Interval(4, 5), False),
        (Interval(1, 3), "==", 2, None),
        (Interval(1, 3), "==", 4, False),
        (Interval(1, 3), "!=", 4, True),
        (Interval(None, 3), "<", 4, True),
        (Interval(None, 3), ">", 2, None),
        (Interval(2, None), ">", 1, True),
        (Interval(2, None), "==", 1, False),
        (2, "==", Decimal("2.0"), True),
        (Money(Decimal(1), "EUR"), "<", Money(Decimal(2), "USD"), None),
        (Money(Decimal(1), "EUR"), "<=", Money(Decimal(2), "EUR"), True),
    ],
)
def test_relations(one: object, operator: str, other: object, truth: bool | None) -> None:
    assert related(operator, one, other) is truth  # type: ignore[arg-type]


def test_sums_of_ranges() -> None:
    assert total([(True, Interval(1, 3)), (True, 2)]) == Interval(3, 5)
    assert total([(True, 10), (False, Interval(1, 3))]) == Interval(7, 9)
    assert total([(True, Interval(1, None)), (True, 2)]) == Interval(3, None)
    assert interval(Decimal("1.0"), 1) == Decimal(1)


def test_counts() -> None:
    truths: list[Truth] = [True, MAYBE, False, True]
    assert counted(truths) == Interval(2, 3)
    assert counted([True, False]) == 1


def test_sums_of_what_may_count() -> None:
    assert summed([(True, 5), (MAYBE, 2), (MAYBE, -3), (False, 9)], INTEGER, SPAN) == Interval(2, 7)
    assert summed([], INTEGER, SPAN) == 0
    assert summed([], DURATION, SPAN) == timedelta(0)
    assert summed([(MAYBE, timedelta(1))], DURATION, SPAN) == Interval(timedelta(0), timedelta(1))
    assert isinstance(summed([(MAYBE, MAYBE)], INTEGER, SPAN), Unknown)
    assert summed([(False, MAYBE)], INTEGER, SPAN) == 0


def test_no_money_has_no_currency() -> None:
    one = Money(Decimal(1), "EUR")
    assert isinstance(summed([], MONEY, SPAN), Unknown)
    assert isinstance(summed([(MAYBE, one)], MONEY, SPAN), Unknown)
    two = Money(Decimal(2), "EUR")
    assert summed([(True, one), (MAYBE, one)], MONEY, SPAN) == Interval(one, two)
    other = Money(Decimal(1), "USD")
    assert isinstance(summed([(True, one), (MAYBE, other)], MONEY, SPAN), Unknown)
