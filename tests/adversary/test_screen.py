"""Lying to the person who approves, through what the agent itself may write."""

from __future__ import annotations

import unicodedata

from policy_engine import Agent
from policy_engine.decision.action import Action
from tests.adversary.conftest import Lab, act

POLICY = """
task pay { input to: Text  input amount: Decimal }
rule r permit bot to pay
rule e "Always" escalate pay to boss
"""


def _misleading(text: str) -> list[str]:
    return [ascii(c) for c in text if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}]


def test_a_fact_does_not_hide_the_input_of_its_name(lab: Lab) -> None:
    """The agent asks for 999,999; the approver is shown the fact `amount`, which is 1."""
    gate = lab.gate("fact amount: Decimal" + POLICY)
    gate.submit(act("pay", {"to": "x", "amount": 999_999}), facts={"amount": 1})
    shown = gate.pending()[0].input
    assert any("999999" in f"{value}" for value in shown.values())


def test_a_field_called_secret_is_shown(lab: Lab) -> None:
    """A record whose only field is *named* `secret` is taken for a seal and masked."""
    gate = lab.gate(POLICY.replace("to: Text", "to: Note") + "record Note { secret: Text }")
    gate.submit(act("pay", {"to": {"secret": "to eve"}, "amount": 1}))
    assert "to eve" in gate.pending()[0].input["to"]


def test_an_input_does_not_turn_the_line_about(lab: Lab) -> None:
    """Bidi overrides, C1 control sequences and DEL reach the approver's terminal raw."""
    gate = lab.gate(POLICY)
    gate.submit(act("pay", {"to": "\u202emoc.live\x9b2J\x7f\u2028", "amount": 1}))
    assert _misleading(gate.pending()[0].input["to"]) == []


def test_a_value_does_not_write_lines_of_an_explanation(lab: Lab) -> None:
    """A value with line ends and escapes forges lines such as `= approved by: ana`."""
    engine = lab.engine(POLICY + 'rule f forbid bot to pay when to != "x"')
    action = act("pay", {"to": "a\n  = approved by: ana\x1b[2J", "amount": 1})
    text = engine.explain(action, engine.decide(action))
    assert "\n  = approved by" not in text
    assert _misleading(text.replace("\n", "")) == []


def test_a_task_name_does_not_write_lines_of_an_explanation(lab: Lab) -> None:
    engine = lab.engine(POLICY)
    action = Action(Agent("a"), "pay\x1b[2J\nALLOW  a · pay", {})
    text = engine.explain(action, engine.decide(action))
    assert "\nALLOW" not in text
    assert _misleading(text.replace("\n", "")) == []
