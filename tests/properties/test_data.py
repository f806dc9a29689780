"""Law 9 for the parts on which conditions rest: what fits a type, and what stands in a text."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from policy_engine.foundation.canonical import digest
from policy_engine.values.conform import conform
from policy_engine.values.tokens import stands_in
from policy_engine.values.types import BOOLEAN, DECIMAL, INTEGER, TEXT, TIMESTAMP, ListOf, Type
from tests.properties import scenarios, vocabulary
from tests.properties.profile import examples
from tests.reference import provenance
from tests.reference.data import Misfit, fitted

TYPES: list[Type] = [TEXT, INTEGER, DECIMAL, BOOLEAN, TIMESTAMP, vocabulary.STATUS]
TYPES += [vocabulary.LINE, vocabulary.PARTY, vocabulary.ORDER, ListOf(DECIMAL), ListOf(TEXT)]


@st.composite
def typed_values(draw: st.DrawFn) -> tuple[Type, object]:
    type_ = draw(st.sampled_from(TYPES))
    return type_, scenarios.value(draw, type_, draw(st.sampled_from([2, 6])))


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
    st.one_of(typed_values(), st.tuples(st.sampled_from([INTEGER, DECIMAL]), numbers)),
    st.booleans(),
)
def test_what_fits_a_type(typed: tuple[Type, object], closed: bool) -> None:
    """A value fits, or does not, in the engine and in the reference; and is then the same."""
    type_, value = typed
    fast, misfits = conform(value, type_, closed=closed)
    found = "does not fit" if misfits else digest(fast)
    assert found == fitting(value, type_, closed=closed)


WORDS = ["5", "-5", "05", "5.0", "5.00", "5.000", "5,0", "5%", "$5", "+5", "5e0", "a", "A", "a.b"]
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


instants = [at for at in scenarios.INSTANTS if not isinstance(at, str)]
data = st.one_of(
    sentences(),
    st.sampled_from([5, -5, 0, Decimal("5.0"), Decimal("-5.00"), 5000, *instants, *WORDS]),
)


@examples(500)
@given(data, sentences())
def test_what_stands_in_a_text(datum: provenance.Scalar, text: str) -> None:
    """A datum is a whole token of a text, or is not, in the engine and in the reference."""
    assert stands_in(datum, text) == provenance.stands_in(datum, text)
