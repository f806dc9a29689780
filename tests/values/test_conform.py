"""Values from outside: what fits, what it is then, and what is said of what does not."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from policy_engine.values.conform import conform, conform_fields
from policy_engine.values.types import (
    BOOLEAN,
    DECIMAL,
    INTEGER,
    TEXT,
    TIMESTAMP,
    Field,
    ListOf,
    Record,
    Type,
    Union,
)

ORDER = Record("Order", (Field("id", TEXT), Field("note", TEXT, optional=True)))


@pytest.mark.parametrize(
    ("value", "type_", "result"),
    [
        (0.1, DECIMAL, Decimal("0.1")),
        (3, DECIMAL, Decimal(3)),
        (Decimal("-0"), DECIMAL, Decimal(0)),
        (Decimal("10.0"), INTEGER, 10),
        (10.0, INTEGER, 10),
        ("x", Union(frozenset({"x", "y"})), "x"),
        ("2026-01-02T03:04:05Z", TIMESTAMP, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ([1, 2], ListOf(INTEGER), (1, 2)),
        ({"id": "a", "note": None}, ORDER, {"id": "a"}),
        (True, BOOLEAN, True),
    ],
)
def test_fits(value: object, type_: Type, result: object) -> None:
    assert conform(value, type_) == (result, [])


@pytest.mark.parametrize(
    ("value", "type_", "problem"),
    [
        (True, INTEGER, "must be Integer, a boolean was given"),
        ("1", DECIMAL, "must be Decimal, a text was given: 1"),
        (float("nan"), DECIMAL, "is not a number"),
        (float("inf"), DECIMAL, "is not a number"),
        (10**38, INTEGER, "has more than 38 digits"),
        (Decimal("1E+40"), DECIMAL, "has more than 38 digits"),
        (1.5, INTEGER, "must be a whole number: 1.5"),
        ("z", Union(frozenset({"x"})), 'must be one of "x": z'),
        ("2026-01-02", TIMESTAMP, "must be a timestamp such as 2026-11-23T12:00:00Z"),
        (datetime(2026, 1, 2), TIMESTAMP, "is a timestamp without its offset"),  # noqa: DTZ001
        ("\ud800", TEXT, "contains a lone surrogate"),
        (None, TEXT, "must be Text, nothing was given"),
        ({"id": "a", "x": 1}, ORDER, "is not declared"),
        ({}, ORDER, "is missing"),
        (5, ListOf(INTEGER), "must be a list of Integer, a number was given"),
        ([1] * 10_001, ListOf(INTEGER), "has more than 10000 items"),
    ],
)
def test_does_not_fit(value: object, type_: Type, problem: str) -> None:
    result, misfits = conform(value, type_)
    assert result is None
    assert problem in misfits[0].problem


def test_every_misfit_is_said_with_its_place() -> None:
    fields = (Field("a", INTEGER), Field("orders", ListOf(ORDER)), Field("c", TEXT))
    values, misfits = conform_fields({"a": 1, "orders": [{"id": 5}], "d": 1}, fields)
    assert values == {"a": 1}
    assert [m.path for m in misfits] == ["d", "orders[0].id", "c"]


def test_a_secret_is_never_shown() -> None:
    _, misfits = conform_fields({"pin": 9876}, (Field("pin", TEXT, secret=True),))
    assert "9876" not in str(misfits[0])
