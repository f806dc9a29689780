"""Readers and writers of generated code do what `conform` and canonical JSON do, type by type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, cast

from hypothesis import given, strategies as st

from policy_engine.decision.code import exact, source, support
from policy_engine.decision.code.emitter import Data, Datum, Emitter, Kinds, NotEmitted
from policy_engine.decision.code.readers import fact_reader, input_reader
from policy_engine.decision.code.truths import FALSE, TRUE
from policy_engine.decision.code.values import KNOWN, VALUE
from policy_engine.decision.code.writers import input_text
from policy_engine.foundation.canonical import canonical_text
from policy_engine.language.checked import Root
from policy_engine.values import numbers
from policy_engine.values.conform import conform
from policy_engine.values.types import JSON, TEXT, Field, ListOf, MapOf, Record, SetOf, Type
from tests.properties import vocabulary as v
from tests.properties.draws import Draw, drawn
from tests.properties.profile import examples
from tests.properties.samples import SAMPLES, value

SCALARS = (*SAMPLES, v.STATUS)
FREE = Record("Free", (Field("what", JSON), Field("more", JSON, optional=True)))
"""Free data may be nothing, a member that must be there may not."""


def no_data(root: Root, name: str) -> Datum:
    raise NotEmitted(name)


def emitter() -> Emitter:
    return Emitter(Data(no_data), {}, {}, Kinds(TRUE, FALSE, VALUE, KNOWN))


def compiled(e: Emitter, text: str) -> Callable[..., Any]:
    """An expression about the variable `i_x`, as generated code computes it."""
    names: dict[str, Any] = {**support.BUILTINS, **source.NAMES, **support.NAMES}
    space: dict[str, Any] = {"__builtins__": names}
    lines = [*(f"{name} = {source}\n" for name, source in e.constants()), *e.functions()]
    exec("".join(lines), space)
    return cast(Callable[..., Any], eval(f"lambda i_x: {text}", space))


def a_type(draw: Draw) -> Any:
    """A type with parts, or rarely without."""
    kind = draw.pick(("list", "set", "map", "record", "record", "known", "scalar"))
    match kind:
        case "list":
            return ListOf(a_type(draw))
        case "set":
            return SetOf(draw.pick([one for one in SCALARS if one != JSON]))
        case "map":
            return MapOf(a_type(draw))
        case "record":
            names = [f"f{number}" for number in range(draw.number(0, 4))]
            return Record("R", tuple(Field(n, a_type(draw), draw.coin()) for n in names))
        case "known":
            return draw.pick((v.ORDER, v.PARTY, ListOf(v.LINE), FREE))
        case _:
            return draw.pick(SCALARS)


@cache
def readers(type_: Type) -> tuple[Callable[[object], object], ...]:
    e = emitter()
    names = fact_reader(type_, e), input_reader(type_, e)
    return tuple(compiled(e, f"{name}(i_x)") for name in names)


@cache
def writer(type_: Type) -> Callable[[object], str]:
    e = emitter()
    return compiled(e, input_text((Field("x", type_),), e))


Case = tuple[Type, object]


def case(draw: Draw) -> Case:
    type_ = a_type(draw)
    return type_, value(draw, type_, draw.pick((0, 40, 8)))


def told_apart(value: object) -> object:
    """The value with the kinds of all parts: whole decimals are as good as integers."""
    match value:
        case bool():
            return value
        case Decimal():
            return "number", value
        case int():
            return "number", Decimal(value)
        case Mapping():
            return {key: told_apart(part) for key, part in value.items()}
        case tuple() | list():
            return type(value), [told_apart(part) for part in value]
        case frozenset():
            return {cast(Any, told_apart(part)) for part in value}
        case _:
            return type(value), value


@examples(400)
@given(drawn(case))
def test_what_is_read_is_what_conforms(one: Case) -> None:
    type_, given_ = one
    of_fact, of_input = readers(type_)
    fitted, misfits = conform(given_, type_, closed=False)
    known = None if misfits else fitted
    assert told_apart(of_fact(given_)) == told_apart(known)
    fitted, misfits = conform(given_, type_)
    if misfits or given_ is None:
        try:
            of_input(given_)
        except Exception:  # noqa: BLE001 — then the interpreter answers
            return
        return  # in a form that had to be copied first; the law of generated functions holds it
    assert told_apart(of_input(given_)) == told_apart(fitted)


@examples(400)
@given(drawn(case))
def test_what_is_written_is_the_canonical_text(one: Case) -> None:
    type_, given_ = one
    fitted, misfits = conform(given_, type_)
    if misfits or fitted is None:
        return
    read = readers(type_)[1](given_)
    assert writer(type_)(read) == canonical_text({"x": fitted})


def test_names_are_written_in_the_order_of_their_utf_16() -> None:
    given_ = {"\ufb01": "a", "\U0001f600": "b", "$x": "c", "$$": "d", "a": "e", "": "f"}
    type_ = MapOf(TEXT)
    assert writer(type_)(given_) == canonical_text({"x": given_})


NUMBERS = st.lists(
    st.integers(-(10**38), 10**38)
    | st.integers(-9, 9)
    | st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-9, max_value=9)
    | st.sampled_from([Decimal("0." + "0" * 37 + "1"), Decimal("-0"), Decimal("1E+3")]),
    max_size=5,
)


@examples(300)
@given(NUMBERS, NUMBERS)
def test_sums_and_products_are_those_of_the_engine(
    plus: list[int | Decimal], minus: list[int | Decimal]
) -> None:
    terms = [*((True, term) for term in plus), *((False, term) for term in minus)]
    assert exact.net(plus, minus) == numbers.total(terms)
    assert exact.sum_of_items(plus) == numbers.total([(True, term) for term in plus])
    assert exact.times(plus) == numbers.product(plus)
    assert exact.sum_of_items([*plus, None]) is None
