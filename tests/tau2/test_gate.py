"""tau2's proposed calls through the gate: row by row the outcome that the adapter gives.

Executed is the adapter's *allow*, denied its *deny*, held its *escalate*. Each row is one session
with its user, its facts and, where it was given, the user's yes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks.replay import RunningClock
from benchmarks.tau2.engine import DOMAINS, decide, engine_of
from benchmarks.tau2.sessions import MOMENT, ProposedCall, calls, play, proposed
from policy_engine import Status
from policy_engine.runtime.executors import Recorded
from tests.tau2.scoring import DATA, needs_data, quiet_about_files

pytestmark = [needs_data, quiet_about_files]

WORDS = {Status.EXECUTED: "allow", Status.DENIED: "deny", Status.HELD: "escalate"}
Row = Mapping[str, Any]


def as_it_is(row: Row) -> Row:
    return row


def without_the_yes(row: Row) -> Row:
    return {**row, "context": {**row["context"], "user_confirmed": False}}


def for_somebody_else(row: Row) -> Row:
    return {**row, "context": {**row["context"], "session_user": "somebody else"}}


@pytest.mark.parametrize(
    ("domain", "change", "outcomes"),
    [
        ("airline", as_it_is, {"allow": 28, "deny": 27}),
        ("airline", without_the_yes, {"escalate": 28, "deny": 27}),
        ("airline", for_somebody_else, {"deny": 55}),
        ("retail", as_it_is, {"allow": 119, "deny": 28}),
        ("retail", without_the_yes, {"escalate": 119, "deny": 28}),
        ("retail", for_somebody_else, {"deny": 147}),
        ("telecom", as_it_is, {"allow": 74, "deny": 14}),
        ("telecom", without_the_yes, {"escalate": 74, "deny": 14}),
        ("telecom", for_somebody_else, {"deny": 88}),
    ],
)
def test_gate_and_adapter_agree_row_by_row(
    domain: str, change: Callable[[Row], Row], outcomes: dict[str, int], tmp_path: Path
) -> None:
    changed = [proposed(call.name, change(call.row)) for call in of(domain)]
    found = through_the_gate(domain, changed, tmp_path / "run.db")
    assert found == {call.name: from_the_adapter(call.row) for call in changed}
    assert Counter(found.values()) == outcomes


def test_every_row_is_a_session_of_its_own() -> None:
    names = [call.name for call in calls(DATA)]
    assert len(names) == len(set(names)) == 290
    assert {call.domain for call in calls(DATA)} == set(DOMAINS)


def test_a_row_without_a_time_has_that_of_the_rulebooks() -> None:
    moments = {call.domain: call.moment for call in calls(DATA)}
    assert moments["airline"] == moments["retail"] == MOMENT


def of(domain: str) -> list[ProposedCall]:
    return [call for call in calls(DATA) if call.domain == domain]


def through_the_gate(domain: str, proposed: list[ProposedCall], store: Path) -> dict[str, str]:
    clock = RunningClock(proposed[0].moment)
    gate = engine_of(domain).gate(store=store, executor=Recorded(), clock=clock)
    with closing(gate):
        return {call.name: WORDS[play(gate, call).status] for call in proposed}


def from_the_adapter(row: Row) -> str:
    return decide(row["domain"], row["tool"], row["args"], row["facts"], row["context"])
