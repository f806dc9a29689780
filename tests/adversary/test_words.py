"""Proposals that nobody foresaw: decided and recorded, never a traceback."""

from __future__ import annotations

import math
from typing import Any

import pytest

from policy_engine import Action, Agent, Status
from tests.adversary.conftest import Lab, act

POLICY = """
fact due: Timestamp
task at { input when_: Timestamp }
task note { input x: Text }
rule r permit bot to at, note
"""
A = Agent("a")


@pytest.mark.parametrize(
    "action",
    [
        Action(A, "\ud800", {}),
        Action(A, "note", {"\ud800": 1}),
        Action(A, "note", {"x": "1"}, domain="\ud800"),
        Action(A, "note", {"x": "1"}, {"load": math.nan}),
        Action(A, ["note"], {}),  # type: ignore[arg-type]
        Action(A, "at", {"when_": "0001-01-01T00:00:00+14:00"}),
        Action(A, "nothing", {"x": {1: object()}}),
    ],
    ids=["task", "member", "domain", "context", "list for task", "first instant", "object"],
)
def test_what_cannot_be_written_is_denied_and_recorded(lab: Lab, action: Action) -> None:
    """JSON may hold half a surrogate pair, and a timestamp before the year 1 of UTC."""
    gate = lab.gate(POLICY, tools={"note": lambda x: x, "at": lambda when_: None})
    assert gate.submit(action).status is Status.DENIED
    assert '"outcome":"deny"' in lab.ledger()


@pytest.mark.parametrize(
    "facts",
    [None, [1], {"due": "9999-12-31T23:59:59-14:00"}, {"due": {1}}, {"x": math.nan}],
    ids=["none", "list", "last instant", "set", "nan"],
)
def test_facts_from_a_foreign_hand_end_in_no_traceback(lab: Lab, facts: Any) -> None:
    """The look-up is foreign code: what it gives may be unknown, but the action is answered."""
    gate = lab.gate(POLICY, tools={"note": lambda x: x}, facts=lambda action: facts)
    assert gate.submit(act("note", {"x": "1"})).decision is not None


@pytest.mark.parametrize("value", [math.nan, math.inf, True, 1e308, "5", None, [5], {"a": 5}])
def test_numbers_that_are_none_do_not_fit(lab: Lab, value: object) -> None:
    gate = lab.gate("task pay { input amount: Decimal }\nrule r permit bot to pay")
    assert gate.submit(act("pay", {"amount": value})).status is Status.DENIED
