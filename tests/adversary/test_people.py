"""Getting an approval that nobody entitled to it gave, or gave knowingly."""

from __future__ import annotations

import pytest

from policy_engine import Agent, ApprovalError, Human, Status
from tests.adversary.conftest import Lab, act

POLICY = """
fact risk: Integer
task pay { input amount: Decimal }
rule r permit bot to pay
rule e "Risk" escalate pay to boss when risk > 5
"""
TOOLS = {"pay": lambda amount: "paid"}


def test_a_group_of_the_directory_is_no_person(lab: Lab) -> None:
    """`managers` is a Casbin group: as a signer it fills the quorum beside its own member."""
    policy = POLICY.replace("to boss", "to 2 of boss")
    roles = "g, a, bot\ng, ana, managers\ng, managers, boss\n"
    gate = lab.gate(policy, roles=roles, tools=TOOLS)
    held = gate.submit(act("pay", {"amount": 5}), facts={"risk": 9})
    assert held.id is not None
    gate.approve(str(held.ticket), by=Human("ana"))
    with pytest.raises(ApprovalError):
        gate.approve(str(held.ticket), by=Human("managers"))


@pytest.mark.parametrize("who", ["ana ", "ANA", "a\u200bna", "ａｎａ"])
def test_nobody_signs_for_himself_under_another_spelling(lab: Lab, who: str) -> None:
    """The host names the beneficiary as another system spells her; she signs for herself."""
    gate = lab.gate(POLICY, tools=TOOLS)
    held = gate.submit(act("pay", {"amount": 5}, on_behalf_of=Human(who)), facts={"risk": 9})
    assert held.id is not None
    with pytest.raises(ApprovalError):
        gate.approve(str(held.ticket), by=Human("ana"))


def test_an_agent_does_not_sign(lab: Lab) -> None:
    """`by` is taken at its word: an `Agent` has an id too, and the role is for humans."""
    gate = lab.gate(POLICY, roles="g, a, bot\ng, b, boss\n", tools=TOOLS)
    held = gate.submit(act("pay", {"amount": 5}), facts={"risk": 9})
    assert held.id is not None
    with pytest.raises(ApprovalError):
        gate.approve(str(held.ticket), by=Agent("b"))  # type: ignore[arg-type]


def test_a_signature_covers_only_what_was_shown(lab: Lab) -> None:
    """Ana reads risk 6; the agent asks again with risk 9,999; her signature counts for that."""
    facts = {"risk": 6}
    gate = lab.gate(POLICY, tools=TOOLS, facts=lambda action: dict(facts))
    session = gate.open("hi")
    held = gate.submit(act("pay", {"amount": 5}), session=session)
    assert held.id is not None
    assert gate.pending()[0].facts["risk"] == "6"
    facts["risk"] = 9_999
    gate.submit(act("pay", {"amount": 5}), session=session)
    with pytest.raises(ApprovalError):
        gate.approve(str(held.ticket), by=Human("ana"))


def test_only_signatures_that_counted_are_recorded_as_used(lab: Lab) -> None:
    """Signed at risk 6, run at risk 1: the intent says that ana approved what she never saw."""
    facts = {"risk": 6}
    gate = lab.gate(POLICY, tools=TOOLS, facts=lambda action: dict(facts))
    held = gate.submit(act("pay", {"amount": 5}))
    assert held.id is not None
    gate.approve(str(held.ticket), by=Human("ana"))
    facts["risk"] = 1
    assert gate.resume(held.id).status is Status.EXECUTED
    assert lab.last("intent")["approvals"] == []


def test_a_retyped_input_does_not_hold_an_action_for_ever(lab: Lab) -> None:
    """Integer becomes Decimal: signatures and clock stay bound to a digest that no longer comes."""
    policy = POLICY.replace("Decimal", "TYPE")
    gate = lab.gate(policy.replace("TYPE", "Integer"), tools=TOOLS)
    held = gate.submit(act("pay", {"amount": 5}), facts={"risk": 9})
    assert held.id is not None
    gate = lab.gate(policy.replace("TYPE", "Decimal"), tools=TOOLS)
    gate.pending()
    lab.clock.advance(days=30)
    assert gate.resume(held.id).status is Status.DENIED
    assert gate.pending() == []


def test_a_role_name_is_no_person(lab: Lab) -> None:
    gate = lab.gate(POLICY, tools=TOOLS)
    held = gate.submit(act("pay", {"amount": 5}), facts={"risk": 9})
    assert held.id is not None
    with pytest.raises(ApprovalError):
        gate.approve(str(held.ticket), by=Human("boss"))


def test_an_approval_that_is_older_than_a_day_is_none(lab: Lab) -> None:
    gate = lab.gate(POLICY, tools=TOOLS)
    held = gate.submit(act("pay", {"amount": 5}), facts={"risk": 9})
    assert held.id is not None
    gate.approve(str(held.ticket), by=Human("ana"))
    lab.clock.advance(hours=24)
    assert gate.resume(held.id).status is Status.DENIED
