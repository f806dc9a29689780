"""The three rulebooks on the proposed calls of tau2-bench, straight and through the gate.

A disputed row is one on which readers of the rulebook do not agree; the policies follow the
rulebook's words there, and the counts below say so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.tau2.engine import (
    DOMAINS,
    POLICIES,
    WORDS,
    decide,
    decision,
    engine_of,
    question,
)
from policy_engine import Confirmation, Human, Outcome, Status
from tests.tau2.scoring import names_in, needs_data, quiet_about_files, rows, scores

pytestmark = [needs_data, quiet_about_files]

WANTED = {
    "pos airline allowed": (25, 25),
    "pos airline not denied": (25, 25),
    "pos retail allowed": (119, 119),
    "pos retail not denied": (119, 119),
    "pos telecom allowed": (74, 74),
    "pos telecom not denied": (74, 74),
    "neg airline (API rejects too) stopped": (1, 1),
    "neg airline (API would run it) stopped": (25, 25),
    "neg retail (API rejects too) stopped": (10, 10),
    "neg retail (API would run it) stopped": (18, 18),
    "neg telecom (API would run it) stopped": (14, 14),
    "neg-derived airline no consent stopped": (25, 25),
    "neg-derived airline wrong user stopped": (25, 25),
    "neg-derived retail no consent stopped": (119, 119),
    "neg-derived retail wrong user stopped": (119, 119),
    "neg-derived telecom no consent stopped": (74, 74),
    "neg-derived telecom wrong user stopped": (74, 74),
}

DISPUTED = {
    "pos airline/disputed allowed": (0, 1),
    "pos airline/disputed not denied": (0, 1),
    "neg airline/disputed (API would run it) stopped": (0, 3),
}
"""Insurance pays for illness and weather alone; a business trip can be cancelled for any reason."""


class FixedClock:
    """The moment in which the data play."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


def _kinds() -> list[dict[str, Any]]:
    """One proposed call of each kind: company, task, allowed or not."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for kind in ("positives", "negatives"):
        for row in rows(kind):
            if not row["disputed"]:
                found.setdefault((row["domain"], row["tool"], kind), row)
    return list(found.values())


def test_every_row() -> None:
    assert scores() == {**WANTED, **DISPUTED}


def test_what_is_not_confirmed_waits_and_what_is_another_users_is_denied() -> None:
    """Not only stopped: each for its own reason."""
    for row in rows("positives"):
        if not row["disputed"]:
            call = row["domain"], row["tool"], row["args"], row["facts"]
            assert decide(*call, {**row["context"], "user_confirmed": False}) == "escalate"
            assert decide(*call, {**row["context"], "session_user": "somebody else"}) == "deny"


def test_without_facts_nothing_is_allowed_but_a_customers_own_address() -> None:
    found = {
        row["tool"]
        for row in rows("positives")
        if decide(row["domain"], row["tool"], row["args"], {}, row["context"]) != "deny"
    }
    assert found == {"modify_user_address"}


def test_quick_and_full_decisions_agree() -> None:
    for row in [*rows("positives"), *rows("negatives")]:
        engine = engine_of(row["domain"])
        call = row["domain"], row["tool"], row["args"], row["facts"], row["context"]
        action, circumstances = question(*call)
        quick = engine.verdict(action, circumstances.roles, circumstances)
        assert quick.outcome is engine.decide_in(action, circumstances).outcome


@pytest.mark.parametrize("said", [True, False])
def test_a_yes_with_the_call_counts_as_one_that_is_bound_to_it(said: bool) -> None:
    """The full decision asks first, and decides again with a confirmation as evidence."""
    for row in [*rows("positives"), *rows("negatives")]:
        context = {**row["context"], "user_confirmed": said}
        call = row["domain"], row["tool"], row["args"], row["facts"], context
        outcome = decision(*call).outcome
        assert decide(*call) == WORDS[outcome]
        action, circumstances = question(*call)
        engine = engine_of(row["domain"])
        digest = engine.binding(action)
        assert digest is not None
        yes = (Confirmation("somebody", digest, circumstances.now),) if said else ()
        given = replace(circumstances, evidence=yes)
        assert engine.verdict(action, given.roles, given).outcome is outcome


def test_the_same_calls_through_the_gate(tmp_path: Path) -> None:
    """The gate asks the customer, hears yes, and performs what the bare engine allows."""
    for number, row in enumerate(_kinds()):
        call = row["domain"], row["tool"], row["args"], row["facts"], row["context"]
        action, circumstances = question(*call)
        performed: list[str] = []

        def tool(_performed: list[str] = performed, **_input: object) -> str:
            _performed.append("done")
            return "done"

        gate = engine_of(row["domain"]).gate(
            store=f"sqlite:///{tmp_path / f'{number}.db'}",
            tools={row["tool"]: tool},
            clock=FixedClock(circumstances.now),
        )
        session = gate.open(None, attributes=circumstances.attributes)
        result = gate.submit(action, session=session, facts=circumstances.facts)
        if result.status is Status.HELD:
            assert result.ticket is not None
            assert result.id is not None
            gate.confirm(result.ticket, by=Human(row["context"]["session_user"]))
            result = gate.resume(result.id, session=session, facts=circumstances.facts)
        gate.close()
        allowed = decide(*call) == "allow"
        assert performed == (["done"] if allowed else [])
        assert result.decision is not None
        assert (result.decision.outcome is Outcome.ALLOW) == allowed


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_policy_knows_a_person_an_order_or_a_task_of_the_data(domain: str) -> None:
    """It was written from the rulebook and the tools: no id of the data stands in it."""
    files = [POLICIES / f"{domain}.policy", *(POLICIES / "cases").glob(f"{domain}_*.csv")]
    text = "\n".join(file.read_text() for file in files)
    own = [row for kind in ("positives", "negatives") for row in rows(kind)]
    names = {name for row in own for name in names_in(row) if len(name) >= 5}
    assert len(names) > 500
    assert sorted(name for name in names if name in text) == []
