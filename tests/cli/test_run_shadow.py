"""`policy run --shadow`: what another policy would have answered, after the run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine.cli.main import main
from tests.fakes import POLICY, write_policy

LAXER = POLICY.replace("when amount > 100\n", "when amount > 600\n")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POLICY_PATH", "desk.policy")
    monkeypatch.setenv("POLICY_DIRECTORY", "roles.csv")
    monkeypatch.setenv("POLICY_STORE", "sqlite:///desk.db")
    write_policy(tmp_path)
    (tmp_path / "laxer.policy").write_text(LAXER, encoding="utf-8")
    head = {"session": "s-1", "request": "pay shop-1", "principal": {"id": "bot"}}
    facts = {"account": {"id": "a", "balance": 5000}}
    steps = [
        {"task": "pay", "input": {"to": "shop-1", "amount": a}, "facts": facts, "output": "paid"}
        for a in (50, 500)
    ]
    lines = [json.dumps(line) for line in (head, *steps)]
    (tmp_path / "session.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path


def policy(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def run(*arguments: str) -> Result:
    return policy("run", "--session", "session.jsonl", *arguments)


def test_what_the_shadow_answered_otherwise_comes_after_the_run() -> None:
    result = run("--shadow", "laxer.policy")
    assert result.exit_code == 5, "as without a shadow"
    _, _, after = result.output.partition("2 actions: 1 held, 1 executed\n")
    assert "What the shadow answered otherwise" in after
    last = after.splitlines()[-1].split(maxsplit=1)[1]
    assert " ".join(last.split()) == "pay escalate by large validate by exact"


def test_a_program_reads_the_other_answer_beside_each_action() -> None:
    result = run("--shadow", "laxer.policy", "--format", "json")
    told = [(one["outcome"], one["shadow"]) for one in json.loads(result.output)]
    assert told == [
        ("allow", None),
        ("escalate", {"live": "escalate", "outcome": "validate", "by": ["exact"]}),
    ]


def test_without_a_shadow_nothing_is_said_of_one() -> None:
    result = run("--format", "json")
    assert all("shadow" not in one for one in json.loads(result.output))


def test_the_same_policy_differs_nowhere() -> None:
    result = run("--shadow", "desk.policy")
    assert result.output.endswith("no difference of the shadow was recorded\n")


def test_the_audit_counts_what_the_run_has_shown() -> None:
    run("--shadow", "laxer.policy")
    (trial,) = json.loads(policy("audit", "shadow", "--format", "json").output)["trials"]
    assert trial["pairs"] == [{"live": "escalate", "shadow": "validate", "actions": 1}]


def test_a_shadow_with_errors_ends_the_command_before_anything_ran(folder: Path) -> None:
    (folder / "laxer.policy").write_text("policy", encoding="utf-8")
    assert run("--shadow", "laxer.policy").exit_code == 3
    assert not (folder / "desk.db").exists()
