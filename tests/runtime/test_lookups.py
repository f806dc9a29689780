"""Facts that the gate looks up: with what it calls the tasks that the policy names for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from policy_engine import Action, Agent, Status
from tests.fakes import Desk

TEXT = """
agents have { team: Text }
context has { channel: Text }
session has { user: Text  desk?: Text }
role clerk

record User { id: Text  level: "new" | "regular" }
record Team { id: Text  head: Text }

task get_user { input id: Text  output user: User trusted }
task get_team { input name: Text  output team: Team trusted }
task pay { input to: Text  input amount: Decimal }

define own_user = session.user
define head_of(some_team: Team) = some_team.head

FACTS

rule paying permit clerk to pay when WHEN
"""

Opener = Callable[..., Desk]


def looked_up(open_desk: Opener, facts: str, when: str, **session: object) -> tuple[Status, Any]:
    """What becomes of an action, and with what the tasks were called."""
    calls: list[tuple[str, object]] = []

    def get_user(id: str) -> dict[str, object]:
        calls.append(("get_user", id))
        return {"id": id, "level": "regular"}

    def get_team(name: str) -> dict[str, object]:
        calls.append(("get_team", name))
        return {"id": name, "head": f"head of {name}"}

    tools = {"get_user": get_user, "get_team": get_team, "pay": lambda to, amount: "paid"}
    desk = open_desk(TEXT.replace("FACTS", facts).replace("WHEN", when), tools=tools)
    opened = desk.gate.open("Pay", attributes=session)
    action = Action(
        Agent("bot", team="emea"), "pay", {"to": "mia", "amount": 5}, context={"channel": "chat"}
    )
    return desk.gate.submit(action, session=opened).status, calls


@pytest.mark.parametrize(
    ("facts", "calls"),
    [
        ("fact user: User from get_user(to)", [("get_user", "mia")]),
        ('fact user: User from get_user("ann")', [("get_user", "ann")]),
        ("fact user: User from get_user(session.user)", [("get_user", "zoe")]),
        ("fact user: User from get_user(own_user)", [("get_user", "zoe")]),
        ("fact user: User from get_user(context.channel)", [("get_user", "chat")]),
        ("fact user: User from get_user(agent.team)", [("get_user", "emea")]),
        ("fact user: User from get_user(principal.id)", [("get_user", "bot")]),
        (
            "fact user: User from get_user(team.head)\nfact team: Team from get_team(agent.team)",
            [("get_team", "emea"), ("get_user", "head of emea")],
        ),
        (
            "fact user: User from get_user(head_of(team))\n"
            "fact team: Team from get_team(session.user)",
            [("get_team", "zoe"), ("get_user", "head of zoe")],
        ),
    ],
)
def test_a_fact_is_looked_up_with_whatever_the_policy_names(
    open_desk: Opener, facts: str, calls: list[tuple[str, str]]
) -> None:
    assert looked_up(open_desk, facts, 'user.level == "regular"', user="zoe") == (
        Status.EXECUTED,
        calls,
    )


def test_an_attribute_that_the_session_does_not_have_looks_nothing_up(open_desk: Opener) -> None:
    facts = "fact user: User from get_user(session.user)"
    assert looked_up(open_desk, facts, 'user.level == "regular"') == (Status.DENIED, [])
    assert looked_up(open_desk, facts, 'user.level == "regular"', user=7) == (Status.DENIED, [])


def test_an_action_that_waits_is_looked_up_anew_with_its_session(open_desk: Opener) -> None:
    """Whoever resumes it need not have the session in hand."""
    seen: list[str] = []

    def get_user(id: str) -> dict[str, object]:
        seen.append(id)
        return {"id": id, "level": "regular"}

    text = TEXT.replace("FACTS", "fact user: User from get_user(session.user)")
    text = text.replace("WHEN", 'user.level == "regular"')
    text += "role manager for humans\nrule signed escalate pay to manager\n"
    desk = open_desk(text, tools={"get_user": get_user, "pay": lambda to, amount: "paid"})
    session = desk.gate.open("Pay", attributes={"user": "zoe"})
    action = Action(Agent("bot"), "pay", {"to": "mia", "amount": 5})
    held = desk.gate.submit(action, session=session)
    assert (held.status, seen) == (Status.HELD, ["zoe"])
    assert desk.gate.resume(str(held.id)).status is Status.HELD
    assert seen == ["zoe", "zoe"]
