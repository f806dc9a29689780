"""What people were asked and what would run are one thing, whatever changes in between.

An action is held by one process, and signed there or not. Then something changes, and a process
that starts afterwards is given the old ticket, and the action.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import pytest

from policy_engine import ApprovalError, Gate, GateError, Human
from tests.faults.conftest import Stage
from tests.faults.processes import apart
from tests.faults.scene import ANA, ROLES, Scene, pay

POLICY = """
policy desk.t "T" owner "o@desk.example"
role bot for agents
role boss for humans
fact risk: Integer
task pay { input amount: Decimal  input note?: Text }
rule pays permit bot to pay when amount > 0
rule signed escalate pay to boss when amount > 100
rule risky escalate pay to boss when risk > 5
validation small checks amount against schema "s.json"
rule whole require small before pay
"""
SCHEMA = '{ "type": "number", "maximum": 1000 }'
KEY = "order-1"

Change: TypeAlias = Callable[[Scene], object]


def edit(old: str, new: str) -> Change:
    """The policy reads otherwise."""
    assert old in POLICY
    return lambda scene: scene.write(POLICY.replace(old, new))


def roles(text: str) -> Change:
    return lambda scene: scene.write(POLICY, text)


def schema(text: str) -> Change:
    return lambda scene: (scene.folder / "s.json").write_text(text)


def risk(number: int) -> Change:
    return lambda scene: (scene.folder / "risk").write_text(str(number))


CHANGES = {
    "a fact is worse": risk(9_999),
    "the rule asks above another amount": edit("amount > 100", "amount > 50"),
    "the rule asks for two": edit(
        "signed escalate pay to boss", "signed escalate pay to 2 of boss"
    ),
    "the rule asks somebody else": edit(
        "rule signed escalate pay to boss",
        "role chief for humans\nrule signed escalate pay to chief",
    ),
    "a second rule asks": edit("risk > 5", "risk > 0"),
    "the policy forbids it": edit("rule whole", "rule no forbid bot to pay\nrule whole"),
    "the task is no longer permitted": edit("amount > 0", "amount > 5_000"),
    "an input has another type": edit("amount: Decimal", "amount: Integer"),
    "an input is needed that nobody gave": edit("note?: Text", "note?: Text  input to: Text"),
    "the validation's schema refuses it": schema('{ "type": "number", "maximum": 10 }'),
    "the validation's schema wants another type": schema('{ "type": "string" }'),
    "a ceiling is set": edit(
        "rule whole", "rule most limit pay to at most 0 within 1 day\nrule whole"
    ),
    "who signs has lost the role": roles("g, a, bot\ng, ben, boss\n"),
    "the agent has lost its role": roles("g, ana, boss\ng, ben, boss\n"),
}


def open_gate(scene: Scene) -> Gate:
    return scene.gate(facts=lambda action: {"risk": int((scene.folder / "risk").read_text())})


def asking(scene: Scene, signed: bool) -> Callable[[], tuple[str, str]]:
    """Proposes, and has a person sign where that is asked."""

    def act() -> tuple[str, str]:
        gate = open_gate(scene)
        held = scene.tell(gate.submit(pay(500), key=KEY))
        if signed:
            gate.approve(str(held.ticket), by=ANA, reason="seen")
        gate.close()
        return str(held.id), str(held.ticket)

    return act


def going_on(scene: Scene, id_: str, ticket: str, by: str) -> Callable[[], tuple[str, str, str]]:
    """Signs the old ticket and takes the action up: what was refused, how it stands, its ticket."""

    def act() -> tuple[str, str, str]:
        gate = open_gate(scene)
        refused = ""
        try:
            if by:
                gate.approve(ticket, by=Human(by), reason="seen")
        except ApprovalError as error:
            refused = str(error)
        result = gate.resume(id_)
        gate.close()
        return refused, result.status.value, result.ticket or ""

    return act


@pytest.fixture
def scene(stage: Stage) -> Scene:
    made = stage(POLICY, ROLES)
    risk(1)(made)
    schema(SCHEMA)(made)
    return made


@pytest.mark.parametrize("change", CHANGES)
def test_a_signature_is_none_for_what_has_changed(scene: Scene, change: str) -> None:
    id_, _ = apart(partial(asking, scene, True))
    CHANGES[change](scene)
    _, status, _ = apart(partial(going_on, scene, id_, "", ""))
    assert status in ("held", "denied")
    assert scene.effects() == []


@pytest.mark.parametrize("change", CHANGES)
def test_an_old_ticket_lets_nothing_run_that_has_changed(scene: Scene, change: str) -> None:
    id_, ticket = apart(partial(asking, scene, False))
    CHANGES[change](scene)
    refused, status, now = apart(partial(going_on, scene, id_, ticket, "ana"))
    assert status in ("held", "denied")
    assert refused or now != ticket
    assert scene.effects() == []


def test_what_has_not_changed_is_signed_and_runs(scene: Scene) -> None:
    id_, ticket = apart(partial(asking, scene, False))
    assert apart(partial(going_on, scene, id_, ticket, "ana")) == ("", "executed", "")
    assert len(scene.effects()) == 1


def test_an_edit_elsewhere_changes_nothing(scene: Scene) -> None:
    id_, _ = apart(partial(asking, scene, True))
    edit("rule whole", "task rest { }\nrule rests permit bot to rest\nrule whole")(scene)
    assert apart(partial(going_on, scene, id_, "", "")) == ("", "executed", "")


def sending_another(scene: Scene, key: str) -> Callable[[], tuple[str, str]]:
    """The agent, once its payment is signed, comes with another amount."""

    def act() -> tuple[str, str]:
        gate = open_gate(scene)
        try:
            result = scene.tell(gate.submit(pay(501), key=key))
        except GateError as error:
            return "refused", str(error)
        finally:
            gate.close()
        return result.status.value, str(result.id)

    return act


def test_other_arguments_under_the_same_key_are_refused(scene: Scene) -> None:
    apart(partial(asking, scene, True))
    said, why = apart(partial(sending_another, scene, KEY))
    assert (said, "stands for another action" in why) == ("refused", True)
    assert scene.effects() == []


def test_other_arguments_are_another_action_that_nobody_signed(scene: Scene) -> None:
    id_, ticket = apart(partial(asking, scene, True))
    said, other = apart(partial(sending_another, scene, "order-2"))
    assert (said, other != id_) == ("held", True)
    forged = ticket.replace(id_, other)
    refused, status, _ = apart(partial(going_on, scene, other, forged, "ana"))
    assert (refused[:4], status) == ("R607", "held")
    assert scene.effects() == []
