"""A no holds for a day, in whichever process, session or spelling the same is asked again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from policy_engine import Action, Agent, Human
from tests.faults.conftest import Stage
from tests.faults.processes import apart
from tests.faults.scene import AGENT, ANA, Scene

POLICY = """
policy desk.t "T" owner "o@desk.example"
role bot for agents
role boss for humans
fact risk: Integer
task pay { input to: Text  input amount: Decimal  input at?: Timestamp }
rule pays permit bot to pay when amount > 0
rule risky escalate pay to boss when risk > 5
"""
ROLES = "g, a, bot\ng, b, bot\ng, ana, boss\n"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
AT = "2026-06-01T10:00:00Z"
INPUT = {"to": "shop-1", "amount": 5, "at": AT}
AGAIN: dict[str, dict[str, Any]] = {
    "as it was": {},
    "at no risk": {"risk": 1},
    "in another session": {"session": "another", "key": "k-2"},
    "under another key": {"key": "k-2"},
    "without a key or a session": {"session": None, "key": None},
    "with a float": {"input": {**INPUT, "amount": 5.0}},
    "with more zeros": {"input": {**INPUT, "amount": Decimal("5.000")}},
    "with an exponent": {"input": {**INPUT, "amount": Decimal("0.5E1")}},
    "in another time zone": {"input": {**INPUT, "at": "2026-06-01T12:00:00+02:00"}},
    "with a time of Python's": {"input": {**INPUT, "at": datetime(2026, 6, 1, 10, tzinfo=UTC)}},
    "for somebody": {"user": "kim", "key": "k-2"},
    "through another agent": {"through": "b", "key": "k-2"},
    "in another order": {"input": dict(reversed(INPUT.items()))},
}


def submitting(
    scene: Scene,
    risk: int = 9,
    session: str | None = "one",
    key: str | None = "k-1",
    input: dict[str, object] = INPUT,
    user: str | None = None,
    through: str | None = None,
    reject: bool = False,
) -> Callable[[], str]:
    """Proposes the payment, and rejects it where that is asked; how it stands."""

    def act() -> str:
        gate = scene.gate()
        opened = gate.open("Pay shop-1", id=session) if session is not None else None
        doer, chain = (Agent(through), (AGENT,)) if through is not None else (AGENT, ())
        behalf = Human(user) if user is not None else None
        action = Action(doer, "pay", input, on_behalf_of=behalf, chain=chain)
        result = scene.tell(gate.submit(action, session=opened, key=key, facts={"risk": risk}))
        if reject:
            gate.reject(str(result.ticket), by=ANA, reason="not this one")
            result = gate.resume(str(result.id))
        gate.close()
        return result.status.value

    return act


def rejected(scene: Scene) -> Scene:
    """At noon, a boss has said no."""
    scene.clock.set(NOON)
    assert apart(partial(submitting, scene, reject=True)) == "denied"
    return scene


@pytest.mark.parametrize("again", AGAIN)
def test_a_no_holds_for_a_day_however_it_is_asked_again(stage: Stage, again: str) -> None:
    scene = rejected(stage(POLICY, ROLES))
    change = AGAIN[again]
    assert apart(partial(submitting, scene, **change)) == "denied"
    scene.clock.move(hours=23, minutes=59, seconds=59)
    assert apart(partial(submitting, scene, **{**change, "key": "k-3"})) == "denied"
    assert scene.effects() == []


def test_after_a_day_it_may_be_asked_again(stage: Stage, store: str) -> None:
    scene = rejected(stage(POLICY, ROLES, store))
    scene.clock.move(hours=23, minutes=59, seconds=59)
    assert apart(partial(submitting, scene, key="k-2", risk=1)) == "denied"
    scene.clock.move(seconds=1)
    assert apart(partial(submitting, scene)) == "denied"  # that one has ended for good
    assert apart(partial(submitting, scene, key="k-3")) == "held"
    assert apart(partial(submitting, scene, key="k-4", risk=1)) == "executed"
    assert len(scene.effects()) == 1


def test_a_no_is_none_to_something_else(stage: Stage) -> None:
    scene = rejected(stage(POLICY, ROLES))
    other = {**INPUT, "amount": 6}
    assert apart(partial(submitting, scene, key="k-2", input=other)) == "held"
