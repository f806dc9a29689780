"""All recorded suites into one ledger, and the report on it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.replay import RunningClock, desks, main, report
from tests.agentdojo.scoring import needs_data as needs_agentdojo
from tests.conftest import SHARED
from tests.tau2.scoring import needs_data as needs_tau2


@needs_agentdojo
@needs_tau2
def test_some_sessions_of_every_suite(tmp_path: Path) -> None:
    store, played = f"sqlite:///{tmp_path / 'governance.db'}", desks(SHARED, tmp_path / "sessions")
    clock = RunningClock(played[0].moment)
    for desk in played:
        clock.set(desk.moment)
        del desk.sessions[2:]
        assert len(list(desk.play(store, clock))) == 2
    report(store, tmp_path)
    account = json.loads((tmp_path / "report.json").read_text())
    assert account["record"]["holds"] is True
    assert (account["sessions"], account["entries_set_back"]) == (12, 0)
    assert {agent["name"] for agent in account["agents"]} == {
        *(f"{suite}-assistant" for suite in ("banking", "slack", "workspace")),
        *(f"{domain}-desk" for domain in ("airline", "retail", "telecom")),
    }
    assert account["confirmations"]["given"] > 0
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "report.txt").read_text().startswith(account["headline"])


def test_a_ledger_that_is_there_is_not_added_to(tmp_path: Path) -> None:
    (tmp_path / "governance.db").touch()
    result = CliRunner().invoke(main, [str(tmp_path), str(tmp_path)])
    assert (result.exit_code, "is there already" in result.output) == (2, True)


def test_a_folder_without_the_data_is_said_to_be_one(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [str(tmp_path), str(tmp_path / "out")])
    assert (result.exit_code, "no recorded sessions below" in result.output) == (2, True)


@pytest.mark.parametrize("hours", [1, 30])
def test_the_clock_is_never_set_back(hours: int) -> None:
    noon = datetime(2026, 5, 4, 12, tzinfo=UTC)
    clock = RunningClock(noon)
    clock.set(noon + timedelta(hours=hours))
    later = clock.now()
    assert later >= noon + timedelta(hours=hours)
    clock.set(noon)
    assert clock.now() >= later
