"""`policy compile` shows what generated code decides; `policy decide` the smallest change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine.cli.main import main

TEXT = """policy desk.pay "Payments" owner "pay@desk.example"
role clerk
role boss for humans
task pay { input amount: Decimal }
rule base "clerks pay" permit clerk to pay
rule big "large sums are signed" escalate pay to boss when amount > 200
rule pace limit pay to at most 5 per principal within 1 hour
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.policy").write_text(TEXT)
    return tmp_path


def policy(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_a_row_says_what_is_decided_and_what_is_left_to_the_interpreter() -> None:
    result = policy("compile", "a.policy")
    assert result.exit_code == 0
    header, row = (" ".join(line.split()) for line in result.output.splitlines()[:2])
    assert header == "task deny escalate validate allow asks the interpreter"
    assert row.startswith("pay 1 1 0 1 pace: how much of a limit is")


def test_the_code_of_a_task_can_be_read_and_run() -> None:
    result = policy("compile", "a.policy", "--show", "pay")
    assert result.exit_code == 0
    compile(result.output, "pay", "exec")
    assert "if i_amount > 200: x = escalate0" in result.output.replace(
        "x is None and ", ""
    ).replace("(", "").replace(")", "")


def test_a_task_that_is_misspelt_is_guessed() -> None:
    result = policy("compile", "a.policy", "--show", "pya")
    assert (result.exit_code, "`pay`, perhaps?" in result.output) == (2, True)


def test_a_policy_with_errors_is_not_compiled(folder: Path) -> None:
    (folder / "a.policy").write_text("rule")
    assert policy("compile", "a.policy").exit_code == 3


def decided(folder: Path, *options: str) -> Result:
    action = {
        "principal": {"kind": "agent", "id": "bot"},
        "task": "pay",
        "input": {"amount": 300},
        "roles": ["clerk"],
        "history": [],
    }
    (folder / "action.json").write_text(json.dumps(action))
    return policy("decide", "--policy", "a.policy", "--action", "action.json", *options)


def test_decide_says_the_smallest_change(folder: Path) -> None:
    assert "the smallest change: `amount` at most 200: allow" in decided(folder).output
    told = json.loads(decided(folder, "--format", "json").output)
    assert told["changes"] == ["`amount` at most 200: allow"]


def test_decide_says_what_the_agent_may_be_told(folder: Path) -> None:
    told = decided(folder, "--to-agent").output
    assert told == "escalate: pay\n- large sums are signed\n"
