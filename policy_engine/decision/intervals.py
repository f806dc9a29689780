"""Ranges: counts and sums of what may or may not have happened.

A range that has only one value is that value, so an `Interval` is always unsettled. What is asked
of a range is true or false where every value of it says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from policy_engine.decision.truth import Truth, Unknown
from policy_engine.foundation.source import Span
from policy_engine.values import arithmetic
from policy_engine.values.money import Money
from policy_engine.values.types import DURATION, MONEY, Type

Order = Literal["==", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Interval:
    """At least `low` and at most `high`; None: without bound."""

    low: object
    high: object


def interval(low: object, high: object) -> object:
    """The range between two values; the value itself where there is only one."""
    settled = low is not None and high is not None and arithmetic.equal(low, high) is True
    return low if settled else Interval(low, high)


def related(operator: Order, one: object, other: object) -> bool | None:
    """Whether two values or ranges are in this relation; None where that is not settled."""
    match operator:
        case "==":
            return _equal(one, other)
        case "!=":
            return _not(_equal(one, other))
        case "<":
            return _less(one, other)
        case ">":
            return _less(other, one)
        case "<=":
            return _not(_less(other, one))
        case ">=":
            return _not(_less(one, other))


def total(terms: Sequence[tuple[bool, object]]) -> object | None:
    """The sum of values and ranges, those with False taken away; None where there is none."""
    if not any(isinstance(term, Interval) for _, term in terms):
        return arithmetic.total(terms)
    lows = [(plus, _low(term) if plus else _high(term)) for plus, term in terms]
    highs = [(plus, _high(term) if plus else _low(term)) for plus, term in terms]
    low = _bound(lows)
    high = _bound(highs)
    return None if low is _NO_SUM or high is _NO_SUM else interval(low, high)


def counted(truths: Iterable[Truth]) -> object:
    """How many hold: at least those that surely do, at most those that may."""
    sure = maybe = 0
    for truth in truths:
        if truth is True:
            sure += 1
        elif truth is not False:
            maybe += 1
    return interval(sure, sure + maybe)


def summed(items: Iterable[tuple[Truth, object]], type_: Type, span: Span) -> object:
    """The sum of the terms that count, widened by those that may.

    Unknown with the first unknown term, and where there might be no money to sum.
    """
    sure: list[tuple[bool, object]] = []
    below: list[tuple[bool, object]] = []
    above: list[tuple[bool, object]] = []
    for truth, term in items:
        if truth is False:
            continue
        if isinstance(term, Unknown):
            return term
        if isinstance(term, Interval):
            return unsettled(span)
        into = sure if truth is True else below if is_negative(term) else above
        into.append((True, term))
    if type_ == MONEY and not sure:
        return Unknown(span, "a sum of no money has no currency")
    low, high = _sum(sure + below, type_), _sum(sure + above, type_)
    if low is None or high is None:
        return Unknown(span, "the sum cannot be told")
    return interval(low, high)


def is_negative(value: object) -> bool:
    """Whether a number, money or a duration is less than nothing."""
    match value:
        case Money():
            return value.amount < 0
        case timedelta():
            return value < timedelta(0)
        case _:
            return isinstance(value, (int, Decimal)) and value < 0


def unsettled(span: Span) -> Unknown:
    """Why a range is of no use in a place that needs one value."""
    return Unknown(span, "what may or may not have happened leaves the number open")


def _sum(terms: Sequence[tuple[bool, object]], type_: Type) -> object | None:
    if not terms and type_ == DURATION:
        return timedelta(0)
    return arithmetic.total(terms)


def _equal(one: object, other: object) -> bool | None:
    if not isinstance(one, Interval) and not isinstance(other, Interval):
        return arithmetic.equal(one, other)
    apart = _less(one, other) is True or _less(other, one) is True
    return False if apart else None


def _less(one: object, other: object) -> bool | None:
    if _less_values(_high(one), _low(other)) is True:
        return True
    return False if _less_values(_low(one), _high(other)) is False else None


def _less_values(one: object, other: object) -> bool | None:
    return None if one is None or other is None else arithmetic.less(one, other)


def _not(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _low(value: object) -> object:
    return value.low if isinstance(value, Interval) else value


def _high(value: object) -> object:
    return value.high if isinstance(value, Interval) else value


_NO_SUM = object()


def _bound(terms: Sequence[tuple[bool, object]]) -> object:
    """The sum of bounds; None where one of them is none, `_NO_SUM` where they have no sum."""
    if any(term is None for _, term in terms):
        return None
    found = arithmetic.total(terms)
    return _NO_SUM if found is None else found
