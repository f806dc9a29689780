"""`policy audit suitability`: what it prints, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine.cli.main import main
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import Ledger
from tests.audit.records import Past
from tests.fakes import FakeClock

Made = Callable[[Past], Path]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A store whose record has these entries, at one time."""

    def make(past: Past) -> Path:
        path = tmp_path / "store.db"
        with closing(Database(path)) as database:
            ledger = Ledger(database, FakeClock())
            for record in past.records:
                ledger.record(record.kind, record.body)
        return path

    return make


def audit(store: Path, *arguments: str) -> Result:
    command = ["audit", "suitability", "--store", str(store), *arguments]
    return CliRunner(env={"COLUMNS": "160"}).invoke(main, command, catch_exceptions=False)


def two_agents() -> Past:
    past = Past()
    past.approved(30, who="careful")
    past.ran(8, who="hasty\u202e")
    past.ran(12, who="hasty\u202e", end="failed")
    past.ran(2, task="look")
    return past


def test_a_person_reads_advice_its_reasons_and_the_figures(made: Made) -> None:
    result = audit(made(two_agents()))
    assert result.exit_code == 0
    lines = [line.strip() for line in result.output.splitlines()]
    assert lines[0] == "pay: take back to people"
    told = " ".join(lines)
    assert "12 of 50 went wrong (12 failed); 8 of 38 ran without a person" in told
    assert "agent careful: people signed 30 of 30; nothing failed" in told
    assert "consider letting it run alone up to what was seen (amount at most 50)" in told
    rows = [line.split() for line in lines]
    assert ["pay", "50", "50", "38", "8", "12", "0", "0", "0"] in rows
    assert ["agent", "careful", "30", "30", "30", "0", "0", "0", "0", "0"] in rows
    assert ["pay", "30", "0", "0", "0", "0", "ms", "0", "ms"] in rows
    assert told.endswith("This is advice; nothing was changed. the record holds: 247 entries")
    assert "\u202e" not in result.output


def test_what_stays_as_it_is_stands_in_one_table(made: Made) -> None:
    past = Past()
    past.ran(30, task="look")
    past.ran(2, task="peek")
    lines = audit(made(past)).output.splitlines()
    assert lines[0] == "Tasks that stay as they are"
    assert [line.rstrip().split(maxsplit=2) for line in lines[2:4]] == [
        ["look", "30", "for more room people were asked too seldom"],
        ["peek", "2", "too few to tell (2 cases, under 20)"],
    ]
    assert not any(line.startswith(("look:", "peek:")) for line in lines)


def test_outputs_that_were_played_back_are_said_once(made: Made) -> None:
    past = Past()
    for task in ("look", "pay"):
        past.ran(25, task=task, by="recorded")
    told = " ".join(audit(made(past)).output.split())
    assert told.count("recorded output") == 1
    assert "No tool was called for 50 actions: recorded outputs were given back." in told


def test_a_program_reads_json(made: Made) -> None:
    result = audit(made(two_agents()), "--fewest", "10", "--format", "json")
    account = json.loads(result.output)
    assert account["doubts"] == []
    assert account["limits"] == {"fewest": 10, "approved": 95, "trouble": 2, "back": 10}
    task = account["tasks"][0]
    assert (task["task"], task["advice"]) == ("pay", "take_back")
    assert task["reasons"][0] == "people signed 30 of 30"
    figures = task["figures"]
    assert figures["without_a_person"] == {"part": 8, "whole": 38, "percent": 21}
    assert (figures["failed"], figures["asked"]["approved"]) == (12, 30)
    assert figures["most_approved"] == [{"input": "amount", "at_most": "50", "currency": None}]
    assert [one["principal"] for one in task["principals"]] == [
        "agent careful",
        "agent hasty\u202e",
    ]


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        ((), "more_room"),
        (("--fewest", "31"), "too_few_to_tell"),
        (("--approved", "100"), "keep"),
        (("--approved", "100", "--back", "3"), "take_back"),
    ],
)
def test_the_limits_are_options(made: Made, arguments: tuple[str, ...], advice: str) -> None:
    past = Past()
    past.approved(28)
    past.rejected()
    past.ran()
    account = json.loads(audit(made(past), "--format", "json", *arguments).output)
    assert [task["advice"] for task in account["tasks"]] == [advice]


def test_a_period_without_actions_says_so(made: Made) -> None:
    result = audit(made(two_agents()), "--to", "2020-01-01")
    assert (result.exit_code, result.output) == (
        0,
        "the record has no action of this period\nthe record holds: 247 entries\n",
    )


@pytest.mark.parametrize(
    "arguments",
    [["--from", "yesterday"], ["--zone", "Mars"], ["--fewest", "0"], ["--back", "0"]],
)
def test_wrong_use_is_refused(made: Made, arguments: list[str]) -> None:
    assert audit(made(Past()), *arguments).exit_code == 2


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert audit(tmp_path / "none.db").exit_code == 1
    assert list(tmp_path.iterdir()) == []
