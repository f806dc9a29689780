"""What cannot be read is named with its place; what can be is replayed all the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest

from policy_engine.audit.replay import source
from policy_engine.audit.replay.answer import Answer
from policy_engine.audit.replay.flips import words_of
from policy_engine.audit.replay.replay import replay
from policy_engine.audit.replay.source import SourceError, Unread
from tests.audit.replay.shop import LIMIT, POLICY, START, candidate, hourly, parquet, row

LINE: dict[str, object] = {
    "task": "refund",
    "principal": {"id": "bot-7"},
    "roles": ["support_agent"],
    "input": {"amount": 40, "region": "west"},
    "outcome": "allow",
}


def jsonl(folder: Path, *lines: object) -> str:
    """A file of lines; a text stands as it is."""
    place = folder / "past.jsonl"
    texts = [one if isinstance(one, str) else json.dumps(one, default=str) for one in lines]
    place.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return str(place)


def unread(answer: Answer) -> list[Unread]:
    assert answer.unread == len(answer.first_unread)
    return list(answer.first_unread)


# Parquet


@pytest.mark.parametrize(
    ("dropped", "added", "problem"),
    [
        ("task", {}, "needs a column `task`"),
        ("outcome", {}, "a table of past actions needs a column `outcome`"),
        ("outcome", {"outcome": pa.array([1])}, "the column `outcome` must be text"),
        ("kind", {"kind": pa.array([7])}, "the column `kind` must be text"),
        ("task", {"status": pa.array([True]), "task": pa.array(["look"])}, "`status` must be text"),
        ("kind", {"kind": pa.array(["agent"]), "inputs.x": pa.array([1])}, "`inputs.x` has a root"),
        ("now", {"now": pa.array(["now"])}, "`now` must be a timestamp with its time zone"),
        (
            "now",
            {"now": pa.array([START], pa.timestamp("us", "Mars/Olympus"))},
            "the column `now` is in the time zone `Mars/Olympus`, which nobody knows",
        ),
        (
            "now",
            {"input.at": pa.array([START], pa.timestamp("us", "Mars/Olympus"))},
            "the column `input.at` is in the time zone `Mars/Olympus`",
        ),
    ],
)
def test_a_table_of_another_shape_is_refused_with_its_columns(
    dropped: str, added: Mapping[str, pa.Array], problem: str, tmp_path: Path
) -> None:
    rows = [{name: cell for name, cell in row().items() if name != dropped}]
    with pytest.raises(SourceError) as error:
        replay(candidate(tmp_path), parquet(tmp_path, rows, **added))
    assert problem in str(error.value)
    assert "its columns are " in str(error.value)
    assert "principal (string)" in str(error.value)


@pytest.mark.parametrize("kept", [4, 40, -9])
def test_a_table_that_is_cut_off(kept: int, tmp_path: Path) -> None:
    place = Path(parquet(tmp_path, [row()]))
    place.write_bytes(place.read_bytes()[:kept])
    with pytest.raises(SourceError, match="cannot be read"):
        replay(candidate(tmp_path), str(place))


@pytest.mark.parametrize("place", ["no/such/file.parquet", "."])
def test_a_place_without_a_file(place: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no file no/such|no regular file"):
        replay(candidate(tmp_path), place)


def test_rows_without_an_outcome_are_named(tmp_path: Path) -> None:
    rows = [row(), row(outcome=None), row(outcome="permit"), row(9000, "allow")]
    answer = replay(candidate(tmp_path), parquet(tmp_path, rows))
    words = "it is one of allow, validate, escalate, deny"
    assert unread(answer) == [
        Unread("row 2", f"`outcome` is missing; {words}"),
        Unread("row 3", f"`outcome` is `permit`; {words}"),
    ]
    assert [(words_of(cell), number) for cell, number in answer.flips] == [("allow → deny", 1)]
    assert answer.examples[0].place == "row 4"


def test_no_more_than_a_few_are_named_and_all_are_counted(tmp_path: Path) -> None:
    answer = replay(candidate(tmp_path), parquet(tmp_path, [row(outcome="?")] * 50 + [row()]))
    assert (answer.unread, len(answer.first_unread), answer.total) == (50, source.MOST_NAMED, 1)


def test_of_wide_rows_fewer_are_read_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(at, **{"input.region": f"{at}" * 500}) for at in range(1000)]
    place = parquet(tmp_path, rows)
    usual = replay(candidate(tmp_path), place)
    assert [len(one.batch) for one in source.ParquetTable(place).batches()] == [1000]
    monkeypatch.setattr(source, "_BYTES", 1 << 18)
    sizes = [len(one.batch) for one in source.ParquetTable(place).batches()]
    assert 100 < sizes[0] < 300
    assert replay(candidate(tmp_path), place) == usual


def test_columns_of_no_interest_are_left_alone(tmp_path: Path) -> None:
    more = {"id": pa.array([7]), "note": pa.array([[{"a": 1}]])}
    assert replay(candidate(tmp_path), parquet(tmp_path, [row()], **more)).total == 1


def test_with_a_past_each_row_needs_its_time(tmp_path: Path) -> None:
    rows = [row(), row(now=None), {**row(), "task": "look", "now": None}, row(kind="cat")]
    answer = replay(candidate(tmp_path, POLICY + LIMIT), parquet(tmp_path, rows))
    assert unread(answer) == [
        Unread("row 4", "nobody acts: `principal` and `kind` must say who"),
        Unread("row 2", "`now` is missing, and the policy asks about the past of `refund`"),
    ]


def test_with_a_past_rows_come_in_the_order_of_time(tmp_path: Path) -> None:
    rows = [*reversed(hourly([row(), row()]))]
    place = parquet(tmp_path, rows)
    assert replay(candidate(tmp_path), place).total == 2
    with pytest.raises(SourceError, match="row 2: it is older than the one before it"):
        replay(candidate(tmp_path, POLICY + LIMIT), place)


def test_a_status_that_nobody_knows(tmp_path: Path) -> None:
    answer = replay(candidate(tmp_path, POLICY + LIMIT), parquet(tmp_path, [row(status="lost")]))
    assert unread(answer)[0].why.startswith("`status` is `lost`; it is one of denied, executed,")


# Lines


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "Expecting property name"),
        ("[1]", "an object must stand here"),
        ('{"task": "a", "task": "b"}', "the member 'task' stands twice"),
        ('{"amount": NaN}', "NaN is not JSON"),
        ({**LINE, "outcome": "yes"}, "`outcome` is `yes`; it is one of allow"),
        ({k: v for k, v in LINE.items() if k != "outcome"}, "`outcome` is missing"),
        ({k: v for k, v in LINE.items() if k != "task"}, "`task`: "),
        ({k: v for k, v in LINE.items() if k != "principal"}, "`principal`: "),
        ({**LINE, "inputs": {}}, "`inputs`: "),
        ({**LINE, "principal": {"id": " "}}, "`principal.id`: "),
        ({**LINE, "now": "2026-05-04T12:00:00 Mars/Olympus"}, "`now`: must be a timestamp"),
        ({**LINE, "status": ["lost"]}, "`status` is `['lost']`"),
        ({**LINE, "history": []}, "`history` has no place here"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_the_others_are_decided(
    line: object, why: str, tmp_path: Path
) -> None:
    answer = replay(candidate(tmp_path), jsonl(tmp_path, LINE, "", line, LINE))
    ((place, told),) = unread(answer)
    assert (place, answer.total, answer.flips) == ("line 3", 2, ())
    assert told.startswith(why)


def test_a_line_that_is_no_text(tmp_path: Path) -> None:
    place = Path(jsonl(tmp_path, LINE, LINE))
    place.write_bytes(place.read_bytes().replace(b"refund", b"\xff\xfe", 1))
    answer = replay(candidate(tmp_path), str(place))
    assert [one.place for one in unread(answer)] == ["line 1"]


@pytest.mark.parametrize("end", ["\n", ""])
def test_a_line_that_is_too_long_is_skipped(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MAXIMUM_SIZE", 1000)
    monkeypatch.setattr(source, "_PIECE", 64)
    place = Path(jsonl(tmp_path, LINE))
    with place.open("a") as file:
        file.write("x" * 5000 + end)
        file.write(json.dumps(LINE) if end else "")
    answer = replay(candidate(tmp_path), str(place))
    assert unread(answer) == [Unread("line 2", "the line is larger than 16 MiB")]
    assert answer.total == (2 if end else 1)


def test_a_line_has_a_session_and_so_a_source_of_data(tmp_path: Path) -> None:
    known = POLICY + "rule known refund only when region is dictated\n"
    lines = [
        {**LINE, "id": "a-1", "session": {"id": "s", "request": "the west, please"}},
        {**LINE, "id": "a-2", "session": {"id": "s", "request": "wherever"}},
        {**LINE, "id": "a-3"},
    ]
    answer = replay(candidate(tmp_path, known), jsonl(tmp_path, *lines))
    assert [one.place for one in answer.examples] == ["line 2", "line 3"]


def test_what_became_of_an_action_counts(tmp_path: Path) -> None:
    """What was called and did nothing has used up nothing."""
    free = POLICY + "about refund { failure has no effect }\n"
    lines = hourly({**LINE, "input": {"amount": 200, "region": "west"}} for _ in range(2))
    tried = candidate(tmp_path, free + LIMIT)

    def told(status: str) -> int:
        first = {**lines[0], "now": "2026-05-04T09:00:00Z", "status": status}
        second = {**lines[1], "now": "2026-05-04T10:00:00Z"}
        return len(replay(tried, jsonl(tmp_path, first, second)).flips)

    assert [told("executed"), told("unknown"), told("failed"), told("denied")] == [1, 1, 0, 0]


def test_an_empty_file_has_no_actions(tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").touch()
    assert replay(candidate(tmp_path), str(tmp_path / "none.jsonl")).total == 0
    table = pa.Table.from_pylist([row()]).slice(0, 0)
    pa.parquet.write_table(table, tmp_path / "none.parquet")
    assert replay(candidate(tmp_path), str(tmp_path / "none.parquet")).total == 0
