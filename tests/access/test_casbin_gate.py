"""A Casbin policy beside ours can only narrow, and what it leaves open denies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from policy_engine.access.casbin_gate import CasbinGate
from policy_engine.decision.action import Action, Agent
from policy_engine.decision.outcome import Decision, Outcome
from policy_engine.engine import Engine
from policy_engine.foundation.errors import GateError
from tests.access.casbin_models import DOMAINS, EFFECTS, ROLES, enforcer_of

RULES = ["g, bot-7, agent", "p, agent, pay, perform, allow", "p, bot-8, pay, perform, deny"]


def asks(who: str, task: str = "pay", domain: str | None = None) -> Action:
    return Action(Agent(who), task, domain=domain)


def test_it_says_what_casbin_says() -> None:
    gate = CasbinGate(enforcer_of(EFFECTS, *RULES))
    asked = [asks("bot-7"), asks("bot-8"), asks("bot-9"), asks("bot-7", "refund")]
    assert [gate.allows(action) for action in asked] == [True, False, False, False]


def test_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "model.conf").write_text(EFFECTS)
    (tmp_path / "policy.csv").write_text("\n".join(RULES))
    gate = CasbinGate.load(tmp_path / "model.conf", tmp_path / "policy.csv")
    assert gate.allows(asks("bot-7")) is True
    with pytest.raises(GateError, match="Casbin cannot load"):
        CasbinGate.load(tmp_path / "model.conf", tmp_path / "none.csv")


def test_with_domains_it_asks_in_the_domain_of_the_action() -> None:
    rules = ["g, bot-7, agent, emea", "p, agent, emea, pay, perform", "g, eve, agent, None"]
    gate = CasbinGate(enforcer_of(DOMAINS, *rules, "p, agent, None, pay, perform"))
    assert gate.allows(asks("bot-7", domain="emea")) is True
    assert gate.allows(asks("bot-7", domain="apac")) is False
    # Casbin itself would look in a domain that is called `None`, where eve holds a role.
    assert gate.allows(asks("eve")) is None
    assert str(gate.trouble) == "the model asks for a domain and the action has none"


def test_the_request_can_be_made_otherwise() -> None:
    rule = "p, agent, orders, write"
    with pytest.raises(GateError, match=r"what is `thing` of a request\?.*\(sub, thing, act\)"):
        CasbinGate(enforcer_of(ROLES.replace("obj", "thing"), rule))
    gate = CasbinGate(
        enforcer_of(ROLES.replace("obj", "thing"), rule),
        request=lambda action: (action.principal.kind, "orders", "write"),
    )
    assert gate.allows(asks("bot-7")) is True


# No answer


class Odd:
    """Something that an enforcer could say instead of True or False."""


@pytest.mark.parametrize("said", [None, 1, "True", [True, []], Odd()])
def test_what_is_neither_true_nor_false_is_unknown(said: object) -> None:
    enforcer = enforcer_of(EFFECTS, *RULES)
    gate = CasbinGate(enforcer)
    enforcer.enforce = lambda *_: said
    assert gate.allows(asks("bot-7")) is None
    assert "Casbin answers" in str(gate.trouble)


def test_what_casbin_raises_is_unknown_and_told() -> None:
    gate = CasbinGate(enforcer_of(EFFECTS, *RULES), request=lambda action: (action.task,))
    assert gate.allows(asks("bot-7")) is None
    assert repr(gate.trouble) == "RuntimeError('invalid request size')"


def test_an_enforcer_that_is_switched_off_is_not_asked() -> None:
    """Casbin would allow everything to everybody."""
    enforcer = enforcer_of(EFFECTS, *RULES)
    gate = CasbinGate(enforcer)
    enforcer.enable_enforce(False)
    assert enforcer.enforce("bot-8", "pay", "perform") is True
    assert gate.allows(asks("bot-8")) is None
    enforcer.enable_enforce(True)
    assert (gate.allows(asks("bot-8")), gate.trouble) == (False, None)


def test_an_effector_of_another_kind_is_refused() -> None:
    enforcer = enforcer_of(EFFECTS, *RULES)
    enforcer.set_effector(Odd())
    with pytest.raises(GateError, match="not the one that its model asks for"):
        CasbinGate(enforcer)


# Rows that change afterwards


def test_rules_that_change_count_and_faulty_ones_are_not_asked() -> None:
    enforcer = enforcer_of(EFFECTS, *RULES)
    enforcer.enable_auto_save(False)
    gate = CasbinGate(enforcer)
    enforcer.add_policy("bot-9", "pay", "perform", "allow")
    assert gate.allows(asks("bot-9")) is True
    enforcer.add_policy("bot-9", "pay", "perform", "Deny")
    assert enforcer.enforce("bot-9", "pay", "perform") is True
    assert gate.allows(asks("bot-9")) is None
    assert "neither `allow` nor `deny`" in str(gate.trouble)
    enforcer.update_policy(["bot-9", "pay", "perform", "Deny"], ["bot-9", "pay", "perform", "deny"])
    assert gate.allows(asks("bot-9")) is False
    enforcer.add_grouping_policy("agent", "bot-7")
    assert gate.allows(asks("bot-7")) is None
    assert "roles include each other" in str(gate.trouble)
    enforcer.remove_grouping_policy("agent", "bot-7")
    assert gate.allows(asks("bot-7")) is True
    enforcer.load_policy()
    assert gate.allows(asks("bot-9")) is False


def test_roles_in_two_domains_may_include_each_other() -> None:
    rules = ["p, a, x, pay, perform", "g, b, a, x", "g, a, b, y"]
    assert CasbinGate(enforcer_of(DOMAINS, *rules)).allows(asks("b", domain="x")) is True
    with pytest.raises(GateError, match="roles include each other"):
        CasbinGate(enforcer_of(DOMAINS, *rules, "g, a, b, x"))


def test_a_model_without_roles_will_do() -> None:
    model = ROLES.replace("g(r.sub, p.sub)", "r.sub == p.sub")
    model = model.replace("[role_definition]\ng = _, _\ng2 = _, _, _\n", "")
    assert CasbinGate(enforcer_of(model, "p, bot-7, pay, perform")).allows(asks("bot-7")) is True


# Beside a policy

POLICY = """\
policy acme.desk "A desk" owner "desk@acme.example"
role clerk
role manager for humans
task pay "Pay" { input amount: Decimal }
task tidy "Tidy up" {}
rule paying permit clerk to pay
rule large "Large sums are signed for" escalate pay to manager when amount > 100
"""


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    (tmp_path / "desk.policy").write_text(POLICY, encoding="utf-8")
    return Engine.load(tmp_path / "desk.policy")


def decided(engine: Engine, who: str, amount: int) -> tuple[Action, Decision]:
    action = Action(Agent(who), "pay", {"amount": amount})
    return action, engine.decide(action, roles=["clerk"])


def test_an_engine_asks_it_as_well(engine: Engine) -> None:
    """In full and in short; and the faults of a policy that has changed deny there too."""
    enforcer = enforcer_of(EFFECTS, *RULES)
    also = Engine(engine.policy, also=CasbinGate(enforcer))
    clerk = frozenset({"clerk"})
    asked = [Action(Agent(who), "pay", {"amount": 50}) for who in ("bot-7", "bot-8")]
    assert [also.decide(action, roles=clerk).allowed for action in asked] == [True, False]
    assert [also.verdict(action, clerk).allowed for action in asked] == [True, False]
    enforcer.enable_auto_save(False)
    enforcer.add_policy("bot-9", "pay", "perform", "Deny")
    assert [also.decide(action, roles=clerk).allowed for action in asked] == [False, False]
    assert [also.verdict(action, clerk).allowed for action in asked] == [False, False]


def test_yes_changes_nothing(engine: Engine) -> None:
    gate = CasbinGate(enforcer_of(EFFECTS, *RULES))
    for amount in (50, 500):
        action, decision = decided(engine, "bot-7", amount)
        assert gate.narrow(action, decision) is decision


@pytest.mark.parametrize("amount", [50, 500])
def test_no_denies_and_says_so(engine: Engine, amount: int) -> None:
    gate = CasbinGate(enforcer_of(EFFECTS, *RULES))
    action, decision = decided(engine, "bot-8", amount)
    narrowed = gate.narrow(action, decision)
    first, *others = narrowed.reasons
    assert (narrowed.outcome, narrowed.allowed, narrowed.rules) == (Outcome.DENY, False, set())
    assert (first.code.id, first.title, first.unknown) == (
        "D520",
        "Casbin does not allow `pay` to `bot-8`",
        None,
    )
    assert tuple(others) == decision.reasons
    assert narrowed.asks == decision.asks


def test_no_answer_denies_and_says_so(engine: Engine) -> None:
    gate = CasbinGate(enforcer_of(EFFECTS, *RULES), request=lambda action: ())
    action, decision = decided(engine, "bot-7", 50)
    narrowed = gate.narrow(action, decision)
    assert narrowed.outcome is Outcome.DENY
    assert (narrowed.reasons[0].title, narrowed.reasons[0].unknown) == (
        "nobody knows whether Casbin allows `pay` to `bot-7`",
        "Casbin gave no answer",
    )
    assert "what is unknown restricts" in engine.explain(action, narrowed)


def test_the_reason_stands_behind_other_denials(engine: Engine) -> None:
    gate = CasbinGate(enforcer_of(EFFECTS, *RULES))
    action = Action(Agent("bot-8"), "pay", {"amount": "many"})
    narrowed = gate.narrow(action, engine.decide(action, roles=["clerk"]))
    assert [r.code.id for r in narrowed.reasons if r.outcome is Outcome.DENY][-1] == "D520"
    assert [-r.outcome.value for r in narrowed.reasons] == sorted(
        -r.outcome.value for r in narrowed.reasons
    )


outcomes = st.sampled_from([True, False, None])


@settings(max_examples=30, deadline=None)
@given(said=outcomes, amount=st.sampled_from([50, 500, -1]), clerk=st.booleans())
def test_it_never_widens(said: bool | None, amount: int, clerk: bool, shared: Any) -> None:
    engine, gate, enforcer = shared
    enforcer.enforce = lambda *_: said
    action = Action(Agent("bot-7"), "pay", {"amount": amount})
    decision = engine.decide(action, roles=["clerk"] if clerk else [])
    narrowed = gate.narrow(action, decision)
    assert narrowed.outcome is (decision.outcome if said is True else Outcome.DENY)
    assert set(decision.reasons) <= set(narrowed.reasons)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, CasbinGate, Any]:
    path = tmp_path_factory.mktemp("desk") / "desk.policy"
    path.write_text(POLICY, encoding="utf-8")
    enforcer = enforcer_of(EFFECTS, *RULES)
    return Engine.load(path), CasbinGate(enforcer), enforcer
