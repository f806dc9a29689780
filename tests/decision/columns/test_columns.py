"""Odd cells, odd columns and odd tables, each beside the actions that they stand for."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from policy_engine.decision.columns import rows
from policy_engine.decision.columns.decide import SCHEMA, decide_batches, decide_columns
from policy_engine.foundation.errors import InputError
from tests.decision.columns.desk import NOW, prepared, table

ALLOWED = ("allow", ["pays"])
DEAR = ("escalate", ["dear"])
MISFIT = ("deny", [])
PREPARED = prepared()

Answer = tuple[str, list[str]]


def answers(asked: pa.Table, **given: Any) -> list[Answer]:
    found = decide_columns(PREPARED, asked, now=NOW, **given)
    found.validate(full=True)
    assert found.schema == SCHEMA
    assert [row["allowed"] for row in found.to_pylist()] == [
        row["outcome"] == "allow" for row in found.to_pylist()
    ]
    return [(row["outcome"], row["rules"]) for row in found.to_pylist()]


@pytest.fixture
def single(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows that have been decided by themselves."""
    found: list[int] = []
    action = rows._Taken.action

    def noted(taken: Any, place: int) -> Any:
        found.append(taken._rows[place].as_py())
        return action(taken, place)

    monkeypatch.setattr(rows._Taken, "action", noted)
    return found


# Numbers


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([100, 200, 201, 501], pa.int64()),
        pa.array([100, 200, 201, 501], pa.uint16()),
        pa.array([100, 200, 201, 501], pa.float64()),
        pa.array([100, 200, 201, 501], pa.float32()),
        pa.array([100, 200, 201, 501], pa.float16()),
        pa.array([100, 200.5, 200.51, 501], pa.float64()),
        pa.array([Decimal("100"), Decimal("200.50"), Decimal("200.51"), Decimal(501)]),
        pa.array([Decimal("100"), Decimal("200.50"), Decimal("200.51"), 501], pa.decimal128(38, 9)),
        pa.array([Decimal("100"), Decimal("200.50"), Decimal("200.51"), 501], pa.decimal256(60, 9)),
        pa.array([100, 200, 201, 501], pa.int64()).dictionary_encode(),
        pa.array([100, 200.5, 200.51, 501]).dictionary_encode(),
    ],
    ids=lambda cells: str(cells.type),
)
def test_numbers_in_any_column(cells: pa.Array, single: list[int]) -> None:
    assert answers(table(input_amount=cells)) == [ALLOWED, ALLOWED, DEAR, DEAR_AND_NO_PERMIT]
    assert single == []


DEAR_AND_NO_PERMIT = MISFIT
"""Whoever may not do it is not asked about: the outcome is a deny that no rule gives."""


def test_numbers_that_are_none(single: list[int]) -> None:
    cells = pa.array([float("nan"), float("inf"), 1e300, 1e-300, -0.0, 1e-19])
    assert answers(table(input_amount=cells)) == [*[MISFIT] * 4, ALLOWED, ALLOWED]
    assert single == [0, 1, 2, 3]


def test_whole_numbers(single: list[int]) -> None:
    """An Integer may be written as 2.0, but not as 2.5."""
    for cells in (pa.array([2.0, 2.5]), pa.array([Decimal("2.0"), Decimal("2.5")])):
        assert answers(table(input_count=cells)) == [ALLOWED, MISFIT]
    assert single == [1, 1]


def test_huge_integers(single: list[int]) -> None:
    cells = pa.array([2**64 - 1, 2**63, 2, 3], pa.uint64())
    assert answers(table(input_count=cells)) == [MISFIT, MISFIT, ALLOWED, MISFIT]
    assert answers(table(input_count=pa.array([-(2**63), 2**63 - 1]))) == [ALLOWED, MISFIT]
    digits = pa.array([Decimal(10**38), Decimal(-(10**38) + 1), 1], pa.decimal256(60, 0))
    assert answers(table(input_count=digits)) == [MISFIT, ALLOWED, ALLOWED]
    assert single == [0]


# Times


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Warsaw", "-03:00"])
def test_instants_in_any_unit_and_zone(unit: str, zone: str, single: list[int]) -> None:
    times = [datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC)]
    cells = pa.array(times, pa.timestamp(unit, zone))
    assert answers(table(input_at=cells)) == [ALLOWED, MISFIT]
    assert answers(table(input_at=cells.dictionary_encode())) == [ALLOWED, MISFIT]
    assert single == []


def test_instants_that_are_none(single: list[int]) -> None:
    """Beyond the calendar, between two microseconds, or without an offset."""
    moment = int(NOW.timestamp()) * 10**9
    fine = pa.array([moment, moment + 1], pa.timestamp("ns", "UTC"))
    far = pa.array([10**12, -(10**12)], pa.timestamp("s", "UTC"))
    local = pa.array([NOW.replace(tzinfo=None)], pa.timestamp("us"))
    assert answers(table(input_at=fine)) == [ALLOWED, MISFIT]
    assert answers(table(input_at=far)) == [MISFIT, MISFIT]
    assert answers(table(input_at=local)) == [MISFIT]
    assert single == [1, 0, 1, 0]


def test_days(single: list[int]) -> None:
    days = [date(2026, 11, 1), date(2026, 10, 31)]
    for type_ in (pa.date32(), pa.date64()):
        assert answers(table(input_day=pa.array(days, type_))) == [ALLOWED, MISFIT]
    assert single == []
    assert answers(table(input_day=pa.array([2**31 - 1], pa.int32()).cast(pa.date32()))) == [MISFIT]


def test_times_as_texts_are_read_as_in_actions(single: list[int]) -> None:
    cells = pa.array(["2026-11-01T00:00:00Z", "2026-11-01T00:00:00+01:00", "2026-11-01"])
    assert answers(table(input_at=cells)) == [ALLOWED, MISFIT, MISFIT]
    assert single == [2]


# Texts and truths


@pytest.mark.parametrize(
    "type_", [pa.string(), pa.large_string(), pa.string_view()], ids=lambda type_: str(type_)
)
def test_texts_in_any_column(type_: pa.DataType, single: list[int]) -> None:
    cells = pa.array(["DE", "GB", None, ""], type_)
    expected = [ALLOWED, ("deny", ["abroad"]), MISFIT_OF_UNKNOWN, ALLOWED]
    assert answers(table(input_region=cells)) == expected
    if type_ != pa.string_view():
        assert answers(table(input_region=cells.dictionary_encode())) == expected
    assert set(single) == {2}


MISFIT_OF_UNKNOWN = ("deny", ["abroad"])
"""Nobody knows whether the region is abroad, so the rule against that counts too."""


def test_a_null_in_a_dictionary_is_not_given() -> None:
    cells = pa.DictionaryArray.from_arrays(
        pa.array([0, 1, None], pa.int8()), pa.array(["DE", None])
    )
    assert answers(table(input_region=cells)) == [ALLOWED, MISFIT_OF_UNKNOWN, MISFIT_OF_UNKNOWN]


def test_texts_that_are_too_long(single: list[int]) -> None:
    cells = pa.array(["x" * 1_000_000, "x" * 1_000_001])
    looked = table(task=pa.array(["look"] * 2), input_id=cells)
    asked = looked.select(["task", "principal", "kind", "roles", "input.id"])
    assert answers(asked) == [("allow", ["looks"]), MISFIT]
    assert single == [1]


def test_columns_of_another_type(single: list[int]) -> None:
    """They are not guessed: each row is decided by itself, and does not fit."""
    for cells in (pa.array([1]), pa.array([b"DE"]), pa.array([["DE"]]), pa.array([{"a": 1}])):
        assert answers(table(input_region=cells)) == [MISFIT_OF_UNKNOWN]
    for cells in (pa.array(["false"]), pa.array([0]), pa.array([None], pa.bool_())):
        assert answers(table(input_urgent=cells)) == [MISFIT]
    assert single == [0] * 7


def test_run_lengths_are_rows(single: list[int]) -> None:
    regions = pa.RunEndEncodedArray.from_arrays([2, 3], pa.array(["DE", "GB"]))
    assert answers(table(input_region=regions)) == [ALLOWED, ALLOWED, ("deny", ["abroad"])]
    assert single == []


# What is not given, and what is too much


def test_a_missing_input_does_not_fit(single: list[int]) -> None:
    assert answers(table(input_urgent=None)) == [MISFIT]
    assert answers(table(input_urgent=pa.nulls(2))) == [MISFIT, MISFIT]
    assert single == [0, 0, 1]


def test_an_input_that_the_task_does_not_declare(single: list[int]) -> None:
    assert answers(table(input_id=pa.array(["x", None]))) == [MISFIT, ALLOWED]
    assert answers(table(input_more=pa.array([None, 1]))) == [ALLOWED, MISFIT]
    assert single == [0, 1]


def test_an_optional_input(single: list[int]) -> None:
    """Rows are decided by themselves only where a rule with a test of its own is left."""
    cells = pa.array(["no", "yes", None])
    leads = pa.array([["lead", "clerk"]] * 3)
    expected = [("deny", ["noted"]), ALLOWED, ALLOWED]
    assert answers(table(input_note=cells, roles=leads)) == expected
    assert single == [0, 1, 2]
    single.clear()
    assert answers(table(input_note=cells)) == [ALLOWED] * 3
    assert single == []


def test_a_context_that_cannot_be_written_down() -> None:
    cells = pa.array([0.5, float("nan"), None])
    human = pa.array(["human"] * 3)
    assert answers(table(context_load=cells, kind=human)) == [ALLOWED, MISFIT, ALLOWED]


# Who and what


def test_unknown_tasks_and_nobody_are_denied_by_no_rule() -> None:
    tasks = pa.array(["pay", "fly", None])
    assert answers(table(task=tasks)) == [ALLOWED, MISFIT, MISFIT]
    assert answers(table(task=tasks.dictionary_encode())) == [ALLOWED, MISFIT, MISFIT]
    assert answers(table(task=pa.array(["pay", None]))) == [ALLOWED, MISFIT]
    assert answers(table(task=pa.array(["fly"]))) == [MISFIT]
    assert answers(table(task=pa.nulls(1))) == [MISFIT]
    assert answers(table(principal=pa.array(["bot", " ", None]))) == [ALLOWED, MISFIT, MISFIT]
    kinds = pa.array(["agent", "human", "robot", None])
    assert answers(table(kind=kinds)) == [ALLOWED, ALLOWED, MISFIT, MISFIT]


def test_roles_that_are_not_known() -> None:
    """Nothing is granted for a role that somebody may not hold."""
    cells = pa.array([["clerk"], None, ["clerk", None], [], ["lead", "clerk"]])
    assert answers(table(roles=cells)) == [ALLOWED, MISFIT, MISFIT, MISFIT, ALLOWED]
    assert answers(table(roles=pa.nulls(1))) == [MISFIT]
    assert answers(table(roles=None)) == [MISFIT]


def test_roles_that_somebody_else_knows() -> None:
    asked: list[tuple[str, str, str | None]] = []

    def roles_of(id_: str, kind: str, domain: str | None) -> frozenset[str] | None:
        asked.append((id_, kind, domain))
        return {"bot": frozenset({"clerk"}), "ann": frozenset()}[id_]

    who = table(roles=None, principal=pa.array(["bot", "ann", "bot", "?"]))
    assert answers(who, roles=roles_of) == [ALLOWED, MISFIT, ALLOWED, MISFIT]
    assert asked[:3] == [("bot", "agent", None), ("ann", "agent", None), ("?", "agent", None)]
    said = table(roles=pa.array([[], None]), domain=pa.array(["acme", "acme"]))
    assert answers(said, roles=roles_of) == [MISFIT, ALLOWED]
    assert asked[-1] == ("bot", "agent", "acme")


# Tables


def test_an_empty_table() -> None:
    assert answers(table().slice(0, 0)) == []
    assert answers(pa.table({name: pa.nulls(0) for name in ("task", "principal", "kind")})) == []


def test_chunks_with_dictionaries_of_their_own() -> None:
    one = table(input_region=pa.array(["DE", "GB"]).dictionary_encode())
    two = table(input_region=pa.array(["US", "DE"]).dictionary_encode())
    abroad = ("deny", ["abroad"])
    assert answers(pa.concat_tables([one, two])) == [ALLOWED, abroad, abroad, ALLOWED]


def test_slices_of_columns() -> None:
    cells = pa.array([Decimal("600.00"), Decimal("1.00"), Decimal("300.00")], pa.decimal128(9, 2))
    urgent = pa.array([None, True, False])
    asked = table(input_amount=cells, input_urgent=urgent).slice(1)
    assert answers(asked) == [ALLOWED, DEAR]


def test_a_stream() -> None:
    """A batch of answers for each batch of actions."""
    asked = table(input_amount=pa.array([100, 300, 600, 100])).to_batches(max_chunksize=3)
    found = list(decide_batches(PREPARED, iter(asked), now=NOW))
    assert [batch.num_rows for batch in found] == [3, 1]
    assert [batch.schema for batch in found] == [SCHEMA, SCHEMA]
    words = [word for batch in found for word in batch["outcome"].to_pylist()]
    assert words == ["allow", "escalate", "deny", "allow"]


def test_rows_say_when_it_is() -> None:
    """The time of a row counts, and where it says none that of the call."""
    late = pa.array([NOW, None], pa.timestamp("us", "UTC"))
    assert answers(table(now=late)) == [ALLOWED, ALLOWED]
    with pytest.raises(ValueError, match="offset from UTC"):
        decide_columns(PREPARED, table(), now=NOW.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"task": None}, "a table of actions needs a column `task`"),
        ({"principal": pa.array([1])}, "the column `principal` must be text"),
        ({"roles": pa.array(["clerk"])}, "the column `roles` must be a list of text"),
        ({"now": pa.array([NOW.replace(tzinfo=None)])}, "must be a timestamp with its time zone"),
        ({"inputs_amount": pa.array([1])}, "the column `inputs.amount` has a root that is none of"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_tables_that_are_none_of_actions(columns: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        decide_columns(PREPARED, table(**columns))


def test_other_columns_are_left_alone() -> None:
    assert answers(table(id=pa.array([7]))) == [ALLOWED]


def test_data_that_are_not_what_they_say() -> None:
    """Bytes that are no text, and indices beyond their dictionary."""
    offsets, data = pa.array([0, 1], pa.int32()).buffers()[1], pa.py_buffer(b"\xff")
    broken = pa.Array.from_buffers(pa.string(), 1, [None, offsets, data])
    beyond = pa.DictionaryArray.from_arrays(pa.array([5]), pa.array(["DE"]), safe=False)
    for cells in (broken, beyond):
        with pytest.raises(InputError, match="the table cannot be read"):
            answers(table(input_region=cells))


def test_two_columns_of_one_name() -> None:
    asked = table()
    with pytest.raises(InputError, match=r"the column `input\.amount` is there twice"):
        answers(asked.append_column("input.amount", pa.array([1])))
