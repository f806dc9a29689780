"""`policy audit export`: what it writes, whole or not at all, and its exit codes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine.cli.main import main
from tests.audit.busy import BusyDesk


def export(store: str | Path, form: str, path: Path, *arguments: str) -> Result:
    command = ["audit", "export", "--store", str(store), "--format", form, "-o", str(path)]
    return CliRunner().invoke(main, [*command, *arguments], catch_exceptions=False)


@pytest.mark.parametrize("form", ["csv", "xlsx", "ocsf", "sarif", "oscal"])
def test_each_format_is_one_file_and_the_same_each_time(
    controlled: BusyDesk, tmp_path: Path, form: str
) -> None:
    first, second = tmp_path / "one.csv", tmp_path / "two.csv"
    result = export(controlled.store, form, first)
    assert result.exit_code == 0
    what = "4 results, of 6 actions," if form == "sarif" else "6 actions"
    assert result.output.startswith(f"{what} written to {first} as {form}\n")
    assert export(controlled.store, form, second).exit_code == 0
    assert first.read_bytes() == second.read_bytes()
    assert sorted(tmp_path.iterdir()) == [first, second]


def test_csv_is_a_folder_where_the_path_is_no_csv_file(desk: BusyDesk, tmp_path: Path) -> None:
    assert export(desk.store, "csv", tmp_path / "tables").exit_code == 0
    names = sorted(path.name for path in (tmp_path / "tables").iterdir())
    assert names == [
        "actions.csv",
        "agents.csv",
        "people.csv",
        "roles.csv",
        "rules.csv",
        "tasks.csv",
    ]


def test_a_folder_that_holds_something_is_left_alone(desk: BusyDesk, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    result = export(desk.store, "csv", tmp_path)
    assert (result.exit_code, "is there already" in result.stderr) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_filled(desk: BusyDesk, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    assert export(desk.store, "csv", folder).exit_code == 0
    assert (folder / "actions.csv").exists()


def test_a_period_chooses_actions(desk: BusyDesk, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    export(desk.store, "ocsf", path, "--to", "2026-05-05", "--zone", "Pacific/Kiritimati")
    (event,) = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert event["status"] == "Failure"


@pytest.mark.parametrize("form", ["csv", "xlsx", "ocsf", "sarif", "oscal"])
def test_a_record_that_does_not_hold_ends_in_6(
    controlled: BusyDesk, tmp_path: Path, form: str
) -> None:
    path = tmp_path / "export.csv"
    result = export(controlled.store, form, path, "--head", "f" * 64)
    assert (result.exit_code, path.exists()) == (6, True)
    assert "the record does not hold" in result.output


@pytest.mark.parametrize("name", ["export.csv", "export"])
def test_what_breaks_off_leaves_nothing_and_what_was_there_stays(
    desk: BusyDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    earlier = tmp_path / "export.csv"
    earlier.write_text("earlier", encoding="utf-8")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = export(desk.store, "csv", tmp_path / name)
    assert (result.exit_code, "No space left on device" in result.stderr) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["export.csv"]
    assert earlier.read_text(encoding="utf-8") == "earlier"


def test_oscal_without_a_control_is_refused(desk: BusyDesk, tmp_path: Path) -> None:
    result = export(desk.store, "oscal", tmp_path / "a.json")
    assert (result.exit_code, "names a control" in result.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_a_path_in_no_folder_is_refused(desk: BusyDesk, tmp_path: Path) -> None:
    assert export(desk.store, "sarif", tmp_path / "none" / "a.sarif").exit_code == 2


def test_without_the_extra_a_workbook_is_refused_by_name(
    desk: BusyDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    monkeypatch.delitem(sys.modules, "policy_engine.audit.exports.as_xlsx", raising=False)
    result = export(desk.store, "xlsx", tmp_path / "a.xlsx")
    assert (result.exit_code, "agent-policy-engine[xlsx]" in result.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []
