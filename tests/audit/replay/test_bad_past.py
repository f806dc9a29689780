"""Tables and lines of the past that are cut off, altered, of another shape, or no such thing.

What cannot be read is named with its place and the rest is replayed: exit code 6. What cannot be
read at all ends with 1. What does not fit the policy is never allowed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from tests.audit.ran import Ran, cut, in_one_line, run
from tests.audit.replay.shop import LIMIT, POLICY, START, parquet, row

# Tables of the past


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "shop.policy"
    path.write_text(POLICY, encoding="utf-8")
    return path


def replayed(policy: Path, over: str | Path) -> Ran:
    return run("audit", "replay", policy, "--over", over)


def table(folder: Path, *without: str, **columns: pa.Array) -> str:
    """Three refunds with other columns in place of theirs."""
    rows = [{k: v for k, v in row().items() if k not in {*without, *columns}} for _ in range(3)]
    return parquet(folder, rows, **columns)


TIMES = pa.array([START] * 3, pa.timestamp("us"))
WHO = "nobody acts: `principal` and `kind` must say who"


@pytest.mark.parametrize(
    ("column", "cells", "word"),
    [
        ("task", None, "needs a column `task`"),
        ("outcome", None, "needs a column `outcome`"),
        ("principal", None, "needs a column `principal`"),
        ("now", pa.array(["2026-05-04T09:00:00Z"] * 3), "`now` must be a timestamp with its time"),
        ("now", TIMES, "`now` must be a timestamp with its time zone"),
        ("now", TIMES.cast(pa.timestamp("us", "Mars/Olympus")), "`Mars/Olympus`, which nobody"),
        ("roles", pa.array(["support_agent"] * 3), "`roles` must be a list of text"),
        ("task", pa.array([["refund"]] * 3), "`task` must be text"),
        ("principal", pa.array([7] * 3), "`principal` must be text"),
    ],
)
def test_a_table_of_another_shape_cannot_be_read(
    column: str, cells: pa.Array | None, word: str, policy: Path, tmp_path: Path
) -> None:
    place = table(tmp_path, column) if cells is None else table(tmp_path, **{column: cells})
    in_one_line(replayed(policy, place), 1, "past.parquet", word, "its columns are ")


@pytest.mark.parametrize(
    ("column", "cells", "why"),
    [
        ("task", pa.array([None, "refund", "refund"]), "`task` is missing"),
        ("task", pa.array([" ", "refund", "refund"]), "`task` is missing"),
        ("principal", pa.array([None, "bot-7", "bot-7"]), WHO),
        ("kind", pa.array(["cat", "agent", "agent"]), WHO),
        ("outcome", pa.array([None, "allow", "allow"]), "`outcome` is missing"),
        (
            "now",
            pa.array([2**60, 0, 0], pa.timestamp("ms", "UTC")),
            "`now` is beyond the calendar",
        ),
    ],
)
@pytest.mark.parametrize("more", ["", LIMIT])
def test_a_row_without_what_it_needs_is_named_and_the_others_are_replayed(
    column: str, cells: pa.Array, why: str, more: str, policy: Path, tmp_path: Path
) -> None:
    policy.write_text(POLICY + more, encoding="utf-8")
    ran = replayed(policy, table(tmp_path, **{column: cells}))
    assert (ran.code, ran.said.split(";")[0]) == (6, "2 actions are replayed")
    assert f"not read: row 1: {why}" in ran.said


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("input.amount", pa.array(["40"] * 3)),
        ("input.amount", pa.array([True] * 3)),
        ("input.amount", pa.array([float("nan")] * 3)),
        ("input.amount", pa.array([[40]] * 3)),
        ("input.amount", pa.array([None] * 3)),
        ("input.region", pa.array([["west"]] * 3)),
        ("input.note", pa.array(["unknown"] * 3)),
        ("roles", pa.array([None] * 3, pa.list_(pa.string()))),
        ("roles", pa.array([[]] * 3, pa.list_(pa.string()))),
    ],
)
def test_a_datum_of_another_type_and_an_agent_without_roles_are_never_allowed(
    column: str, cells: pa.Array, policy: Path, tmp_path: Path
) -> None:
    ran = replayed(policy, table(tmp_path, **{column: cells}))
    assert (ran.code, ran.said.split("\n")[:2]) == (
        0,
        ["3 actions are replayed; 3 flip", "  3 newly denied"],
    )


def test_exact_floats_and_columns_of_no_interest_change_nothing(
    policy: Path, tmp_path: Path
) -> None:
    place = table(tmp_path, **{"input.amount": pa.array([40.5] * 3), "note": pa.array([[1]] * 3)})
    assert replayed(policy, place).said.startswith("3 actions are replayed; 0 flip\n")


def test_a_task_that_the_candidate_does_not_know_is_told_apart(
    policy: Path, tmp_path: Path
) -> None:
    ran = replayed(policy, table(tmp_path, task=pa.array(["gift", "REFUND", "refund"])))
    assert (ran.code, ran.said.split("\n")[0]) == (
        0,
        "3 actions are replayed, 2 of them of tasks that this policy does not know;"
        " of the others, 0 flip",
    )


def test_an_amount_in_another_currency_is_neither_more_nor_less(tmp_path: Path) -> None:
    path, past = tmp_path / "till.policy", tmp_path / "past.jsonl"
    path.write_text(TILL, encoding="utf-8")
    line = {"task": "pay", "principal": {"id": "bot-7"}, "roles": ["clerk"], "outcome": "allow"}
    prices: list[object] = ["5 EUR", {"amount": 5, "currency": "EUR"}, "5 USD", "5 eur", "5", 5]
    texts = [json.dumps({**line, "input": {"price": price}}) for price in prices]
    past.write_text("\n".join(texts), encoding="utf-8")
    ran = replayed(path, past)
    assert ran.said.split("\n")[:2] == ["6 actions are replayed; 4 flip", "  4 newly denied"]


TILL = """
policy shop.till "Till" owner "till@shop.example"
role clerk for agents
task pay "Pay" { input price: Money }
rule small permit clerk to pay when price < 9 EUR
"""


@pytest.mark.parametrize("kept", [0.02, 0.5, 0.99])
def test_a_table_that_is_cut_off_cannot_be_read(kept: float, policy: Path, tmp_path: Path) -> None:
    place = Path(table(tmp_path))
    cut(place, int(place.stat().st_size * kept))
    in_one_line(replayed(policy, place), 1, "past.parquet cannot be read")


def test_a_table_with_any_byte_altered_never_ends_in_a_traceback(
    policy: Path, tmp_path: Path
) -> None:
    place = Path(table(tmp_path))
    data = place.read_bytes()
    for at in range(4, len(data), 17):
        place.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        assert replayed(policy, place).code in (0, 1, 6), at


@pytest.mark.parametrize("data", [b"", b"PAR1", b"\x89PNG\r\n\x1a\n" + bytes(100), b"{}\n"])
def test_a_file_that_only_has_the_name_of_a_table(
    data: bytes, policy: Path, tmp_path: Path
) -> None:
    (tmp_path / "past.parquet").write_bytes(data)
    place = tmp_path / "past.parquet"
    in_one_line(replayed(policy, place), 1, "past.parquet cannot be read")


# Lines of the past

LINE = json.dumps(
    {
        "task": "refund",
        "principal": {"id": "bot-7"},
        "roles": ["support_agent"],
        "input": {"amount": 40, "region": "west"},
        "outcome": "allow",
        "now": "2026-05-04T09:00:00Z",
    }
).encode()


def changed(old: bytes, new: bytes) -> bytes:
    assert old in LINE
    return LINE.replace(old, new)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (LINE[:-9], "Unterminated string starting at, column 148"),
        (LINE + LINE, "Extra data, column 171"),
        (b"[1]", "an object must stand here"),
        (b"null", "an object must stand here"),
        (changed(b'{"task"', b'{"task": "look", "task"'), "the member 'task' stands twice"),
        (changed(b"40", b"NaN"), "NaN is not JSON"),
        (changed(b"40", b"-Infinity"), "-Infinity is not JSON"),
        (changed(b"40", b"1e9999"), "the number 1e9999 is out of all proportion"),
        (changed(b"west", rb"\ud800"), "it holds a lone surrogate"),
        (changed(b"refund", rb"\udfff"), "it holds a lone surrogate"),
        (changed(b"west", b"\xff\xfe"), "it is not UTF-8 (byte"),
        (changed(b"bot", b"\xed\xa0\x80"), "it is not UTF-8 (byte"),
        (changed(b'"west"', b"[" * 9999 + b"]" * 9999), "it is nested more than 100 deep"),
        (b"\0" * 40, "Expecting value, column 1"),
        (changed(b"refund", b" "), "`task` is missing"),
        (changed(b"05-04T", b"02-30T"), "`now`: must be a timestamp"),
        (changed(b"2026-05-04T09", b"99999-05-04T09"), "`now`: must be a timestamp"),
        (changed(b"00Z", b"00[Mars/Olympus]"), "`now`: must be a timestamp"),
        (changed(b"00Z", b"00"), "`now`: must be a timestamp"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_the_others_are_replayed(
    line: bytes, why: str, policy: Path, tmp_path: Path
) -> None:
    (tmp_path / "past.jsonl").write_bytes(b"\n".join([LINE, line, LINE]))
    ran = replayed(policy, tmp_path / "past.jsonl")
    assert (ran.code, ran.said.split("\n")[0]) == (6, "2 actions are replayed; 0 flip")
    assert f"not read: line 2: {why}" in ran.said


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (b"", 0),
        (b"\n\n", 0),
        (b"\xef\xbb\xbf", 0),
        (b"\xef\xbb\xbf" + LINE, 1),
        (LINE + b"\r\n" + LINE + b"\r\n", 2),
        (LINE + b"\n\r\n" + LINE, 2),
    ],
    ids=["nothing", "blank", "mark", "mark and line", "ends of Windows", "no last end"],
)
def test_ends_of_lines_and_a_mark_before_the_first_say_nothing(
    data: bytes, number: int, policy: Path, tmp_path: Path
) -> None:
    (tmp_path / "past.jsonl").write_bytes(data)
    ran = replayed(policy, tmp_path / "past.jsonl")
    assert ran.code == 0
    assert ran.said.startswith(f"{number} action{'' if number == 1 else 's'} ")


def test_a_place_that_is_no_file_is_not_waited_for(policy: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    in_one_line(replayed(policy, pipe), 1, "pipe is no regular file")
    in_one_line(replayed(policy, tmp_path), 1, "is no regular file")
    in_one_line(replayed(policy, tmp_path / "none.jsonl"), 1, "no file ", "none.jsonl")


def test_a_line_without_end_takes_no_memory(policy: Path, tmp_path: Path) -> None:
    """As `test_memory.py` says of two gigabytes; here by a command of its own."""
    place = tmp_path / "past.jsonl"
    place.write_bytes(LINE + b"\n")

    def most() -> int:
        """In MiB."""
        command = [
            sys.executable,
            "-m",
            "policy_engine",
            "audit",
            "replay",
            policy,
            "--over",
            place,
        ]
        child = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert child.stdout is not None
        said = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        child.stdout.close()
        assert said.startswith(b"1 action is replayed")
        return used.ru_maxrss // 1024

    usual = most()
    with place.open("ab") as file:
        file.truncate(200 * 2**20)
    assert most() - usual < 100


def test_a_zone_that_nobody_knows_is_an_error_of_the_policy(tmp_path: Path) -> None:
    (tmp_path / "a.policy").write_text(
        POLICY + 'rule open permit manager to look when now within "09:00" in "Mars/Olympus"\n',
        encoding="utf-8",
    )
    assert replayed(tmp_path / "a.policy", table(tmp_path)).code == 3
