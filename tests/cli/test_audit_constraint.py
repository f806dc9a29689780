"""`policy audit constraint`: what it prints, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine import Action, Agent
from policy_engine.cli.main import main
from tests.fakes import Desk
from tests.fakes.stores import alter

POLICY = """
policy desk.payments "Payments" owner "risk@desk.example"

role clerk

task pay "Pay" {
  input to: Text
  input amount: Decimal
  input pin?: Text secret
}

rule paying permit clerk to pay
"""
CONSTRAINTS = """
constraint small "Nothing above 100" never pay when amount > 100
constraint tiny never pay when amount > 900
constraint pinned never pay when pin is given and pin == "0000"
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A record from before the constraints, which stand in `later.policy`."""
    made = Desk(tmp_path, POLICY, tools={"pay": lambda **input_: "paid"})
    for input_ in (
        {"to": "shop-1", "amount": 50},
        {"to": "shop\u202e", "amount": 500},
        {"to": "shop-1", "amount": 60, "pin": "0000"},
    ):
        made.gate.submit(Action(Agent("bot"), "pay", input_))
    (tmp_path / "later.policy").write_text(POLICY + CONSTRAINTS, encoding="utf-8")
    yield made
    made.gate.close()


def audit(desk: Desk, name: str, *arguments: str, policy: str = "later.policy") -> Result:
    files = ["--policy", str(desk.folder / policy), "--store", desk.store]
    command = ["audit", "constraint", name, *files, *arguments]
    return CliRunner().invoke(main, command, catch_exceptions=False)


def test_a_person_reads_what_was_violated_and_by_which_values(desk: Desk) -> None:
    result = audit(desk, "small")
    assert result.exit_code == 6
    assert "constraint small: Nothing above 100" in result.output
    assert "3 actions of its tasks carried out: 1 against it, 2 not, 0 cannot be told" in (
        result.output
    )
    assert "entry 6, 4 May 2026, 09:00: agent bot · pay · executed" in result.output
    assert "  amount > 100: 500 > 100  later.policy:" in result.output
    assert "\u202e" not in result.output


def test_what_cannot_be_told_is_counted_by_reason_and_is_no_violation(desk: Desk) -> None:
    result = audit(desk, "pinned")
    assert result.exit_code == 0
    assert "0 against it, 2 not, 1 cannot be told" in result.output
    assert "the input `pin` is sealed in the record" in result.output


def test_times_are_told_in_the_zone(desk: Desk) -> None:
    assert "4 May 2026, 11:00" in audit(desk, "small", "--zone", "Europe/Warsaw").output


def test_a_program_reads_json(desk: Desk) -> None:
    result = audit(desk, "small", "--format", "json")
    account = json.loads(result.output)
    assert result.exit_code == 6
    assert account["doubts"] == []
    assert (account["carried_out"], account["fine"], account["unread"]["number"]) == (3, 2, 0)
    (one,) = account["violations"]
    assert (one["entry"], one["at"], one["principal"]) == (6, "2026-05-04T09:00:00Z", "agent bot")
    assert [value["value"] for value in one["values"]] == ["500 > 100"]


def test_a_period_without_a_violation_has_none(desk: Desk) -> None:
    assert audit(desk, "small", "--to", "2026-05-04").exit_code == 0


def test_an_entry_that_cannot_be_read_is_named_and_has_its_exit_code(desk: Desk) -> None:
    alter(desk.folder / "desk.db", "UPDATE ledger SET at = 'yesterday' WHERE number = 3")
    result = audit(desk, "tiny")
    assert (result.exit_code, "not read: entry 3: its time cannot be read" in result.output) == (
        6,
        True,
    )
    assert "3 actions of its tasks carried out: 0 against it, 2 not, 1 cannot" in result.output


def test_the_policies_of_then_settle_more(desk: Desk) -> None:
    more = desk.folder / "more.policy"
    later = (desk.folder / "later.policy").read_text(encoding="utf-8")
    desk.reload(later)
    desk.gate.submit(Action(Agent("bot"), "pay", {"to": "shop-1", "amount": 1, "pin": "1"}))
    more.write_text(later + "rule more forbid any agent to pay when amount < 0\n", encoding="utf-8")
    was = str(desk.folder / "desk.policy")
    assert "2 not, 2 cannot be told" in audit(desk, "pinned", policy="more.policy").output
    settled = audit(desk, "pinned", "--was", was, policy="more.policy").output
    assert "3 not, 1 cannot be told" in settled
    assert "1 of those not against it by the decision of then" in settled


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [
        ("smal", (), "the policy has no constraint `smal`; `small`, perhaps?"),
        ("paying", (), "`paying` is a rule and no constraint"),
        ("small", ("--from", "yesterday"), "`yesterday` is no date and no timestamp"),
        ("small", ("--zone", "Mars"), "there is no time zone `Mars`"),
    ],
)
def test_wrong_use_is_said_in_one_line(
    desk: Desk, name: str, arguments: tuple[str, ...], why: str
) -> None:
    result = audit(desk, name, *arguments)
    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert result.output.startswith(f"error: {why}")


def test_a_store_that_is_not_there_is_not_made(desk: Desk) -> None:
    gone = f"sqlite:///{desk.folder / 'none.db'}"
    assert audit(desk, "small", "--store", gone).exit_code == 1
    assert not (desk.folder / "none.db").exists()
