"""`policy audit replay`: what it prints, and its exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine.cli.main import main
from tests.audit.busy import BusyDesk
from tests.audit.replay.shop import POLICY, parquet, row

ROWS = [
    row(40, "allow"),
    row(300, "escalate"),
    row(800, "deny", principal="bot-9"),
    row(20, "allow", **{"input.region": "north"}),
    row(20, "allow", task="gift"),
    row(700, "deny"),
]


@pytest.fixture
def policy(tmp_path: Path) -> str:
    """A policy that permits more, and knows no gifts."""
    path = tmp_path / "wider.policy"
    path.write_text(POLICY.replace("<= 500", "<= 750").replace("> 200", "> 720"), encoding="utf-8")
    return str(path)


def replayed(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["audit", "replay", *arguments], catch_exceptions=False)


def test_newly_allowed_comes_first(policy: str, tmp_path: Path) -> None:
    result = replayed(policy, "--over", parquet(tmp_path, ROWS))
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[:3] == [
        "6 actions are replayed, 1 of them of a task that this policy does not know;"
        " of the others, 3 flip",
        "  2 newly allowed",
        "  1 newly denied",
    ]
    examples = [line for line in lines if "→" in line]
    assert examples == [
        "deny → allow, row 6: agent bot-7 · refund",
        "escalate → allow, row 2: agent bot-7 · refund",
        "allow → deny, row 4: agent bot-7 · refund",
    ]
    assert "allow[routine]" in result.output


def test_what_is_of_unknown_tasks_is_no_flip(policy: str, tmp_path: Path) -> None:
    gifts = [row(20, "allow", task="gift"), row(20, "deny", task="loan")]
    result = replayed(policy, "--over", parquet(tmp_path, gifts))
    first, *lines = result.output.splitlines()
    assert first == "2 actions are replayed, all of tasks that this policy does not know"
    at = lines.index("Tasks that this policy does not know")
    assert [line.split() for line in lines[at + 2 : at + 4]] == [["gift", "1"], ["loan", "1"]]
    assert not any(line.startswith("By ") for line in lines)


def test_what_the_answers_mean_is_said_once(policy: str, tmp_path: Path) -> None:
    output = replayed(policy, "--over", parquet(tmp_path, [row(40, "validate")])).output
    said = "validate: it runs after a validation has passed, or after the user said yes"
    assert output.count(said) == 1
    assert "escalate:" not in output


def test_a_program_reads_json(policy: str, tmp_path: Path) -> None:
    result = replayed(policy, "--over", parquet(tmp_path, ROWS), "--format", "json")
    account = json.loads(result.output)
    assert (account["actions"], account["of_known_tasks"], account["flipped"]) == (6, 5, 3)
    assert (account["unknown_task"], account["entries"]) == (1, None)
    assert account["matrix"]["deny"] == {
        "allow": 1,
        "validate": 0,
        "escalate": 0,
        "deny": 1,
        "unknown": 0,
        "unknown task": 0,
    }
    assert [flip["flip"] for flip in account["flips"]] == [
        "deny → allow",
        "escalate → allow",
        "allow → deny",
    ]
    assert [one["flip"] for one in account["no_flips"]] == ["allow → unknown task"]
    assert {one["name"]: one["newly_allowed"] for one in account["rules"]} == {
        "routine": 2,
        "abroad": 0,
        "": 0,
    }
    assert [one["name"] for one in account["amounts"]] == [
        "amount: 10 to 100",
        "amount: 100 to 1,000",
    ]
    assert {one["name"] for one in account["agents"]} == {"agent bot-7", "agent bot-9"}


def test_a_pipeline_stops_on_what_is_newly_allowed(policy: str, tmp_path: Path) -> None:
    past = parquet(tmp_path, ROWS)
    assert replayed(policy, "--over", past, "--fail-on", "newly-allowed").exit_code == 6
    narrow = parquet(tmp_path, ROWS[3:5])
    assert replayed(policy, "--over", narrow, "--fail-on", "newly-allowed").exit_code == 0


def test_what_could_not_be_read_is_said(policy: str, tmp_path: Path) -> None:
    result = replayed(policy, "--over", parquet(tmp_path, [*ROWS, row(outcome="?")]))
    assert result.exit_code == 6
    assert "not read: row 7: `outcome` is `?`" in result.output


@pytest.mark.parametrize("past", ["none.parquet", "sqlite:///none.db", "."])
def test_a_past_that_cannot_be_read_at_all(policy: str, past: str) -> None:
    result = replayed(policy, "--over", past)
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert result.output.startswith("error: ")


def test_a_policy_with_errors(tmp_path: Path) -> None:
    (tmp_path / "bad.policy").write_text("rule x permit y to z", encoding="utf-8")
    past = parquet(tmp_path, ROWS)
    assert replayed(str(tmp_path / "bad.policy"), "--over", past).exit_code == 3


def test_roles_by_a_directory(policy: str, tmp_path: Path) -> None:
    (tmp_path / "roles.csv").write_text("g, bot-7, support_agent\n", encoding="utf-8")
    rows = [{name: cell for name, cell in row().items() if name != "roles"}]
    past = parquet(tmp_path, rows)
    known = replayed(policy, "--over", past, "--directory", str(tmp_path / "roles.csv"))
    assert known.output.startswith("1 action is replayed; 0 flip")
    assert replayed(policy, "--over", past).output.startswith("1 action is replayed; 1 flip")


def test_a_store_or_its_file(desk: BusyDesk) -> None:
    policy = str(desk.folder / "desk.policy")
    for past in (desk.store, str(desk.folder / "desk.db")):
        result = replayed(policy, "--over", past)
        assert (result.exit_code, result.output.splitlines()[0]) == (
            0,
            "11 actions are replayed; 0 flip",
        )
        assert re.search(r"^the record holds: \d+ entries$", result.output, re.MULTILINE)


def test_nothing_is_written(policy: str, tmp_path: Path) -> None:
    past = parquet(tmp_path, ROWS)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    replayed(policy, "--over", past)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
