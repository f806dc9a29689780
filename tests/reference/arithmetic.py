"""Sums, products, order and equality over all kinds of value. Exact, and only results must fit.

“Money of two currencies, compared or added”: what has no result is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set as AbstractSet
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, localcontext
from fractions import Fraction

from policy_engine.values.money import Money
from tests.reference.data import UNKNOWN
from tests.reference.logic import Truth, all_hold, negated, one_holds
from tests.reference.scalars import fits_in_digits

EXACT = Context(prec=5_000)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_DAY = date(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)
MICROSECONDS_A_DAY = timedelta(days=1) // MICROSECOND

Signed = Sequence[tuple[str, object]]
"""Values with `+` or `-`."""


def total(terms: Signed) -> object:
    """The sum of all its terms at once: only the result must have at most 38 digits."""
    if all(is_number(term) for _, term in terms):
        return _number(sum(_signed(terms), Fraction(0)))
    if all(isinstance(term, Money) for _, term in terms):
        currencies = {term.currency for _, term in terms if isinstance(term, Money)}
        amounts = [(s, term.amount) for s, term in terms if isinstance(term, Money)]
        amount = _number(sum(_signed(amounts), Fraction(0)))
        if len(currencies) != 1 or amount is UNKNOWN:
            return UNKNOWN
        return Money(amount, currencies.pop())
    return _total_of_times(terms)


def _total_of_times(terms: Signed) -> object:
    """Durations add to durations, to an instant or to a day; the difference of two is a duration.

    Everything is counted in microseconds since 1970.
    """
    moments = sum(1 if s == "+" else -1 for s, term in terms if isinstance(term, date))
    days = any(isinstance(term, date) and not isinstance(term, datetime) for _, term in terms)
    counted = int(sum(_signed([(s, _microseconds(term)) for s, term in terms])))
    try:
        if moments == 0:
            return timedelta(microseconds=counted)
        if days:
            # “Nothing is rounded”: half a day after a day is no day.
            whole, rest = divmod(counted, MICROSECONDS_A_DAY)
            return FIRST_DAY + timedelta(days=whole) if moments == 1 and not rest else UNKNOWN
        return EPOCH + timedelta(microseconds=counted) if moments == 1 else UNKNOWN
    except OverflowError:
        return UNKNOWN


def _microseconds(value: object) -> int:
    if isinstance(value, datetime):
        return (value - EPOCH) // MICROSECOND
    if isinstance(value, date):
        return (value - FIRST_DAY) // MICROSECOND
    assert isinstance(value, timedelta)
    return value // MICROSECOND


def product(factors: Sequence[object]) -> object:
    """Of numbers, of one amount of money by numbers, of one duration by integers."""
    others = [factor for factor in factors if not is_number(factor)]
    number = Fraction(1)
    for factor in factors:
        number *= Fraction(factor) if is_number(factor) else 1
    if not others:
        return _number(number)
    (other,) = others
    if isinstance(other, Money):
        amount = _number(number * Fraction(other.amount))
        return UNKNOWN if amount is UNKNOWN else Money(amount, other.currency)
    assert isinstance(other, timedelta)
    try:
        microseconds = number * _microseconds(other)
        whole = microseconds.denominator == 1
        return timedelta(microseconds=microseconds.numerator) if whole else UNKNOWN
    except OverflowError:
        return UNKNOWN


def less(one: object, other: object) -> Truth:
    if isinstance(one, Money) and isinstance(other, Money):
        return one.amount < other.amount if one.currency == other.currency else UNKNOWN
    return one < other  # type: ignore[operator, no-any-return]


def equal(one: object, other: object) -> Truth:
    """Numbers by value, what has parts part by part. A boolean is no number."""
    if isinstance(one, Money) and isinstance(other, Money):
        return one.amount == other.amount if one.currency == other.currency else UNKNOWN
    if isinstance(one, AbstractSet) and isinstance(other, AbstractSet):
        # Sets of several currencies are the same or do not compare.
        return True if one == other else UNKNOWN if _are_mixed([*one, *other]) else False
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        pairs = zip(one, other, strict=False)
        return all_hold([len(one) == len(other), *(equal(a, b) for a, b in pairs)])
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        both = [equal(one[name], other[name]) for name in one if name in other]
        return all_hold([set(one) == set(other), *both])
    if is_number(one) and is_number(other):
        return one == other
    return type(one) is type(other) and one == other


def _are_mixed(items: Sequence[object]) -> bool:
    return len({item.currency for item in items if isinstance(item, Money)}) > 1


def is_in(item: object, items: object) -> Truth:
    """“True where an item surely equals x; else unknown where one might; else false.”"""
    assert isinstance(items, tuple | AbstractSet)
    return one_holds(equal(item, other) for other in items)


def is_subset(one: object, other: object) -> Truth:
    """“Each item of the one `in` the other, joined by `and`.”"""
    assert isinstance(one, tuple | AbstractSet)
    return all_hold(is_in(item, other) for item in one)


COMPARISONS: Mapping[str, Callable[[object, object], Truth]] = {
    "==": equal,
    "!=": lambda one, other: negated(equal(one, other)),
    "<": less,
    ">": lambda one, other: less(other, one),
    "<=": lambda one, other: negated(less(other, one)),
    ">=": lambda one, other: negated(less(one, other)),
    "in": is_in,
    "subset of": is_subset,
}


def is_number(value: object) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _signed(terms: Signed) -> list[Fraction]:
    return [Fraction(term) if sign == "+" else -Fraction(term) for sign, term in terms]  # type: ignore[arg-type]


def _number(exact: Fraction) -> Decimal | None:
    """As a decimal; sums and products of decimals have an end."""
    with localcontext(EXACT):
        number = Decimal(exact.numerator) / Decimal(exact.denominator)
    return number if fits_in_digits(number) else UNKNOWN
