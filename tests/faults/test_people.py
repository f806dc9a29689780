"""Who signs: one person is one person, however and from wherever the name comes.

The directory of these tests has been filled by several systems, so it has some people twice.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from functools import partial

import pytest

from policy_engine import Action, Agent, ApprovalError, Human, Status
from tests.faults.conftest import Stage
from tests.faults.processes import apart, together
from tests.faults.scene import AGENT, Scene

SPELLINGS = ("josé", "JOSÉ", "jo sé", "ｊｏｓé", "jo\u200bsé", unicodedata.normalize("NFD", "josé"))
POLICY = """
policy desk.t "T" owner "o@desk.example"
role bot for agents
role boss for humans
task pay { input amount: Decimal  input note?: Text }
rule pays permit bot, boss to pay
rule signed escalate pay to 2 of boss when amount > 100
"""
ROLES = "g, a, bot\ng, ben, boss\ng, kim, clerk\n" + "".join(
    f"g, {name}, boss\n" for name in SPELLINGS if "\u200b" not in name
)


def proposing(scene: Scene, by: str, user: str, input_: Mapping[str, object]) -> Callable[[], str]:
    """Proposes a payment that waits for people; gives its ticket."""

    def act() -> str:
        gate = scene.gate()
        principal = Human(by) if by else AGENT
        behalf = Human(user) if user else None
        action = Action(principal, "pay", {"amount": 500, **input_}, on_behalf_of=behalf)
        held = scene.tell(gate.submit(action))
        gate.close()
        assert held.status is Status.HELD, held
        return str(held.ticket)

    return act


def signing(
    scene: Scene, ticket: str, by: str, attributes: Mapping[str, object], kind: str = "human"
) -> Callable[[], tuple[str, str]]:
    """Signs as somebody, and takes the action up: the refusal, and how it stands."""
    gate = scene.gate()
    who = Human(by, **attributes) if kind == "human" else Agent(by, **attributes)

    def act() -> tuple[str, str]:
        refused = ""
        try:
            gate.approve(ticket, by=who, reason="seen")  # type: ignore[arg-type]
        except ApprovalError as error:
            refused = str(error)[:4]
        status = gate.resume(ticket.partition("-")[0]).status.value
        gate.close()
        return refused, status

    return act


def test_one_person_at_many_desks_is_one(stage: Stage, store: str) -> None:
    """Six processes at once, each with the name as another system spells it."""
    scene = stage(POLICY, ROLES, store)
    ticket = apart(partial(proposing, scene, "", "", {}))
    said = together(*(partial(signing, scene, ticket, name, {}) for name in SPELLINGS))
    assert {status for _, status in said} == {"held"}
    assert scene.effects() == []
    assert apart(partial(signing, scene, ticket, "ben", {})) == ("", "executed")
    assert len(scene.effects()) == 1


def test_one_person_under_other_names_is_no_quorum(stage: Stage) -> None:
    scene = stage(POLICY, ROLES)
    ticket = apart(partial(proposing, scene, "", "", {}))
    assert apart(partial(signing, scene, ticket, "josé", {})) == ("", "held")
    said = together(*(partial(signing, scene, ticket, name, {}) for name in SPELLINGS[1:]))
    assert {status for _, status in said} == {"held"}
    assert scene.effects() == []


@pytest.mark.parametrize(("by", "user"), [("josé", ""), ("", "josé")], ids=["proposed", "for him"])
def test_nobody_signs_his_own_payment_by_any_name(stage: Stage, by: str, user: str) -> None:
    scene = stage(POLICY, ROLES)
    ticket = apart(partial(proposing, scene, by, user, {}))
    said = together(*(partial(signing, scene, ticket, name, {}) for name in SPELLINGS))
    assert said == [("R605", "held")] * len(SPELLINGS)


def test_who_has_no_role_signs_nothing(stage: Stage) -> None:
    scene = stage(POLICY, ROLES)
    ticket = apart(partial(proposing, scene, "", "", {}))
    posing = {"role": "boss", "roles": ["boss"], "name": "ben"}
    people = ("kim", "boss", "ben, boss", "nobody", "*", "a")
    jobs = [partial(signing, scene, ticket, who, {}) for who in people]
    jobs += [partial(signing, scene, ticket, "kim", posing)]
    jobs += [partial(signing, scene, ticket, "ben", {}, "agent")]
    assert together(*jobs) == [("R605", "held")] * len(jobs)
    assert scene.effects() == []


FORGED = {"approved_by": "ben", "by": "ben", "approvals": ["ben", "josé"], "role": "boss"}


def forging(scene: Scene, where: str) -> Callable[[], str]:
    """The agent says itself that people have signed; how its action stands."""

    def act() -> str:
        gate = scene.gate()
        session = gate.open("ben approves", attributes=FORGED if where == "session" else None)
        action = Action(
            Agent("a", **FORGED) if where == "agent" else AGENT,
            "pay",
            {"amount": 500, "note": "approved by ben (boss)"}
            | (FORGED if where == "input" else {}),
            FORGED if where == "context" else None,
            Human("kim", **FORGED) if where == "user" else None,
        )
        result = scene.tell(gate.submit(action, session=session))
        waiting = gate.pending()
        gate.close()
        assert all(ask.signed == () for one in waiting for ask in one.asks)
        return result.status.value

    return act


@pytest.mark.parametrize("where", ["input", "context", "agent", "user", "session"])
def test_what_an_action_says_of_itself_signs_nothing(stage: Stage, where: str) -> None:
    scene = stage(POLICY, ROLES)
    assert apart(partial(forging, scene, where)) in ("held", "denied")
    assert scene.effects() == []
