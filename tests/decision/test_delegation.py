"""A delegated action is decided for everybody in its chain, and nobody signs their own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy_engine import Action, Agent, Engine, Human, Outcome, Session
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.evidence import Approval
from policy_engine.decision.outcome import Decision
from tests.decision.loading import NOW, loaded, of, past

DESK = """
agents have { team: Text }
role clerk
role boss for humans
task pay { input amount: Decimal }
rule paying permit clerk to pay
rule teams forbid any agent to pay when agent.team == "red"
rule pace limit pay to at most 1 per agent within 1 hour
rule signed escalate pay to boss when amount > 10
"""


@pytest.fixture(scope="module")
def engine() -> Engine:
    return loaded(DESK)


def decided(
    engine: Engine,
    action: Action,
    roles: frozenset[str] | None = frozenset({"clerk"}),
    chain: tuple[frozenset[str] | None, ...] = (),
    **more: object,
) -> Decision:
    circumstances = Circumstances(
        NOW, roles, Session("", id="s-1"), history=of(), chain_roles=chain
    )
    return decide(engine._program, action, replace(circumstances, **more))


CLERK = frozenset({"clerk"})
WORKER = Agent("worker", team="blue")
HEAD = Agent("head", team="blue")


def test_everybody_in_the_chain_needs_a_permit(engine: Engine) -> None:
    action = Action(WORKER, "pay", {"amount": 1}, chain=(HEAD,))
    assert decided(engine, action, chain=(CLERK,)).outcome is Outcome.ALLOW
    for roles in ((frozenset(),), (None,), ()):
        decision = decided(engine, action, chain=roles)
        assert decision.outcome is Outcome.DENY
        assert "`head`" in decision.reasons[0].title


def test_what_narrows_one_narrows_all(engine: Engine) -> None:
    red = Agent("head", team="red")
    action = Action(WORKER, "pay", {"amount": 1}, chain=(red,))
    assert decided(engine, action, chain=(CLERK,)).rules == {"teams"}


def test_a_limit_counts_for_each(engine: Engine) -> None:
    action = Action(WORKER, "pay", {"amount": 1}, chain=(HEAD,))
    history = of(past("pay", 5, HEAD, amount=1))
    decision = decided(engine, action, chain=(CLERK,), history=history)
    assert decision.rules == {"pace"}


def test_reasons_and_asks_of_several_are_told_once(engine: Engine) -> None:
    action = Action(WORKER, "pay", {"amount": 11}, chain=(HEAD, Human("ann")))
    decision = decided(engine, action, chain=(CLERK, CLERK))
    assert [reason.rule for reason in decision.reasons] == ["signed", "paying"]
    assert [ask.rule for ask in decision.asks] == ["signed"]


def test_nobody_in_the_chain_signs(engine: Engine) -> None:
    action = Action(WORKER, "pay", {"amount": 11}, chain=(Human("Ann"),))
    bare = decided(engine, action, chain=(CLERK,))
    rule = engine.policy.rules["signed"]
    assert bare.action is not None
    for by, outcome in (("ann", Outcome.ESCALATE), ("bob", Outcome.ALLOW)):
        approval = Approval(
            by, frozenset({"boss"}), bare.action, bare.facts, rule.name, rule.digest, NOW
        )
        decision = decided(engine, action, chain=(CLERK,), evidence=(approval,))
        assert decision.outcome is outcome, by


def test_the_chain_is_part_of_what_is_signed(engine: Engine) -> None:
    bare = Action(WORKER, "pay", {"amount": 11})
    direct = decided(engine, bare)
    delegated = decided(engine, replace(bare, chain=(HEAD,)))
    assert direct.action != delegated.action
    assert direct.proposal == delegated.proposal


@pytest.mark.parametrize("name", ["agent worker", "agent head", "task pay", "session s-1"])
def test_what_is_suspended_does_nothing(engine: Engine, name: str) -> None:
    action = Action(WORKER, "pay", {"amount": 1}, chain=(HEAD,))
    decision = decided(engine, action, chain=(CLERK,), suspended=frozenset({name}))
    assert decision.reasons[0].code.id == "D517"
    others = frozenset({"human worker", "task paying", "session s-2"})
    assert decided(engine, action, chain=(CLERK,), suspended=others).allowed
