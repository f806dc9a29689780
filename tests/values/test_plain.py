"""What a tool returned, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from policy_engine.values.money import Money
from policy_engine.values.plain import leaves, plain

PRICE = Money(Decimal("1.5"), "EUR")


@dataclass
class Paid:
    price: Money
    on: date


@pytest.mark.parametrize(
    ("value", "loosely", "exactly"),
    [
        (date(2026, 1, 2), "2026-01-02", date(2026, 1, 2)),
        (timedelta(hours=26), "P1DT2H", timedelta(hours=26)),
        (PRICE, {"amount": Decimal("1.5"), "currency": "EUR"}, PRICE),
        ({"b", "a"}, ["a", "b"], ["a", "b"]),
        (frozenset({10, 9}), [10, 9], [10, 9]),
        (
            [Paid(PRICE, date(2026, 1, 2))],
            [{"price": {"amount": Decimal("1.5"), "currency": "EUR"}, "on": "2026-01-02"}],
            [{"price": PRICE, "on": date(2026, 1, 2)}],
        ),
    ],
)
def test_kinds_stay_where_they_must(value: object, loosely: object, exactly: object) -> None:
    assert plain(value) == loosely
    assert plain(value, exactly=True) == exactly


@pytest.mark.parametrize("value", [object(), {object()}, b"x", {1: 2}, float("nan"), "\ud800"])
def test_what_has_no_plain_form(value: object) -> None:
    with pytest.raises(ValueError):
        plain(value)


@pytest.mark.parametrize("exactly", [True, False])
def test_an_amount_out_of_all_proportion_has_no_plain_form(exactly: bool) -> None:
    with pytest.raises(ValueError):
        plain([Money(Decimal("1E+999999"), "EUR")], exactly=exactly)


def test_a_time_without_its_offset_is_no_instant() -> None:
    naive = datetime(2026, 1, 2)  # noqa: DTZ001
    assert plain(naive) == "2026-01-02T00:00:00"
    with pytest.raises(ValueError):
        plain(naive, exactly=True)


def test_leaves_are_all_values_without_parts() -> None:
    found = leaves({"a": [1, {"b": frozenset({"x"})}], "c": (PRICE, None)})
    assert sorted(map(str, found)) == ["1", "1.5 EUR", "x"]
