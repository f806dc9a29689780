"""Canonical JSON: the same value the same bytes, another value other bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from policy_engine.foundation.canonical import (
    canonical,
    canonical_text,
    decode,
    digest,
    read_canonical,
    readable_text,
)
from policy_engine.foundation.errors import InputError
from policy_engine.foundation.kinds import Money
from policy_engine.foundation.reading import read_json

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = (
    st.none()
    | st.booleans()
    | texts
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False, places=3)
    | st.datetimes(timezones=st.just(UTC))
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.builds(
        Money,
        st.decimals(allow_nan=False, allow_infinity=False),
        st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3),
    )
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_what_is_written_is_read_back(value: object) -> None:
    assert decode(json.loads(canonical_text(value))) == value


def read_slowly(text: str) -> object:
    """The definition: read, write, compare."""
    value = decode(json.loads(text))
    if canonical_text(value) != text:
        raise ValueError("it is not in canonical form")
    return value


def outcome(read: Callable[[str], object], text: str) -> object:
    try:
        return repr(read(text))
    except (ValueError, TypeError, ArithmeticError) as error:
        return type(error)


@given(values, st.data())
def test_a_canonical_text_is_read_as_by_its_definition(value: object, data: st.DataObject) -> None:
    """As it is, and with a few characters of it changed."""
    text = canonical_text(value)
    assert read_canonical(text) == value
    for _ in range(3):
        at = data.draw(st.integers(0, len(text)))
        other = data.draw(
            st.sampled_from(['"', "$", "1", " ", ".", "e", "\\", ",", "{}", "\ufb33", ""])
        )
        text = text[:at] + other + text[at + len(other) :]
        assert outcome(read_canonical, text) == outcome(read_slowly, text)


@pytest.mark.parametrize(
    "text",
    [
        '{"b":1,"a":2}',
        '{"a":1,"a":2}',
        '{"a": 1}',
        '{"a":1.5}',
        '{"a":1e3}',
        '{"a":NaN}',
        '{"a":-0}',
        '{"a":9007199254740993}',
        '{"a":{"$integer":"7"}}',
        '{"a":{"$decimal":"1.50"}}',
        '{"a":{"$timestamp":"2026-01-01T00:00:00+00:00"}}',
        '{"a":{"$date":"2026-02-30"}}',
        '{"$a":1}',
        '{"$decimal":"1.5","b":1}',
        '{"a":"\\u0041"}',
        '{"a":"\\ud800"}',
        '{"\ufb33":1,"\U0001f600":2}',
        '{"a":1}\n',
        "",
    ],
)
def test_what_is_no_canonical_text(text: str) -> None:
    with pytest.raises(ValueError):
        read_canonical(text)
    assert outcome(read_canonical, text) == outcome(read_slowly, text)


@given(values, values)
def test_other_values_have_other_bytes(one: object, other: object) -> None:
    def exact(value: object) -> str:
        match value:
            case dict():
                return "{" + ",".join(f"{k!r}:{exact(v)}" for k, v in sorted(value.items())) + "}"
            case list():
                return "[" + ",".join(map(exact, value)) + "]"
            case Decimal():
                return f"D{value.normalize() + 0!r}" if value else "D0"
            case Money():
                return f"{value}"
            case _:
                return f"{type(value).__name__}{value!r}"

    assert (canonical(one) == canonical(other)) == (exact(one) == exact(other))


def test_members_are_sorted_by_utf16_units() -> None:
    """RFC 8785 section 3.2.3: U+1F600 (a surrogate pair) sorts before U+FB33."""
    assert (
        canonical_text({"\ufb33": 1, "\U0001f600": 2, "a": 3})
        == '{"a":3,"\U0001f600":2,"\ufb33":1}'
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("1.50"), Decimal("1.5")),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (
            datetime(2026, 1, 1, 12, tzinfo=UTC),
            datetime(2026, 1, 1, 13, tzinfo=timezone(timedelta(hours=1))),
        ),
        ((1, 2), [1, 2]),
        (Money(Decimal("1.50"), "EUR"), Money(Decimal("1.5"), "EUR")),
        (timedelta(hours=24), timedelta(days=1)),
        ({"b", "a"}, frozenset({"a", "b"})),
        ({"b", "a"}, ["a", "b"]),
        ({10, 9, Decimal("1.5")}, [10, 9, Decimal("1.5")]),
    ],
)
def test_spelling_makes_no_difference(one: object, other: object) -> None:
    assert digest(one) == digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, "1"),
        (1, True),
        (Decimal(1), 1),
        ({"$decimal": "1"}, Decimal(1)),
        (0, None),
        ({}, []),
        (date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)),
        (date(2026, 1, 1), "2026-01-01"),
        (date(2026, 1, 1), {"$date": "2026-01-01"}),
        (timedelta(1), "P1D"),
        (Money(Decimal(1), "EUR"), {"$money": "1 EUR"}),
        (Money(Decimal(1), "EUR"), Money(Decimal(1), "USD")),
        (time(8), "08:00:00"),
    ],
)
def test_kinds_make_a_difference(one: object, other: object) -> None:
    assert digest(one) != digest(other)


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), "\ud800", {1: 2}, object(), b"x", Decimal("NaN")]
)
def test_what_has_no_canonical_form(value: object) -> None:
    with pytest.raises(ValueError):
        canonical(value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1, "a": 2}', "stands twice"),
        ('{"a": NaN}', "is not JSON"),
        ('{"a": Infinity}', "is not JSON"),
        ("[" * 200 + "]" * 200, "nested more than"),
        ("[" * 200_000, "nested more than"),
        ("{", "line 1 column 2"),
        ("1" * 5000, "digit"),
        ("1e999999", "out of all proportion"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_json_is_read_strictly(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read_json(text)


def test_numbers_are_read_exactly() -> None:
    assert read_json("[0.1, 1e2, 3]") == [Decimal("0.1"), Decimal("1e2"), 3]


def test_digests_of_old_records_stay() -> None:
    old = {"$a": [1, True, None, "x", Decimal("1.50"), 2**60, datetime(2026, 1, 1, tzinfo=UTC)]}
    assert canonical_text(old) == (
        '{"$$a":[1,true,null,"x",{"$decimal":"1.5"},{"$integer":"1152921504606846976"},'
        '{"$timestamp":"2026-01-01T00:00:00Z"}]}'
    )


@pytest.mark.parametrize(
    "value",
    [{"$money": "1"}, {"$duration": "P"}, {"$date": "2026-13-01"}, {"$time": "25:00"}],
)
def test_a_tag_does_not_lie(value: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        decode(dict(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2026, 1, 2), "2026-01-02"),
        (time(8), "08:00"),
        (time(8, 0, 1), "08:00:01"),
        (timedelta(hours=26), "1 day 2 hours"),
        (Money(Decimal("12.50"), "EUR"), "12.5 EUR"),
        (frozenset({"b", "a"}), '["a", "b"]'),
        ({"a": [timedelta(1), date(2026, 1, 2)]}, '{"a": [1 day, 2026-01-02]}'),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z"),
    ],
)
def test_how_people_read_it(value: object, text: str) -> None:
    assert readable_text(value) == text
