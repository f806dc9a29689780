"""A gate with a shadow does what it does without one, and its record says where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from policy_engine import Action, Agent, Engine, Gate, Human, Metrics, Result, Session
from policy_engine.audit.shadow import trials
from policy_engine.decision.circumstances import Circumstances
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.verify import verify
from tests.fakes import FakeClock

LIVE = """
policy desk.pay "Payments" owner "risk@desk.example" times in "UTC"

role clerk for agents
role manager for humans

task note { input text: Text }
task mail { input text: Text }
task pay  { input amount: Decimal }
validation whole "Whole amounts" checks amount that amount * 100 != 12345

rule working permit clerk to note, mail, pay
rule signed  escalate pay to manager when amount > 100
rule never   forbid any principal to pay when amount > 5_000
rule checked require whole before pay
rule sure    require confirmation before mail
rule paced   limit pay to at most 6 per agent within 1 day
"""
LAXER = LIVE.replace("amount > 5_000", "amount > 9_000").replace("amount > 100", "amount > 900")
STRICTER = LIVE + "rule closed forbid any principal to note, mail, pay\n"


class Raising(Engine):
    """An engine that answers nothing."""

    def circumstances(self, action: Action, **given: Any) -> Circumstances:
        raise ZeroDivisionError


CANDIDATES: dict[str, tuple[type[Engine], str]] = {
    "the same": (Engine, LIVE),
    "laxer": (Engine, LAXER),
    "stricter": (Engine, STRICTER),
    "without a task": (Engine, LIVE.partition("task note")[0] + "task close {}\n"),
    "raising": (Raising, LIVE),
}


@dataclass
class Office:
    """A gate, perhaps with a shadow, and what it was seen to do."""

    gate: Gate
    store: Path
    calls: list[object]
    session: Session
    results: list[Result] = field(default_factory=list)

    def do(self, task: str, **input_: object) -> Result:
        action = Action(Agent("bot"), task, input_, on_behalf_of=Human("ida"))
        self.results.append(self.gate.submit(action, session=self.session))
        return self.results[-1]

    def entries(self) -> list[tuple[str, Mapping[str, Any]]]:
        with closing(Database(self.store)) as database:
            return [(r.kind, r.body) for r in LedgerReader(database).records()]

    def differences(self) -> list[tuple[str, str, str]]:
        found = [body for kind, body in self.entries() if kind == "shadowed"]
        return [(body["task"], body["live"], body["shadow"]) for body in found]


Open = Callable[..., Office]


def _done(calls: list[object], **input_: object) -> str:
    calls.append(input_)
    return "done"


@pytest.fixture
def open_office(tmp_path: Path) -> Iterator[Open]:
    (tmp_path / "roles.csv").write_text("g, bot, clerk\ng, ann, manager\n", encoding="utf-8")
    made: list[Office] = []

    def load(kind: type[Engine], name: str, text: str) -> Engine:
        path = tmp_path / f"{name}.policy"
        path.write_text(text, encoding="utf-8")
        return kind.load(path, directory=tmp_path / "roles.csv")

    def open_(shadow: str | None = None, **options: Any) -> Office:
        calls: list[object] = []
        tools = {name: partial(_done, calls) for name in ("note", "mail", "pay")}
        kind, text = CANDIDATES.get(shadow or "", (Engine, ""))
        candidate = load(kind, "candidate", text) if text else None
        store = tmp_path / f"{len(made)}.db"
        gate = load(Engine, "live", LIVE).gate(
            store=store, tools=tools, clock=FakeClock(), shadow=candidate, **options
        )
        made.append(Office(gate, store, calls, gate.open("Pay and write", id="s-1")))
        return made[-1]

    yield open_
    for office in made:
        office.gate.close()


def a_day_at(office: Office) -> None:
    """Everything that a decision can come to."""
    gate, ann = office.gate, Human("ann")
    office.do("note", text="morning")
    office.do("pay", amount=50)
    office.do("pay", amount=6_000)
    office.do("pay", amount=123.45)
    office.do("dance")
    held, other = office.do("pay", amount=500), office.do("pay", amount=1_000)
    gate.approve(str(held.ticket), by=ann, reason="seen")
    gate.resume(str(held.id))
    gate.reject(str(other.ticket), by=ann, reason="too much")
    office.do("pay", amount=1_000)
    unsure = office.do("mail", text="hello")
    gate.confirm(str(unsure.ticket), by=Human("ida"))
    gate.resume(str(unsure.id))
    gate.suspend("task mail", by=ann, reason="looks odd")
    office.do("mail", text="hello")
    for _ in range(5):
        office.do("pay", amount=1)


def told(office: Office) -> tuple[object, ...]:
    """All that can be seen of an office but ids, and digests under a salt of its own."""
    results = [
        (
            r.status,
            r.detail,
            r.output,
            None if r.decision is None else (r.decision.outcome, r.decision.reasons),
        )
        for r in office.results
    ]
    record = [
        (kind, body.get("task"), body.get("outcome"), body.get("reasons"))
        for kind, body in office.entries()
        if kind != "shadowed"
    ]
    with closing(Database(office.store)) as database:
        stored = database.rows("SELECT task, status, detail, approved FROM actions ORDER BY rowid")
    return results, record, stored, office.calls


@pytest.mark.parametrize("shadow", CANDIDATES)
def test_the_live_path_is_the_same_with_and_without_a_shadow(
    open_office: Open, shadow: str
) -> None:
    alone, beside = open_office(), open_office(shadow)
    a_day_at(alone)
    a_day_at(beside)
    assert told(beside) == told(alone)


@pytest.mark.parametrize(
    ("shadow", "differences"),
    [
        ("the same", {}),
        ("laxer", {("pay", "deny", "escalate"): 1, ("pay", "escalate", "validate"): 2}),
        (
            "stricter",
            {
                ("pay", "validate", "deny"): 5,
                ("pay", "escalate", "deny"): 3,
                ("mail", "validate", "deny"): 1,
                ("note", "allow", "deny"): 1,
            },
        ),
    ],
)
def test_differences_are_recorded(
    open_office: Open, shadow: str, differences: dict[tuple[str, str, str], int]
) -> None:
    office = open_office(shadow)
    a_day_at(office)
    assert Counter(office.differences()) == differences


def test_a_candidate_that_fails_differs_in_every_first_answer(open_office: Open) -> None:
    office = open_office("raising")
    a_day_at(office)
    assert {shadow for _, _, shadow in office.differences()} == {"error"}


def test_what_is_allowed_at_once_is_compared_too(open_office: Open) -> None:
    """It takes the short way through the gate, without a whole decision."""
    office = open_office("stricter")
    assert office.do("note", text="hello").status.value == "executed"
    assert office.differences() == [("note", "allow", "deny")]


def test_a_person_s_word_is_not_compared(open_office: Open) -> None:
    office = open_office("stricter")
    held = office.do("pay", amount=500)
    before = office.differences()
    office.gate.approve(str(held.ticket), by=Human("ann"), reason="seen")
    assert office.gate.resume(str(held.id)).status.value == "executed"
    assert office.differences() == before == [("pay", "escalate", "deny")]


def test_metrics_and_the_audit_count_the_same(open_office: Open) -> None:
    metrics = Metrics()
    office = open_office("stricter", watch=[metrics])
    a_day_at(office)
    with closing(Database(office.store)) as database:
        (trial,) = trials(LedgerReader(database).records())
    assert metrics.snapshot().total("shadowed") == trial.actions == 10


def test_the_record_holds(open_office: Open) -> None:
    office = open_office("laxer")
    a_day_at(office)
    with closing(Database(office.store)) as database:
        assert verify(LedgerReader(database).records()).holds
