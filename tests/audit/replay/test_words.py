"""The words of a replay: which pairs flip, what is still sure of the past, sizes of amounts."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from policy_engine.audit.replay.answer import Answer
from policy_engine.audit.replay.bands import Band, band_of
from policy_engine.audit.replay.cases import became
from policy_engine.audit.replay.flips import (
    ALLOW,
    DENY,
    ESCALATE,
    FLIPS,
    NO_TASK,
    UNKNOWN,
    VALIDATE,
    cell_of,
    kind_of,
    words_of,
)
from policy_engine.audit.replay.replay import replay
from policy_engine.audit.replay.tally import MOST_NAMES, OTHERS, Groups
from policy_engine.decision.history import Status
from policy_engine.values.money import Money
from tests.audit.replay.shop import LIMIT, POLICY, candidate, hourly, parquet, row


def test_flips_in_the_order_in_which_they_are_told() -> None:
    told = [(words_of(cell), kind.name) for cell in FLIPS if (kind := kind_of(cell))]
    assert told[:14] == [
        ("deny → allow", "newly-allowed"),
        ("escalate → allow", "newly-allowed"),
        ("validate → allow", "newly-allowed"),
        ("deny → validate", "eased"),
        ("escalate → validate", "eased"),
        ("deny → escalate", "eased"),
        ("allow → deny", "newly-denied"),
        ("validate → deny", "newly-denied"),
        ("escalate → deny", "newly-denied"),
        ("allow → escalate", "tightened"),
        ("allow → validate", "tightened"),
        ("validate → escalate", "tightened"),
        ("allow → unknown task", "unknown-task"),
        ("validate → unknown task", "unknown-task"),
    ]
    assert {name for _, name in told[-4:]} == {"unknown"}


@pytest.mark.parametrize(
    ("recorded", "answer", "status", "expected"),
    [
        (ALLOW, ALLOW, "executed", "executed"),
        (ALLOW, ALLOW, "failed", "failed"),
        (ALLOW, DENY, "executed", "denied"),
        (ALLOW, NO_TASK, "executed", "denied"),
        (ALLOW, ESCALATE, "executed", "unknown"),
        (ALLOW, UNKNOWN, "executed", "unknown"),
        (DENY, DENY, "denied", "denied"),
        (DENY, ALLOW, "denied", "unknown"),
        (ESCALATE, ESCALATE, "executed", "executed"),
        (ESCALATE, ESCALATE, "proposed", "proposed"),
        (ESCALATE, ALLOW, "executed", "executed"),
        (ESCALATE, ALLOW, "proposed", "unknown"),
        (ESCALATE, VALIDATE, "executed", "unknown"),
    ],
)
def test_what_is_still_sure(recorded: int, answer: int, status: Status, expected: Status) -> None:
    assert became(recorded, answer, status) == expected


def test_a_table_under_a_limit(tmp_path: Path) -> None:
    """What is denied uses up nothing of it; what would have run, and did not, may have."""

    def told(*rows: dict[str, object]) -> list[str]:
        answer: Answer = replay(
            candidate(tmp_path, POLICY + LIMIT), parquet(tmp_path, hourly(rows)), examples=9
        )
        return [f"{one.place}: {words_of(one.cell)}" for one in answer.examples]

    north = {"input.region": "north"}
    assert told(row(200), row(200)) == ["row 2: allow → deny"]
    assert told(row(200, **north), row(200)) == ["row 1: allow → deny"]
    assert told(row(200, "deny"), row(200)) == ["row 1: deny → allow", "row 2: allow → deny"]
    assert told(row(200), {**row(200), "principal": "bot-8"}) == []


@pytest.mark.parametrize(
    ("value", "size", "text"),
    [
        (-3, -2, "below 0"),
        (0, -1, "0"),
        (Decimal("0.5"), 0, "above 0, below 1"),
        (Decimal("-0.05"), -2, "below 0"),
        (Decimal("99999999999999.9999"), 14, "10,000,000,000,000 to 100,000,000,000,000"),
        (
            Decimal("12345678901234567890.5"),
            20,
            "10,000,000,000,000,000,000 to 100,000,000,000,000,000,000",
        ),
        (1, 1, "1 to 10"),
        (9.99, 1, "1 to 10"),
        (10, 2, "10 to 100"),
        ("250", 3, "100 to 1,000"),
        (999_999, 6, "100,000 to 1,000,000"),
    ],
)
def test_sizes(value: object, size: int, text: str, tmp_path: Path) -> None:
    band = band_of("amount", value)
    assert band == Band("amount", "", size)
    assert band.text == text
    rows = [{name: cell for name, cell in row().items() if name != "input.amount"}]
    for column in (pa.array([value]), pa.array([value]).dictionary_encode()):
        place = parquet(tmp_path, rows, **{"input.amount": column})
        assert [one.name for one in replay(candidate(tmp_path), place).amounts] == [
            f"amount: {text}"
        ]


@pytest.mark.parametrize(
    "value", [Money(Decimal("12.5"), "EUR"), "12.50 EUR", {"amount": "12.5", "currency": "EUR"}]
)
def test_amounts_of_money_have_their_currency(value: object) -> None:
    band = band_of("price", value)
    assert band is not None
    assert (band, band.text) == (Band("price", "EUR", 2), "10 to 100 EUR")


@pytest.mark.parametrize("value", [None, True, "a lot", float("nan"), float("inf"), [1], {}])
def test_what_is_no_amount_has_no_size(value: object) -> None:
    assert band_of("amount", value) is None


def test_of_very_many_names_the_first_are_counted_by_themselves() -> None:
    groups = Groups()
    for number in range(MOST_NAMES + 5):
        groups.add(f"bot-{number}", cell_of(ALLOW, ALLOW))
    groups.add("bot-0", cell_of(ALLOW, DENY))
    assert groups.counts[OTHERS].total() == 5
    assert groups.counts["bot-0"].total() == 2
