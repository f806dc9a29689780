"""The engine as a whole: roles by directory, kinds, domains, and what a decision carries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from policy_engine import Action, Agent, Engine, Human, Outcome, PolicyError, Session
from policy_engine.runtime.executors import Recorded
from tests.fakes import write_policy

NOW = datetime(2026, 5, 4, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    roles = "g, bot, clerk\ng, robot, manager\ng2, ann, clerk, emea\ng, manager, clerk\n"
    yield Engine.load(write_policy(tmp_path, roles=roles), directory=tmp_path / "roles.csv")


def look(engine: Engine, who: Agent | Human, domain: str | None = None) -> Outcome:
    return engine.decide(Action(who, "look", domain=domain), now=NOW).outcome


def test_roles_come_from_the_directory(engine: Engine) -> None:
    assert look(engine, Agent("bot")) is Outcome.ALLOW
    assert look(engine, Agent("stranger")) is Outcome.DENY


def test_roles_are_held_in_domains(engine: Engine) -> None:
    assert look(engine, Human("ann"), "emea") is Outcome.ALLOW
    assert look(engine, Human("ann"), "apac") is Outcome.DENY
    assert look(engine, Human("ann")) is Outcome.DENY


def test_an_agent_gains_nothing_through_a_role_for_humans(engine: Engine) -> None:
    """`robot` is listed as manager, and managers are clerks: a person's duty stays a person's."""
    assert look(engine, Agent("robot")) is Outcome.DENY
    assert look(engine, Human("robot")) is Outcome.ALLOW


def test_a_principal_named_like_a_role_is_not_that_role(engine: Engine) -> None:
    assert look(engine, Human("manager")) is Outcome.DENY


def test_a_trusted_caller_may_say_the_roles(engine: Engine) -> None:
    action = Action(Agent("stranger"), "look")
    assert engine.decide(action, roles=["clerk"], now=NOW).allowed
    with pytest.raises(TypeError):
        engine.decide(action, roles="clerk", now=NOW)


def test_without_a_directory_roles_are_unknown(tmp_path: Path) -> None:
    decision = Engine.load(write_policy(tmp_path)).decide(Action(Agent("bot"), "look"), now=NOW)
    assert decision.outcome is Outcome.DENY
    assert "roles unknown" in decision.reasons[0].title


def test_a_naive_time_is_misuse(engine: Engine) -> None:
    with pytest.raises(ValueError, match="offset"):
        engine.decide(Action(Agent("bot"), "look"), now=datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_decision_says_where_why_and_what_would_change_it(engine: Engine, tmp_path: Path) -> None:
    action = Action(Agent("bot"), "pay", {"to": "shop-1", "amount": 500})
    facts = {"account": {"id": "a", "balance": 1000}}
    session = Session("pay 500 to shop-1")
    decision = engine.decide(action, session=session, facts=facts, now=NOW)
    reason = decision.reasons[0]
    assert (decision.outcome, reason.rule, reason.code.id) == (Outcome.ESCALATE, "large", "D506")
    assert [label.text for label in reason.labels] == ["500 > 100"]
    assert reason.place is not None
    assert reason.place.endswith("desk.policy:22:69")
    assert reason.would_change == "`amount` at most 100; or an approval"
    assert decision.policy == engine.policy.digest
    assert engine.explain(action, decision).startswith("ESCALATE  bot · pay")


def test_the_same_question_has_the_same_answer(engine: Engine) -> None:
    action = Action(Agent("bot"), "pay", {"to": "shop-1", "amount": 500})
    first, second = (engine.decide(action, now=NOW) for _ in range(2))
    assert first == second


def test_no_policy_no_gate(tmp_path: Path) -> None:
    for text in ("", "policy a.b\nrule x permit y to z\n"):
        with pytest.raises(PolicyError):
            Engine.load(write_policy(tmp_path, text))
    with pytest.raises(PolicyError):
        Engine.load([])


def test_a_policy_that_permits_nothing_denies_everything(tmp_path: Path) -> None:
    engine = Engine.load(write_policy(tmp_path, 'policy a.b owner "c"\n'))
    assert engine.decide(Action(Agent("bot"), "look"), now=NOW).outcome is Outcome.DENY
    gate = engine.gate(store=tmp_path / "x.db", executor=Recorded())
    assert gate.submit(Action(Agent("bot"), "look")).status.value == "denied"
    gate.close()
