"""A value stands in a text as a whole token, or it does not stand in it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from policy_engine.values.tokens import stands_in


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("DE-1", "Refund 500, to DE-1"),
        ("DE-1", "to (DE-1)."),
        ("a@b.example", 'write to "a@b.example", please'),
        ("Apple Street 1", "I live in Apple  Street 1, Cupertino"),
        (Decimal("500"), "pay 500.00 now"),
        (500, "pay 500, now"),
        (-5, "it is -5 outside"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "on 2026-01-02T04:04:00+01:00."),
        ("caf\u00e9", "the cafe\u0301 is open"),
    ],
)
def test_stands(value: object, text: str) -> None:
    assert stands_in(value, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("evil@x.example", "not-evil@x.example"),
        ("evil@x.example", "evil@x.example.org"),
        ("DE-1", "DE-12"),
        ("DE-1", "ODE-1"),
        ("E-1", "DE-1"),
        ("", "anything"),
        (" ", "any thing"),
        (5, "5,000"),
        (5, "5.000"),
        (5000, "5,000"),
        (5, "five"),
        (True, "True 1"),
        (None, "None"),
        ("Street 1", "Apple Street 12"),
        ("Apple Street", "Apple-Street"),
        ("de-1", "DE-1"),
    ],
)
def test_does_not_stand(value: object, text: str) -> None:
    assert not stands_in(value, text)
