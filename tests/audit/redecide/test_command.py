"""`policy ledger verify --redecide`."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copy

import pytest
from click.testing import CliRunner, Result

from policy_engine.cli.main import main
from tests.audit.redecide.desk import DECISIONS, POLICY, execute, place, rewritten
from tests.audit.redecide.test_falsified import denied, first
from tests.fakes import Desk


@pytest.fixture(autouse=True)
def folder(day: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of a day's store, its policy, and another policy."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POLICY_STORE", "sqlite:///day.db")
    copy(place(day), "day.db")
    Path("desk.policy").write_text(POLICY)
    Path("other.policy").write_text(POLICY.replace("amount > 100", "amount > 300"))


def verified(*arguments: str) -> Result:
    return CliRunner().invoke(main, ("ledger", "verify", *arguments), catch_exceptions=False)


def test_all_follow() -> None:
    result = verified("--redecide", "desk.policy")
    assert (result.exit_code, result.output.splitlines()[-1]) == (
        0,
        f"{DECISIONS} decisions follow again",
    )


def test_a_policy_that_was_not_given_is_named(day: Desk) -> None:
    result = verified("--redecide", "other.policy")
    assert (result.exit_code, result.output.splitlines()[-2:]) == (
        0,
        [
            "0 decisions follow again",
            f"not decided again: {DECISIONS} decisions under policy {day.engine.policy.digest}: "
            "give that policy too",
        ],
    )
    assert verified("--redecide", "other.policy", "--redecide", "desk.policy").output.endswith(
        f"{DECISIONS} decisions follow again\n"
    )


def test_what_does_not_follow_is_a_finding() -> None:
    rewritten(Path("day.db"), first("decided", denied, outcome="allow", task="mail"))
    result = verified("--redecide", "desk.policy")
    assert result.exit_code == 6
    assert (
        "error[L708]: entry 5: recorded is deny by known, and what follows is allow by looking\n"
        in result.output
    )
    assert f"{DECISIONS - 1} decisions follow again; 1 finding\n" in result.output


def test_what_cannot_be_decided_again_is_counted() -> None:
    execute(Path("day.db"), "UPDATE actions SET body = 'x' WHERE body LIKE '%0000%'")
    result = verified("--redecide", "desk.policy")
    assert result.exit_code == 0
    assert (
        "not decided again: 1 decision (entry 15 first): something of it is sealed, and the store "
        "does not have the action\n" in result.output
    )


def test_programs_read_all_of_it(day: Desk) -> None:
    execute(Path("day.db"), "UPDATE actions SET body = 'x' WHERE body LIKE '%0000%'")
    both = ("--redecide", "desk.policy", "--redecide", "other.policy")
    account = json.loads(verified(*both, "--format", "json").output)
    assert account["holds"] is True
    assert account["redecided"] == {
        "follow": DECISIONS - 1,
        "findings": [],
        "undecided": [
            {
                "why": "something of it is sealed, and the store does not have the action",
                "decisions": 1,
                "first": 15,
            }
        ],
        "other_policies": [],
    }
    other = json.loads(verified("--redecide", "other.policy", "--format", "json").output)
    assert other["redecided"]["other_policies"] == [
        {"policy": day.engine.policy.digest, "decisions": DECISIONS}
    ]
    assert "redecided" not in json.loads(verified("--format", "json").output)


def test_a_policy_with_errors_ends_it() -> None:
    Path("other.policy").write_text("rule x permit")
    result = verified("--redecide", "other.policy")
    assert (result.exit_code, "the record holds" in result.output) == (3, False)
