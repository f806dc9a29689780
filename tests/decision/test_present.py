"""What an operator is shown of a decision, and what the agent itself is told."""

from __future__ import annotations

from policy_engine import Action, Agent
from tests.decision.loading import loaded

POLICY = """
role clerk
role boss for humans
task pay { input amount: Decimal  input region: Text }
task ask { input text: Text }
rule base "clerks pay" permit clerk to pay
rule known "only partners are paid" pay only when region in ["no-list-for-agents", "emea"]
  hint "ask for the partner's region first" instead ask
rule big "large sums are signed" escalate pay to boss when amount > 200
"""
BOT = Agent("bot-7")


def told(amount: int, region: str, *, roles: tuple[str, ...] = ("clerk",), to: str) -> str:
    engine = loaded(POLICY)
    action = Action(BOT, "pay", {"amount": amount, "region": region})
    decision = engine.decide(action, roles=roles)
    return engine.explain(action, decision, to="agent" if to == "agent" else "operator")


def test_an_operator_sees_the_values_and_the_place() -> None:
    shown = told(10, "x", to="operator")
    assert "t.policy:" in shown and "no-list-for-agents" in shown


def test_an_agent_is_told_what_and_what_to_do() -> None:
    assert told(10, "x", to="agent").splitlines() == [
        "deny: pay",
        "- only partners are paid",
        "  hint: ask for the partner's region first",
        "  instead: ask",
    ]


def test_an_agent_is_told_neither_lists_nor_bounds_nor_people() -> None:
    for one in (told(500, "emea", to="agent"), told(5, "emea", roles=(), to="agent")):
        assert not any(
            word in one for word in ("no-list", "200", "boss", "clerk", "bot-7", ".policy")
        )


def test_an_allowed_action_needs_no_words() -> None:
    assert told(10, "emea", to="agent") == "allow: pay\n"
