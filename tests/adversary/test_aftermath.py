"""What a gate leaves behind that died in the middle of a call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from policy_engine import Gate, Human, Status
from policy_engine.runtime import aftermath
from policy_engine.runtime.flow import Perform
from tests.adversary.conftest import Lab, act

LEFT: list[object] = []
"""Calls that nobody goes on with; they are kept, or Python would end them in good order."""

POLICY = """
task pay  { input amount: Decimal }
task ping { input amount: Decimal }
about ping { may be retried }
rule pays permit bot to pay, ping
"""


def died(lab: Lab, task: str) -> str:
    """An action whose process ended while its tool ran."""
    gate = lab.gate(POLICY, tools={"pay": print, "ping": print})
    flow = gate._submitted(act(task, {"amount": 1}), None, None, "k")
    step = next(flow)
    assert isinstance(step, Perform)
    LEFT.append(flow)
    gate.close()
    return str(lab.rows("SELECT id FROM actions")[0][0])


def successor(lab: Lab) -> tuple[Gate, list[str]]:
    calls: list[str] = []

    def noted(amount: object, idempotency_key: str) -> str:
        calls.append(idempotency_key)
        return "done"

    return lab.gate(POLICY, tools={"pay": noted, "ping": noted}), calls


def test_what_may_not_be_retried_is_unknown(lab: Lab) -> None:
    died(lab, "pay")
    gate, calls = successor(lab)
    assert [result.status for result in gate.settle()] == [Status.UNKNOWN]
    assert (calls, gate.settle()) == ([], ())
    assert lab.verified().holds and not lab.verified().findings


def test_what_may_be_retried_is_called_again_under_its_key(lab: Lab) -> None:
    id_ = died(lab, "ping")
    gate, calls = successor(lab)
    assert [result.status for result in gate.settle()] == [Status.EXECUTED]
    assert (calls, gate.settle()) == ([id_], ())
    assert lab.last("retried")["action"] == id_
    assert lab.verified().holds and not lab.verified().findings


def test_but_not_for_an_agent_that_was_stopped_meanwhile(lab: Lab) -> None:
    died(lab, "ping")
    gate, calls = successor(lab)
    gate.suspend("agent a", by=Human("ana"), reason="stop")
    assert [result.status for result in gate.settle()] == [Status.UNKNOWN]
    assert calls == []


def test_whoever_has_not_the_tool_leaves_it_to_others_for_an_hour(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    died(lab, "ping")
    gate = lab.gate(POLICY)
    assert gate.settle() == ()
    monkeypatch.setattr(aftermath, "REPORT_WITHIN", timedelta(0))
    assert [result.status for result in gate.settle()] == [Status.UNKNOWN]


def test_a_gate_that_lives_is_left_alone(lab: Lab) -> None:
    """While its tool runs, another gate of the same store settles."""
    found: list[Any] = []
    gate = lab.gate(POLICY, tools={"pay": lambda amount: found.append(lab.gate(POLICY).settle())})
    assert gate.submit(act("pay", {"amount": 1})).status is Status.EXECUTED
    assert found == [()]


def test_whoever_does_not_report_leaves_it_unknown(lab: Lab) -> None:
    gate = lab.gate(POLICY)
    granted = gate.propose(act("pay", {"amount": 1}))
    lab.clock.advance(minutes=59)
    assert gate.settle() == ()
    lab.clock.advance(minutes=1)
    assert [result.status for result in gate.settle()] == [Status.UNKNOWN]
    assert gate.report(str(granted.id), "late").status is Status.UNKNOWN


def test_a_late_outcome_changes_nothing(lab: Lab) -> None:
    """The tool comes back after somebody else has settled its action."""

    def slow(amount: object) -> str:
        lab.execute("UPDATE actions SET status = 'unknown'")
        return "done"

    gate = lab.gate(POLICY, tools={"pay": slow})
    result = gate.submit(act("pay", {"amount": 1}))
    assert (result.status, result.output) == (Status.UNKNOWN, None)
    assert "executed" not in lab.ledger()
