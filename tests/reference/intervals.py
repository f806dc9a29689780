"""Numbers that are not settled, because something may or may not have happened.

“A comparison with a range is decided where every value of the range agrees, and unknown otherwise.
Ranges add up; any other use of a range that is not settled is unknown. A range of one value is a
plain number.”
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.reference.arithmetic import COMPARISONS, Signed, equal, less, total
from tests.reference.data import UNKNOWN
from tests.reference.logic import Truth, all_hold, negated, one_holds


@dataclass(frozen=True)
class Interval:
    """All values from `low` to `high`, both included."""

    low: object
    high: object


def interval(low: object, high: object) -> object:
    if low is UNKNOWN or high is UNKNOWN:
        return UNKNOWN
    return low if equal(low, high) is True else Interval(low, high)


def settled(value: object) -> object:
    return UNKNOWN if isinstance(value, Interval) else value


def low_of(value: object) -> object:
    return value.low if isinstance(value, Interval) else value


def high_of(value: object) -> object:
    return value.high if isinstance(value, Interval) else value


def added(terms: Signed) -> object:
    """The sum where all is as low as it can be, and where all is as high."""
    low = [(sign, low_of(term) if sign == "+" else high_of(term)) for sign, term in terms]
    high = [(sign, high_of(term) if sign == "+" else low_of(term)) for sign, term in terms]
    return interval(total(low), total(high))


def compared(operator: str, one: object, other: object) -> Truth:
    if operator == "in" and isinstance(one, Interval):
        assert isinstance(other, tuple | frozenset)
        return one_holds(_equal(one, item) for item in other)
    if not isinstance(one, Interval) and not isinstance(other, Interval):
        return COMPARISONS[operator](one, other)
    match operator:
        case "==":
            return _equal(one, other)
        case "!=":
            return negated(_equal(one, other))
        case "<":
            return _less(one, other)
        case ">":
            return _less(other, one)
        case "<=":
            return negated(_less(other, one))
        case ">=":
            return negated(_less(one, other))
    return UNKNOWN


def _less(one: object, other: object) -> Truth:
    """Surely where the highest is less than the lowest, surely not where the lowest is not."""
    if less(high_of(one), low_of(other)):
        return True
    return False if less(low_of(one), high_of(other)) is False else UNKNOWN


def _equal(one: object, other: object) -> Truth:
    """Of two that are not both settled: surely not where they do not overlap."""
    if not isinstance(one, Interval) and not isinstance(other, Interval):
        return equal(one, other)
    apart = one_holds([_less(one, other), _less(other, one)])
    return False if apart is True else UNKNOWN


def counted(truths: Sequence[Truth]) -> object:
    """“a range from what surely counts to all that may count”."""
    sure, maybe = truths.count(True), truths.count(None)
    return interval(sure, sure + maybe)


def summed(found: Sequence[tuple[Truth, object]], empty: object) -> object:
    """Items that are there, or may be, with their terms; `empty` is the sum of nothing.

    “A term that may count widens the range downwards if it is negative, upwards if it is positive;
    an unknown term makes the sum unknown.”
    """
    sure = [term for there, term in found if there is True]
    maybe = [term for there, term in found if there is UNKNOWN]
    if any(settled(term) is UNKNOWN for term in (*sure, *maybe)):
        return UNKNOWN
    certain = total([("+", term) for term in sure]) if sure else empty
    if certain is UNKNOWN:
        return UNKNOWN
    down, up = [("+", certain)], [("+", certain)]
    for term in maybe:
        nothing = total([("+", term), ("-", term)])
        below = less(term, nothing)
        (down if below else up).append(("+", term))
    return interval(total(down), total(up))


def range_holds(parts: Sequence[Truth], low: int | None, high: int | None) -> Truth:
    """“Decided only if every reading of the unknown items gives the same.”"""
    sure, most = list(parts).count(True), len([part for part in parts if part is not False])
    above = True if low is None or sure >= low else (False if most < low else UNKNOWN)
    below = True if high is None or most <= high else (False if sure > high else UNKNOWN)
    return all_hold([above, below])
