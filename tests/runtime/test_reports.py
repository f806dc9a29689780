"""Two steps where a framework makes the call itself: `gate.propose`, then `gate.report`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policy_engine import Action, Agent, Engine, Gate, GateError, Human, Status
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.verify import verify

POLICY = """
policy desk.t "T" owner "o@desk.example"
role bot for agents
role boss for humans
task pay { input amount: Decimal  output receipt: Text }
rule pays permit bot to pay when amount > 0
rule signed escalate pay to boss when amount > 100
rule twice limit pay to at most 2 within 1 day
validation short checks receipt that size of receipt < 5
rule told require short after pay
"""


class Desk:
    def __init__(self, folder: Path) -> None:
        (folder / "p.policy").write_text(POLICY, encoding="utf-8")
        (folder / "r.csv").write_text("g, a, bot\ng, ana, boss\n", encoding="utf-8")
        engine = Engine.load(folder / "p.policy", directory=folder / "r.csv")
        self.store = folder / "s.db"
        self.called: list[object] = []
        self.gate: Gate = engine.gate(store=self.store, tools={"pay": self.called.append})
        self.session = self.gate.open("pay")

    def propose(self, amount: int, **options: Any) -> Any:
        action = Action(Agent("a"), "pay", {"amount": amount})
        return self.gate.propose(action, session=self.session, **options)

    def records(self) -> list[Any]:
        database = Database(self.store, must_exist=True)
        found = list(LedgerReader(database).records())
        database.close()
        assert verify(found).holds
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.gate.close()


def test_what_is_let_through_is_under_way_and_not_called(desk: Desk) -> None:
    assert desk.propose(5).status is Status.EXECUTING
    assert desk.called == []


def test_what_is_reported_is_kept_and_recorded_as_reported(desk: Desk) -> None:
    granted = desk.propose(5)
    result = desk.gate.report(granted.id, "r-1", session=desk.session)
    assert (result.status, result.output) == (Status.EXECUTED, "r-1")
    assert [seen.value for seen in desk.session.outputs] == ["r-1"]
    assert [r.body["by"] for r in desk.records() if r.kind == "intent"] == ["report"]


def test_an_output_that_may_not_be_seen_is_withheld(desk: Desk) -> None:
    result = desk.gate.report(desk.propose(5).id, "far too long")
    assert (result.status, result.output) == (Status.WITHHELD, None)


def test_a_failure_and_an_unknown_outcome_are_reported_too(desk: Desk) -> None:
    failed = desk.gate.report_failure(desk.propose(5).id, "no money")
    lost = desk.gate.report_unknown(desk.propose(6).id, "the line broke")
    assert (failed.status, lost.status) == (Status.FAILED, Status.UNKNOWN)
    assert [r.kind for r in desk.records() if r.kind in ("failed", "unknown")] == [
        "failed",
        "unknown",
    ]


def test_the_first_report_counts(desk: Desk) -> None:
    granted = desk.propose(5)
    desk.gate.report(granted.id, "r-1")
    for again in (
        desk.gate.report(granted.id, "r-2"),
        desk.gate.report_failure(granted.id, "no"),
        desk.gate.report_unknown(granted.id, "?"),
    ):
        assert (again.status, again.output) == (Status.EXECUTED, "r-1")
    assert [r.kind for r in desk.records()].count("executed") == 1


def test_what_is_under_way_counts_against_limits(desk: Desk) -> None:
    desk.propose(1)
    desk.propose(2)
    assert desk.propose(3).status is Status.DENIED


def test_what_was_held_is_let_through_once_and_then_reported(desk: Desk) -> None:
    held = desk.propose(500)
    assert held.status is Status.HELD
    with pytest.raises(GateError, match="was not let through"):
        desk.gate.report(held.id, "r-1")
    desk.gate.approve(held.ticket, by=Human("ana"))
    assert desk.gate.resume(held.id).status is Status.EXECUTING
    assert desk.gate.resume(held.id).status is Status.EXECUTING
    assert desk.called == []
    assert desk.gate.report(held.id, "r-1").status is Status.EXECUTED
    assert [r.kind for r in desk.records()].count("intent") == 1


def test_what_was_denied_has_no_outcome(desk: Desk) -> None:
    with pytest.raises(GateError, match="was not let through"):
        desk.gate.report(desk.propose(-1).id, "r-1")


def test_nobody_reports_on_what_the_gate_performs(desk: Desk) -> None:
    done = desk.gate.submit(Action(Agent("a"), "pay", {"amount": 5}), session=desk.session)
    with pytest.raises(GateError, match="the gate performs it itself"):
        desk.gate.report(done.id or "", "r-1")


def test_a_key_stands_for_one_way_of_performing(desk: Desk) -> None:
    desk.propose(5, key="k")
    action = Action(Agent("a"), "pay", {"amount": 5})
    with pytest.raises(GateError, match="performed another way"):
        desk.gate.submit(action, session=desk.session, key="k")
