"""Law 16 for the parts on which conditions rest: what fits a type, and what stands in a text."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, strategies as st

from policy_engine.foundation.canonical import digest
from policy_engine.values.conform import conform
from policy_engine.values.money import Money
from policy_engine.values.tokens import stands_in
from policy_engine.values.types import (
    DECIMAL,
    DURATION,
    EMAIL,
    INTEGER,
    MONEY,
    TEXT,
    ListOf,
    MapOf,
    SetOf,
    Type,
)
from tests.properties import samples, vocabulary as v
from tests.properties.draws import Draw, drawn
from tests.properties.profile import examples
from tests.reference import tokens
from tests.reference.data import fitted
from tests.reference.scalars import Misfit

TYPES: list[Type] = [*samples.SAMPLES, *samples.SAMPLES, v.STATUS, v.LINE, v.PARTY, v.ORDER]
TYPES += [ListOf(DECIMAL), ListOf(TEXT), SetOf(MONEY), SetOf(EMAIL), MapOf(DURATION), MapOf(v.LINE)]


def typed_value(draw: Draw) -> tuple[Type, object]:
    """A value of the type, of another one, or of none."""
    type_ = draw.pick(TYPES)
    given = type_ if draw.coin() else draw.pick(TYPES)
    return type_, samples.value(draw, given, draw.pick([2, 6, 0]))


numbers = st.one_of(
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.decimals(),
    st.decimals(min_value=-(10**6), max_value=10**6, places=3),
    st.sampled_from([Decimal("0E-50"), Decimal("1." + "0" * 60), Decimal("-0.0"), 5.0, 10**38 - 1]),
    st.sampled_from([Decimal("0." + "3" * n) for n in (36, 37, 38)]),
)


def fitting(value: object, type_: Type, *, closed: bool) -> str:
    """The canonical name of what the value is then."""
    try:
        return digest(fitted(value, type_, closed=closed))
    except Misfit:
        return "does not fit"


@examples(600)
@given(
    st.one_of(drawn(typed_value), st.tuples(st.sampled_from([INTEGER, DECIMAL]), numbers)),
    st.booleans(),
)
def test_what_fits_a_type(typed: tuple[Type, object], closed: bool) -> None:
    """A value fits, or does not, in the engine and in the reference; and is then the same."""
    type_, value = typed
    fast, misfits = conform(value, type_, closed=closed)
    found = "does not fit" if misfits else digest(fast)
    assert found == fitting(value, type_, closed=closed)


WORDS = ["5", "-5", "05", "5.0", "5.00", "5.000", "5,0", "5%", "$5", "+5", "5e0", "a", "A", "a.b"]
WORDS += ["EUR", "5EUR", "€5", "$5", "5$", "5.000EUR", "12.50", "-5EUR", "2026-11-23", "PT1H", "5"]
WORDS += ["é", "e\u0301", "a-b", "x@y.example", "2026-11-23T12:00:00Z", "2026-11-23T12:00:00+00:00"]
MARKS = [
    "",
    "",
    "",
    "." * 7,
    "(" * 8,
    "(",
    ")",
    '"',
    "'",
    ".",
    ",",
    ";",
    ":",
    "!",
    "?",
    "*",
    "[",
    "]",
    "“",
    "”",
    "…",
]
SPACES = [" ", " ", "\n", "\t", "\u00a0", ""]


@st.composite
def sentences(draw: st.DrawFn) -> str:
    words = draw(st.lists(st.sampled_from(WORDS), max_size=4))
    marks = st.sampled_from(MARKS)
    return "".join(
        f"{draw(marks)}{draw(marks)}{word}{draw(marks)}{draw(marks)}{draw(st.sampled_from(SPACES))}"
        for word in words
    )


instants = [at for at in samples.INSTANTS if not isinstance(at, str)]
more = [date(2026, 11, 23), timedelta(hours=1), Money(Decimal(-5), "EUR"), Money(Decimal(5), "USD")]
more += [Money(Decimal("12.5"), "EUR"), Money(Decimal(5), "EUR"), Money(Decimal(5000), "EUR")]
data = st.one_of(
    sentences(),
    st.sampled_from([5, -5, 0, Decimal("5.0"), Decimal("-5.00"), 5000, *instants, *more, *WORDS]),
)


@examples(500)
@given(data, sentences())
def test_what_stands_in_a_text(datum: tokens.Scalar, text: str) -> None:
    """A datum is a whole token of a text, or is not, in the engine and in the reference."""
    assert stands_in(datum, text) == tokens.stands_in(datum, text)
