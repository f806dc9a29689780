"""A value stands in a text as a whole token, or it does not stand in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from policy_engine.values.money import Money
from policy_engine.values.tokens import stands_in, text_of

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
        ("tom-1", "Pay tom-1.They are waiting"),
        ("They", "Pay tom-1.They are waiting"),
        ("tom-1.They", "Pay tom-1.They are waiting"),
        ("Mill Lane 3", "I moved to Mill Lane 3.The old one is empty"),
        (80, "pay 80.Thanks"),
        ("1", "pay 1."),
        ("1", "delete\n1.\n2."),
        ("1", "delete file 1. Then stop"),
        ("1. Buy milk", "1. Buy milk"),
        ("https://www.x.example/", "look at www.x.example"),
        ("https://www.x.example/", "look at (https://WWW.x.example)."),
        ("www.x.example", "look at https://www.x.example/"),
        ("http://x.example", "HTTP://X.example/, please"),
        ("https://www.x.example/a?b=C", "www.X.example/a?b=C"),
        ("https://x.example/a", "see https://x.example/a.Then go"),
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
        ("tom-1", "Pay tom-1.they are waiting"),
        ("U", "the U.S. is big"),
        ("S", "the U.Sam is big"),
        ("3", "section 3.B"),
        ("1", "1. Buy milk\n2) Buy bread"),
        ("2", "1. Buy milk\n2) Buy bread"),
        (3, "First\r\n  (3) Buy milk"),
        ("1", "1.Buy milk"),
        (Money(Decimal(5), "EUR"), "pay 5\n1. EUR is fine"),
        ("https://x.example/", "look at x.example"),
        ("https://readme.example/", "read README.example"),
        ("https://x.example/a/", "https://x.example/a"),
        ("https://x.example/A", "https://x.example/a"),
        ("http://x.example/", "https://x.example/"),
        ("http://www.x.example/", "www.x.example"),
        ("https://x.example/", "https://x.example@evil.example/"),
        ("https://x.example/", "https://x.example:8443/"),
        ("https://x.example/a", "https://x.example/%61"),
    ],
)
def test_does_not_stand(value: object, text: str) -> None:
    assert not stands_in(value, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(DAY, "2026-11-01"), (timedelta(hours=26), "P1DT2H"), (EUROS, "12.5 EUR"), (5, "5")],
)
def test_a_datum_as_text(value: object, text: str) -> None:
    assert text_of(value) == text
