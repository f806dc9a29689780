"""Getting a secret into the ledger, an explanation or an error text."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from policy_engine import Action, Agent
from policy_engine.decision.action import action_digest
from tests.adversary.conftest import Lab, act

S = "hunter2-secret"
POLICY = """
record Card { number: Text secret  name: Text }
fact vault: Card
task login { input pin: Text secret }
task pay { input card: Card  input cards?: list of Card }
task two { input pin: Text secret  input card: Text secret }
rule r permit bot to login, pay, two
"""
CARD = {"number": S, "name": "x"}


@pytest.mark.parametrize(
    ("task", "input_"),
    [
        ("logn", {"pin": S}),
        ("pay", {"card": f'{{"number": "{S}"}}'}),
        ("pay", {"card": [CARD]}),
        ("pay", {"card": {"number": "1", "name": "x"}, "cards": CARD}),
        ("login", {"pin": "1", S: "1"}),
    ],
    ids=["misspelt task", "record as text", "list for record", "record for list", "as a name"],
)
def test_a_misfit_does_not_open_a_secret(lab: Lab, task: str, input_: Mapping[str, object]) -> None:
    """Models misspell tasks and hand over records as JSON text; what does not fit is not sealed."""
    gate = lab.gate(POLICY)
    result = gate.submit(act(task, input_))
    assert S not in lab.ledger()
    assert S not in repr(result.decision)


@pytest.mark.parametrize("token", [S, 5])
def test_secret_attributes_stay_secret(lab: Lab, token: object) -> None:
    """`agents have { token: Integer secret }`: recorded in the clear, and told when it misfits."""
    policy = "agents have { token: Integer secret }" + POLICY
    gate = lab.gate(policy + "rule f forbid bot to login when agent.token > 9")
    result = gate.submit(Action(Agent("a", token=token, note=S), "login", {"pin": "1"}))
    assert S not in repr(result.decision)
    assert S not in lab.ledger()
    assert '"token":5' not in lab.ledger()


def test_secret_context_stays_secret(lab: Lab) -> None:
    gate = lab.gate("context has { key?: Text secret }" + POLICY)
    gate.submit(act("login", {"pin": "1"}, context={"key": S}))
    assert S not in lab.ledger()


def test_a_short_secret_cannot_be_guessed_from_the_ledger(lab: Lab) -> None:
    """The seal is salted, but the action's digest is not: 10,000 tries give a PIN away."""
    lab.gate(POLICY, tools={"login": lambda pin: None}).submit(act("login", {"pin": "4711"}))
    recorded = lab.last("decided")["action_digest"]
    pins = (f"{n:04}" for n in range(4_000, 5_000))
    assert recorded not in {action_digest(act("login", {}), {"pin": pin}) for pin in pins}


@pytest.mark.parametrize(
    ("pin", "card", "kept"),
    [
        ("4000", "4000-1111-2222", "1111-2222"),
        ("1", 'it\'s \\ "quoted"', "quoted"),
        ("1", "zwölf\nKämpfer", "mpfer"),
    ],
    ids=["one begins the other", "quoted", "line end"],
)
def test_a_tool_error_gives_no_secret_away(lab: Lab, pin: str, card: str, kept: str) -> None:
    """`KeyError` quotes its argument; a short secret cuts a longer one in two."""

    def two(pin: str, card: str) -> object:
        raise KeyError(card)

    gate = lab.gate(POLICY, tools={"two": two})
    result = gate.submit(act("two", {"pin": pin, "card": card}))
    assert kept not in str(result.detail)
    assert kept not in lab.ledger()


def test_a_tool_error_gives_no_secret_fact_away(lab: Lab) -> None:
    """Secrets of facts are masked nowhere in errors."""

    def login(pin: str) -> object:
        raise ValueError(f"the vault said {S}")

    gate = lab.gate(POLICY, tools={"login": login})
    result = gate.submit(act("login", {"pin": "1"}), facts={"vault": CARD})
    assert S not in str(result.detail)
    assert S not in lab.ledger()


def test_a_declared_secret_is_nowhere_in_the_clear(lab: Lab) -> None:
    gate = lab.gate(POLICY, tools={"login": lambda pin: None})
    result = gate.submit(act("login", {"pin": S}), facts={"vault": CARD})
    assert S not in lab.ledger()
    assert S not in repr(result.decision and result.decision.reasons)
