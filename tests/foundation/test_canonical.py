"""Canonical JSON: the same value the same bytes, another value other bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_engine.foundation.canonical import canonical, canonical_text, decode, digest
from policy_engine.foundation.errors import InputError
from policy_engine.foundation.reading import read_json

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = (
    st.none()
    | st.booleans()
    | texts
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False, places=3)
    | st.datetimes(timezones=st.just(UTC))
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_what_is_written_is_read_back(value: object) -> None:
    assert decode(json.loads(canonical_text(value))) == value


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
    ],
)
def test_spelling_makes_no_difference(one: object, other: object) -> None:
    assert digest(one) == digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, "1"), (1, True), (Decimal(1), 1), ({"$decimal": "1"}, Decimal(1)), (0, None), ({}, [])],
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
