"""Law 16 for what conditions compute with: sums, order, equality, calendars, globs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, strategies as st

from policy_engine.values import arithmetic, calendar
from policy_engine.values.globs import glob_problem, matches_glob
from policy_engine.values.types import (
    DATE,
    DECIMAL,
    DURATION,
    EMAIL,
    HOST,
    INTEGER,
    JSON,
    MONEY,
    PATH,
    TEXT,
    TIMESTAMP,
    URL,
    ListOf,
    MapOf,
    Scalar,
    SetOf,
    Type,
)
from tests.properties import vocabulary as v
from tests.properties.draws import Draw, drawn
from tests.properties.literals import GLOBS, NORMALISED
from tests.properties.profile import examples
from tests.properties.samples import value
from tests.reference import arithmetic as plain, clock
from tests.reference.data import UNKNOWN, fitted
from tests.reference.intervals import compared
from tests.reference.scalars import Misfit
from tests.reference.texts import is_like

SUMMED: list[tuple[Type, Type]] = [(t, t) for t in (INTEGER, DECIMAL, MONEY, DURATION)]
SUMMED += [(TIMESTAMP, DURATION), (DATE, DURATION)]
COMPARED: list[Type] = [INTEGER, DECIMAL, MONEY, DURATION, TIMESTAMP, DATE, TEXT, JSON]
COMPARED += [SetOf(TEXT), SetOf(MONEY), SetOf(DECIMAL), ListOf(MONEY), v.LINE, MapOf(MONEY)]
ORDERED: list[Type] = [INTEGER, DECIMAL, MONEY, DURATION, TIMESTAMP, DATE]
FAR = [timedelta.max, timedelta.min, timedelta(microseconds=1), timedelta(hours=36)]


def one_of(draw: Draw, type_: Type) -> object:
    """A sound value, now and then one at the end of what there is."""
    if type_ == DURATION and draw.once_in(4):
        return draw.pick(FAR)
    if type_ == TIMESTAMP and draw.once_in(6):
        return draw.pick([datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
    try:
        return fitted(value(draw, type_, 0), type_, closed=False)
    except Misfit:
        return one_of(draw, type_)


def terms(draw: Draw) -> list[tuple[str, object]]:
    """Terms that a policy may add: at most one instant more than is taken away."""
    point, step = draw.pick(SUMMED)
    found = [(draw.pick("+-"), one_of(draw, step)) for _ in range(draw.number(1, 3))]
    if point != step:
        points = draw.pick([[("+",)], [("+",), ("-",)], [("-",), ("+",), ("+",)]])
        found += [(sign, one_of(draw, point)) for (sign,) in points]
    return found


@examples(600)
@given(drawn(terms))
def test_sums(terms: list[tuple[str, object]]) -> None:
    """A sum is exact, or there is none; only the result must fit."""
    fast = arithmetic.total([(sign == "+", term) for sign, term in terms])
    slow = plain.total(terms)
    assert (fast is None) == (slow is UNKNOWN)
    assert fast is None or plain.equal(fast, slow) is True


def factors(draw: Draw) -> list[object]:
    numbers = [one_of(draw, draw.pick([INTEGER, DECIMAL])) for _ in range(draw.number(1, 3))]
    whole = [one_of(draw, INTEGER) for _ in range(draw.number(1, 2))]
    other = draw.pick([[], [one_of(draw, MONEY)]])
    return draw.pick([[*numbers, *other], [*whole, one_of(draw, DURATION)]])


@examples(600)
@given(drawn(factors))
def test_products(factors: list[object]) -> None:
    """A product is exact, or there is none; only the result must fit."""
    fast, slow = arithmetic.product(factors), plain.product(factors)
    assert (fast is None) == (slow is UNKNOWN)
    assert fast is None or plain.equal(fast, slow) is True


def pair(draw: Draw) -> tuple[Type, object, object]:
    type_ = draw.pick(COMPARED)
    return type_, one_of(draw, type_), one_of(draw, type_)


@examples(600)
@given(drawn(pair))
def test_equality_and_order(pair: tuple[Type, object, object]) -> None:
    """Two values are the same, or not, or that is unknown; so is their order."""
    type_, one, other = pair
    assert arithmetic.equal(one, other) is compared("==", one, other)
    assert arithmetic.equal(one, one) is compared("==", one, one)
    if type_ in ORDERED:
        assert arithmetic.less(one, other) is compared("<", one, other)


ZONES = [v.ZONE, "America/Havana", "Asia/Beirut", "Africa/Cairo", "America/St_Johns", "UTC"]
ZONES += ["Pacific/Apia", "Pacific/Kwajalein", "Asia/Kathmandu", "Australia/Lord_Howe"]
ODD_DAYS = [date(2011, 12, 30), date(1993, 8, 21), date(2026, 3, 29), date(2026, 10, 25)]
ODD_DAYS += [date(2010, 11, 7), date(2010, 3, 14), date(2024, 3, 10), date(2024, 11, 3)]


@examples(150)
@given(st.sampled_from(ZONES), st.dates(date(1971, 1, 2), date(2036, 12, 30)), st.booleans())
def test_days_begin_where_they_begin(zone: str, day: date, odd: bool) -> None:
    """The first instant of a day, also where clocks skip or repeat midnight, or the day."""
    day = ODD_DAYS[day.toordinal() % len(ODD_DAYS)] if odd else day
    assert calendar.start_of_day(day, zone) == clock.start_of_day(day, zone)


@examples(300)
@given(st.sampled_from(ZONES), st.integers(0, 2 * 10**15))
def test_clocks_show_what_they_show(zone: str, microseconds: int) -> None:
    """Days, weekdays and times of day, until 2033."""
    moment = datetime(1970, 1, 2, tzinfo=UTC) + timedelta(microseconds=microseconds)
    assert calendar.day_of(moment, zone) == clock.day_of(moment, zone)
    assert calendar.time_of(moment, zone) == clock.time_of(moment, zone)
    assert calendar.weekday_of(moment, zone) == clock.weekday_of(moment, zone)
    assert calendar.weekday_of(moment.date(), zone) == clock.weekday_of(moment.date(), None)


@examples(300)
@given(st.times(), st.times(), st.times(), st.booleans())
def test_between(moment: time, start: time, end: time, edge: bool) -> None:
    """From the start until before the end, past midnight where needed."""
    moment = start if edge else moment
    for borders in ((start, end), (end, start), (start, start)):
        assert calendar.within(moment, *borders) is clock.is_between(moment, *borders)


def globbed(draw: Draw) -> tuple[Scalar, str, str]:
    """A pattern that may stand beside a type, and a value of the type."""
    type_ = draw.pick([TEXT, PATH, URL, EMAIL, HOST])
    samples = NORMALISED.get(type_, ["", "DE-1", "a*b", "Jane Doe", "a\nb", "e@x.y"])
    text = str(one_of(draw, type_)) if draw.coin() else draw.pick(samples)
    pattern = draw.pick([*GLOBS[type_], text])
    for _ in range(draw.number(0, 3)):
        place = draw.number(0, len(pattern))
        cut = place + draw.number(0, 4)
        pattern = pattern[:place] + draw.pick(["*", "**", "?", "***", "."]) + pattern[cut:]
    return type_, pattern, text


@examples(600)
@given(drawn(globbed))
def test_globs(one: tuple[Scalar, str, str]) -> None:
    """A text is like a pattern, or is not."""
    type_, pattern, text = one
    if glob_problem(pattern, type_) is None:
        assert matches_glob(pattern, type_, text) is is_like(pattern, type_, text)
