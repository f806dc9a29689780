"""A value stands in a text as a whole token, or it does not stand in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from policy_engine.values.money import Money
from policy_engine.values.tokens import occurs_in, stands_in, text_of

EUROS = Money(Decimal("12.5"), "EUR")
DOLLARS = Money(Decimal(12), "USD")
DAY = date(2026, 11, 1)


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
        (DAY, "on 2026-11-01, please"),
        (EUROS, "pay 12.50 EUR."),
        (EUROS, "pay (EUR 12.5) now"),
        (EUROS, "pay 12.50EUR, now"),
        (EUROS, "pay €12.50"),
        (EUROS, "pay 12.5€!"),
        (EUROS, "pay 12.50 EUR, 3 USD"),
        (DOLLARS, "pay $12 now"),
        (Money(Decimal(3), "GBP"), "£3"),
        (Money(Decimal(-3), "GBP"), "book -3 GBP"),
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
        (DAY, "2026-11-012"),
        (DAY, "1 November 2026"),
        (DAY, "2026-11-01T00:00:00Z"),
        (timedelta(1), "P1D"),
        (timedelta(1), "1 day"),
        (EUROS, "pay 12.50"),
        (EUROS, "pay 12.50 USD"),
        (EUROS, "pay 12.50, EUR"),
        (EUROS, "pay 112.50 EUR"),
        (EUROS, "pay $12.50 EUR"),
        (EUROS, "pay USD 12.50 EUR"),
        (EUROS, "5 EUR 12.50"),
        (Money(Decimal(5), "EUR"), "5.000 EUR"),
        (Money(Decimal(5000), "EUR"), "5,000 EUR"),
        (DOLLARS, "$12 CAD"),
        (DOLLARS, "CAD $12"),
        (DOLLARS, "A$12"),
        (Money(Decimal(3), "CAD"), "$3"),
    ],
)
def test_does_not_stand(value: object, text: str) -> None:
    assert not stands_in(value, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (EUROS, "the price is 12,50"),
        (Money(Decimal("-12.5"), "EUR"), "minus 12.50"),
        (-5, "-5"),
        (
            Decimal("-12345678901234567890123456789012345678"),
            "-12345678901234567890123456789012345678",
        ),
        (DAY, "20261101"),
        (DAY, "1 November 2026"),
        (DAY, "11/1/26"),
        (timedelta(days=1), "24 hours"),
        (timedelta(days=1), "P1D"),
        (timedelta(minutes=90), "PT1H30M, or 5400 s"),
    ],
)
def test_a_trace_is_enough_for_suspicion(value: object, text: str) -> None:
    assert occurs_in(value, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(EUROS, "13 EUR"), (DAY, "November 2026"), (timedelta(days=1), "25 hours"), (-5, "6")],
)
def test_no_trace(value: object, text: str) -> None:
    assert not occurs_in(value, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(DAY, "2026-11-01"), (timedelta(hours=26), "P1DT2H"), (EUROS, "12.5 EUR"), (5, "5")],
)
def test_a_datum_as_text(value: object, text: str) -> None:
    assert text_of(value) == text
