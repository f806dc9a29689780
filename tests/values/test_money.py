"""Amounts and their currencies."""

from __future__ import annotations

from decimal import Decimal

import pytest

from policy_engine.values.money import Money, money, order


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("12.50 EUR", "12.5 EUR"),
        ("0 JPY", "0 JPY"),
        ("-3.00 USD", "-3 USD"),
        ("-0.0 USD", "0 USD"),
        ("007 GBP", "7 GBP"),
        (f"{'9' * 38} EUR", f"{'9' * 38} EUR"),
        (f"1.{'0' * 100} EUR", "1 EUR"),
    ],
)
def test_money_is_read(text: str, spelling: str) -> None:
    read = money(text)
    assert str(read) == spelling
    assert read is not None and money(str(read)) == read


@pytest.mark.parametrize(
    "text",
    [
        *("", "EUR", "12.50", "12.50 eur", "12.50 EURO", "12.50EUR", "EUR 12.50", "12,50 EUR"),
        *("12.50  EUR", "12.50 EUR\n", " 1 EUR", "1e3 EUR", "NaN EUR", "Infinity EUR", "+1 EUR"),
        *(".5 EUR", "5. EUR", "٣ EUR", "1 ÄÖÜ", f"1{'0' * 38} EUR", f"0.{'1' * 38} EUR", "\ud800"),
    ],
)
def test_what_is_no_money(text: str) -> None:
    assert money(text) is None


def test_spelling_makes_no_difference() -> None:
    one, other = Money(Decimal("1.50"), "EUR"), Money(Decimal("1.5"), "EUR")
    assert one == other and hash(one) == hash(other) and str(one) == str(other)


@pytest.mark.parametrize(
    ("one", "other", "result"),
    [
        ("1 EUR", "2 EUR", -1),
        ("2 EUR", "2.00 EUR", 0),
        ("3 EUR", "2 EUR", 1),
        ("0 EUR", "0 USD", None),
    ],
)
def test_two_currencies_have_no_order(one: str, other: str, result: int | None) -> None:
    left, right = money(one), money(other)
    assert left is not None and right is not None
    assert order(left, right) == result


@pytest.mark.parametrize(("amount", "currency"), [("NaN", "EUR"), ("1", "eur"), ("1", "EU\n")])
def test_no_money_can_be_made_of(amount: str, currency: str) -> None:
    with pytest.raises(ValueError):
        Money(Decimal(amount), currency)
