"""`policy audit report`: what it prints and writes, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine.cli.audit import command
from policy_engine.cli.main import main
from tests.audit.busy import BusyDesk
from tests.fakes.stores import alter

DAY_TWO = "2026-05-05T10:00:00Z"


def audit(store: str | Path, *arguments: str) -> Result:
    command = ["audit", "report", "--store", str(store), *arguments]
    return CliRunner().invoke(main, command, catch_exceptions=False)


def test_a_person_reads_tables(desk: BusyDesk) -> None:
    result = audit(desk.store)
    assert result.exit_code == 0
    assert result.output.startswith("11 actions were proposed; 2 ran, 1 of them after people")
    for title in ("By outcome", "By task", "By agent", "By rule", "the record holds: 42 entries"):
        assert title in result.output
    assert "\u202e" not in result.output


def test_a_program_reads_json(desk: BusyDesk) -> None:
    account = json.loads(audit(desk.store, "--format", "json").output)
    assert account["record"]["holds"] is True
    assert account["outcomes"] == {
        "total": 11,
        "executed": 1,
        "executed_after_confirmation": 0,
        "executed_after_signature": 1,
        "executed_output_withheld": 0,
        "ready": 0,
        "waiting": 1,
        "denied": 4,
        "rejected": 1,
        "failed": 2,
        "unknown": 1,
    }
    assert len(account["actions"]) == 10, "all but the one that simply ran"
    signed = next(a for a in account["actions"] if a["standing"] == "executed_after_signature")
    assert (signed["waited"], signed["turnaround"], signed["decisions"]) == (1200, 1260, 2)
    assert account["metrics"]["waiting_for_people"] == {
        "count": 3,
        "median": 5400,
        "longest": 86400,
    }
    assert sum(b["total"] for b in account["timeline"]["buckets"]) == 11


def test_the_help_has_a_whole_line_for_each_command() -> None:
    told = CliRunner().invoke(main, ["audit", "--help"], terminal_width=70).output
    assert all(one.short_help for one in command.commands.values())
    assert "..." not in told.partition("Commands:")[2]


def test_the_page_is_written(desk: BusyDesk, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    result = audit(desk.store, "--html", str(path), "--zone", "Europe/Warsaw")
    assert (result.exit_code, f"written to {path}" in result.output) == (0, True)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>\n<html lang=")


@pytest.mark.parametrize(
    ("arguments", "total"),
    [
        (["--from", DAY_TWO], 10),
        (["--to", DAY_TWO], 1),
        (["--from", "2026-05-05"], 10),
        (["--to", "2026-05-04"], 0),
        (["--from", "2026-05-05T10:00:00+02:00"], 10),
        (["--from", "2026-05-05T12:00", "--to", "2026-05-05T12:01", "--zone", "Europe/Warsaw"], 1),
        (["--from", "2026-05-04", "--to", "2026-05-05", "--zone", "Pacific/Kiritimati"], 1),
    ],
)
def test_a_period_in_a_zone(desk: BusyDesk, arguments: list[str], total: int) -> None:
    account = json.loads(audit(desk.store, "--format", "json", *arguments).output)
    assert account["outcomes"]["total"] == total


@pytest.mark.parametrize(
    "arguments",
    [
        ["--from", "yesterday"],
        ["--to", "2026-13-01"],
        ["--zone", "Mars/Olympus"],
        ["--zone", "../../etc/passwd"],
        ["--zone", ""],
        ["--html", "no/such/folder/report.html"],
    ],
)
def test_wrong_use_is_said_in_one_line(desk: BusyDesk, arguments: list[str]) -> None:
    result = audit(desk.store, *arguments)
    assert result.exit_code == 2
    assert result.output.startswith("error: ")
    assert result.output.count("\n") == 1


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert audit(tmp_path / "none.db").exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_does_not_hold_has_its_exit_code(store: Path, tmp_path: Path) -> None:
    alter(store, "UPDATE ledger SET at = '2020-01-01T00:00:00Z' WHERE number = 4")
    result = audit(store, "--html", str(tmp_path / "report.html"))
    assert result.exit_code == 6
    assert "error[L702]: entry 4 does not follow" in result.output
    assert "the record does not hold" in result.output
    assert "The record does not hold." in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_pinned_head_finds_what_was_cut_off(store: Path) -> None:
    head = json.loads(audit(store, "--format", "json").output)["record"]["head"]
    assert audit(store, "--head", head).exit_code == 0
    alter(store, "DELETE FROM ledger WHERE number > 40")
    assert audit(store).exit_code == 0
    result = audit(store, "--head", head)
    assert (result.exit_code, "L703" in result.output) == (6, True)


def test_a_tile_that_was_altered_is_found_by_the_report_too(store: Path) -> None:
    alter(store, "INSERT INTO ledger_tiles VALUES (0, 9, x'00')")
    result = audit(store)
    assert result.exit_code == 6
    assert "there is a tile 0, 9 that the record does not have" in result.output
