"""What a call carried out: any trace of a datum in its input, and which call was the first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from policy_engine.decision.carried import Carried
from policy_engine.decision.sought import sought
from policy_engine.values.money import Money
from policy_engine.values.types import TEXT, Field, Record

EUROS = Money(Decimal("12.5"), "EUR")
DAY = date(2026, 11, 1)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
LONG = Decimal("-12345678901234567890123456789012345678")
INPUTS = Record("", (Field("a", TEXT), Field("b", TEXT)))


def first(value: object, *inputs: dict[str, object]) -> int | None:
    carried = Carried()
    for given in inputs:
        carried.add(given, INPUTS)
    return carried.first(sought(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (EUROS, "the price is 12,50"),
        (Money(Decimal("-12.5"), "EUR"), "minus 12.50"),
        (-5, "-5"),
        (LONG, "-12345678901234567890123456789012345678"),
        (DAY, "20261101"),
        (DAY, "1 November 2026"),
        (DAY, "11/1/26"),
        (timedelta(days=1), "24 hours"),
        (timedelta(days=1), "P1D"),
        (timedelta(minutes=90), "PT1H30M, or 5400 s"),
        (NOON, "at 2026-11-01T13:00:00+01:00"),
        ("2026-11-01T12:00:00Z", "at 2026-11-01T13:00:00+01:00"),
        ("x-1", "X1"),
        ("x-1", "prefix-1"),
        ("1,000.50", "1000.5"),
        ("*", "a * b"),
        ("7", "n-7"),
        ("7", "5,7,9"),
        ("7", "6.7"),
        (7, "7.0"),
        ("https://www.x.example/", "www.x.example"),
        ("https://x.example/a", "x.example/a"),
    ],
)
def test_a_trace_is_enough(value: object, text: str) -> None:
    assert first(value, {"a": text}) == 0


@pytest.mark.parametrize(
    ("value", "given"),
    [
        (EUROS, "13 EUR"),
        (DAY, "November 2026"),
        (timedelta(days=1), "25 hours"),
        (-5, "6"),
        ("1", "2026-11-01"),
        (1, "2026-11-01T01:01:01Z"),
        ("26", "on 2026-11-26 at 09:26"),
        ("1", NOON),
        ("2", Decimal("2.5")),
        ("1", 10),
        ("", "x"),
    ],
)
def test_no_trace(value: object, given: object) -> None:
    """The digits of a day, of a time of day and of a fraction are no numbers of their own."""
    assert first(value, {"a": given}) is None


@pytest.mark.parametrize(
    ("value", "inputs"),
    [
        ("FR7630", [{"a": "FR", "b": "7630"}]),
        ("FR7630", [{"b": "7630", "a": "FR"}]),
        ("FR7630", [{"a": "FR"}, {"a": "7630"}]),
        ("FR7630", [{"a": {"FR7630": 1}}]),
        ("FR7630", [{"a": {"FR": "7630"}}]),
        ("FR7630", [{"a": {"x": "FR", "y": "7630"}}]),
        ("FR7630", [{"a": {"FR": 1, "7630": 2}}]),
        ("12", [{"a": "1", "b": "2"}]),
        (1234, [{"a": 12}, {"a": 34}]),
        ("caf\u00e9", [{"a": "cafe", "b": "\u0301"}]),
    ],
    ids=lambda one: str(one) if isinstance(one, list) else None,
)
def test_pieces_that_follow_each_other(value: object, inputs: list[dict[str, object]]) -> None:
    """In one call or in several, as values or as keys."""
    assert first(value, *inputs) == len(inputs) - 1


def test_names_that_the_task_declares_are_not_carried_out() -> None:
    record = Record("Note", (Field("payee", TEXT),))
    carried = Carried()
    carried.add({"a": {"payee": "x"}}, Record("", (Field("a", record),)))
    assert carried.first(sought("payee")) is None
    carried.add({"a": {"payee": "x"}}, INPUTS)
    assert carried.first(sought("payee")) == 1


def test_the_first_call_counts_also_when_calls_come_after_the_question() -> None:
    carried = Carried()
    found = []
    for text in ("one", "two x-1", "three x-1"):
        carried.add({"a": text}, INPUTS)
        found.append((carried.first(sought("x-1")), carried.first(sought(3))))
    assert found == [(None, None), (1, None), (1, None)]
