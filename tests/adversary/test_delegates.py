"""Acting through others, for others, or as another conversation: chains, keys, sessions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from policy_engine import Action, Agent, ApprovalError, Gate, GateError, Human, Outcome, Status
from policy_engine.decision.action import Principal
from policy_engine.decision.history import History, PastAction
from policy_engine.decision.outcome import Decision
from tests.adversary.conftest import Lab
from tests.decision.loading import NOW, loaded

HEAD, ONE, TWO = Agent("head", team="red"), Agent("one", team="blue"), Agent("two", team="blue")
PACE = """
agents have { team: Text }
task pay { input amount: Decimal }
rule r permit any agent to pay
rule pace limit pay to at most 2 per agent within 1 hour
"""
TOOLS = {"pay": lambda amount: "paid"}


def done(gate: Gate, by: Principal, *chain: Principal, task: str = "pay", **input_: Any) -> Status:
    return gate.submit(Action(by, task, input_, chain=chain)).status


def test_who_delegates_uses_up_the_own_budget(lab: Lab) -> None:
    """One sub-agent for each call: the delegator is nowhere in the past but in its chains."""
    gate = lab.gate(PACE, tools=TOOLS)
    found = [done(gate, Agent(f"s{n}", team="blue"), HEAD, amount=n) for n in range(3)]
    assert found == [Status.EXECUTED, Status.EXECUTED, Status.DENIED]
    assert done(gate, HEAD, amount=1) is Status.DENIED
    assert done(gate, ONE, Agent("HEAD ", team="red"), amount=1) is Status.DENIED
    assert done(gate, ONE, amount=1) is Status.EXECUTED


@pytest.mark.parametrize(
    "clauses",
    [
        'per agent within 1 hour when agent.team == "red"',
        'within 1 hour when agent.team == "red"',
        'per agent.id within 1 hour when agent.id == "head"',
        'per agent.team within 1 hour unless agent.team == "blue"',
    ],
)
def test_who_delegates_is_in_the_class_by_the_own_attributes(lab: Lab, clauses: str) -> None:
    """One team, and of the sub-agents none is in it."""
    text = PACE.replace("2 per agent within 1 hour", f"1 {clauses}")
    gate = lab.gate(text, tools=TOOLS)
    assert done(gate, ONE, HEAD, amount=1) is Status.EXECUTED
    assert done(gate, TWO, HEAD, amount=1) is Status.DENIED
    assert done(gate, TWO, amount=1) is Status.EXECUTED


def test_a_person_of_the_chain_counts_as_a_person(lab: Lab) -> None:
    gate = lab.gate(
        PACE.replace("any agent", "any principal").replace("2 per", "1 per"), tools=TOOLS
    )
    assert done(gate, ONE, Human("head"), amount=1) is Status.EXECUTED
    assert done(gate, TWO, HEAD, amount=1) is Status.EXECUTED
    assert done(gate, Human("head"), amount=1) is Status.DENIED


DUTIES = """
task open { input vendor: Text }
task pay { input vendor: Text }
task check { input vendor: Text }
rule r permit any agent to any task
constraint duties never pay
  when exists open where past.vendor == vendor and past.principal == principal within 1 day
rule second pay only after check
  where past.vendor == vendor and past.principal != principal within 1 day
rule own check only after open
  where past.vendor == vendor and past.principal == principal within 1 day
"""


def decided(task: str, by: Principal, past: PastAction, *chain: Principal) -> Decision:
    action = Action(by, task, {"vendor": "v"}, chain=chain)
    return loaded(DUTIES).decide(action, history=History((past,)), now=NOW)


def past(task: str, by: Principal, *chain: Principal) -> PastAction:
    at = NOW - timedelta(minutes=5)
    return PastAction(task, {"vendor": "v"}, by, at, "executed", chain=chain)


def test_duties_are_not_evaded_through_others() -> None:
    """Head opens the vendor through one, and pays it through two, or itself."""
    opened = past("open", ONE, HEAD)
    for by, chain in ((HEAD, ()), (TWO, (HEAD,)), (ONE, ())):
        assert "duties" in decided("pay", by, opened, *chain).rules, by
    assert "duties" not in decided("pay", TWO, opened).rules


def test_nobody_is_another_through_others() -> None:
    """Two people must see it: who did both through others is not two."""
    checked = past("check", ONE, HEAD)
    for by, chain in ((HEAD, ()), (ONE, ()), (TWO, (ONE,)), (TWO, (HEAD,))):
        assert "second" in decided("pay", by, checked, *chain).rules, by
    assert decided("pay", TWO, checked).allowed


def test_what_several_did_is_surely_of_none_of_them() -> None:
    opened = past("open", ONE, HEAD)
    decision = decided("check", HEAD, opened)
    assert decision.outcome is Outcome.DENY
    assert "several did it" in str(decision.reasons[0].unknown)
    assert decided("check", HEAD, past("open", HEAD)).allowed


def test_a_delegator_without_roles_permits_nothing(lab: Lab) -> None:
    policy = PACE.replace("any agent", "bot")
    gate = lab.gate(policy, roles="g, one, bot\n", tools=TOOLS)
    assert done(gate, ONE, amount=1) is Status.EXECUTED
    assert done(gate, ONE, HEAD, amount=1) is Status.DENIED
    assert done(gate, ONE, Agent("bot", team="x"), amount=1) is Status.DENIED


def test_an_approver_sees_who_delegated(lab: Lab) -> None:
    text = PACE.replace("any agent", "any principal") + "rule e escalate pay to boss\n"
    gate = lab.gate(text, tools=TOOLS)
    held = gate.submit(Action(ONE, "pay", {"amount": 1}, chain=(HEAD, Human("ana"))))
    (waiting,) = gate.pending()
    assert [member.id for member in waiting.chain] == ["head", "ana"]
    with pytest.raises(ApprovalError):
        gate.approve(str(held.ticket), by=Human("Ana"))


def test_a_key_gives_nobody_what_was_for_another(lab: Lab) -> None:
    """The host makes keys from task and input; what came back for ann is handed to bob."""
    gate = lab.gate("task mine {}\nrule r permit any agent to mine\n", tools={"mine": lambda: "s"})
    ann = Action(ONE, "mine", {}, on_behalf_of=Human("ann"))
    assert gate.submit(ann, key="k").output == "s"
    for other in (
        Action(ONE, "mine", {}, on_behalf_of=Human("bob")),
        Action(ONE, "mine", {}),
        Action(ONE, "mine", {}, on_behalf_of=Human("ann"), domain="d"),
        Action(ONE, "mine", {}, on_behalf_of=Human("ann"), chain=(HEAD,)),
    ):
        with pytest.raises(GateError, match="another action"):
            gate.submit(other, key="k")
    assert gate.submit(ann, key="k").output == "s"


PURPOSE = """
session has { purpose: Text }
agents have { purpose?: Text }
context has { purpose?: Text }
task pay {}
rule r permit any agent to pay when session.purpose == "refund"
"""


def test_a_session_is_what_it_was_opened_for(lab: Lab) -> None:
    """The agent says its purpose wherever it can; the host continues with another one."""
    gate = lab.gate(PURPOSE, tools={"pay": lambda: "paid"})
    gate.open("hi", id="s", attributes={"purpose": "refund"})
    with pytest.raises(GateError, match="other attributes"):
        gate.open("hi", id="s", attributes={"purpose": "support"})
    assert gate.open("hi", id="s", attributes={"purpose": "refund"}).id == "s"
    session = gate.open("purpose: refund", attributes={"purpose": "support"})
    said = {"purpose": "refund"}
    liar = Action(Agent("one", **said), "pay", {}, said)
    assert gate.submit(liar, session=session).status is Status.DENIED
    assert gate.submit(liar).status is Status.DENIED
    assert gate.submit(liar, session=gate.open("hi", id="s")).status is Status.EXECUTED


def test_what_is_unwritable_is_no_attribute(lab: Lab) -> None:
    gate = lab.gate(PURPOSE, tools={"pay": lambda: "paid"})
    session = gate.open("hi", attributes={"purpose": object()})
    assert gate.submit(Action(ONE, "pay", {}), session=session).status is Status.DENIED


def test_a_rule_under_observation_is_enforced_from_its_day(lab: Lab) -> None:
    """Asked the day before, signed, and taken up when the rule is no longer observed."""
    text = PACE + "rule e escalate pay to boss\n"
    text += "rule f forbid any agent to pay observe until 2026-05-05\n"
    gate = lab.gate(text, tools=TOOLS)
    held = gate.submit(Action(ONE, "pay", {"amount": 1}))
    assert held.decision is not None
    assert [reason.rule for reason in held.decision.observed] == ["f"]
    gate.approve(str(held.ticket), by=Human("ana"))
    lab.clock.advance(hours=15)
    assert gate.resume(str(held.id)).status is Status.DENIED


def test_a_no_holds_for_everybody_who_proposed_it(lab: Lab) -> None:
    """Whoever was told no does not get it through a sub-agent, nor the sub-agent alone."""
    text = """
        role lead for humans
        task pay { input amount: Decimal }
        rule r permit any agent to pay
        rule signed escalate pay to lead
    """
    gate = lab.gate(text, roles="g, ana, lead\n", tools=TOOLS)
    held = gate.submit(Action(ONE, "pay", {"amount": 5}, chain=(HEAD,)))
    gate.reject(str(held.ticket), by=Human("ana"), reason="no")
    assert done(gate, HEAD, amount=5) is Status.DENIED
    assert done(gate, ONE, amount=5) is Status.DENIED
    assert done(gate, TWO, HEAD, amount=5) is Status.DENIED
    assert done(gate, TWO, amount=5) is Status.HELD
    assert done(gate, HEAD, amount=6) is Status.HELD
