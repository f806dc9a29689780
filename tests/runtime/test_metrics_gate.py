"""Metrics of a gate that does everything a gate can do: its totals are those of its ledger."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from policy_engine import Action, Agent, Engine, Human, Metrics, Result, Status
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader
from tests.runtime.test_metrics import Seconds

POLICY = """
policy desk.metrics "Payments" owner "risk@desk.example" times in "UTC"

agents have { team: Text  model: Text  badge: Text secret }

role clerk for agents
role manager for humans

task look  { output page: Text trusted }
task mail  { input text: Text }
task pay   { input amount: Decimal }
task close {}
task ship  {}

rule working permit clerk to any task
rule signed  escalate pay to manager when amount > 100
rule never   forbid any principal to pay when amount > 5_000
rule sure    require confirmation before mail
rule odd     forbid any principal to pay when amount == 13
  observe until 2100-01-01
validation cents "Whole cents" checks amount that amount * 100 != 12345
rule exact require cents before pay
validation clean "No word of it" checks page that page not contains "secret"
rule cleanly require clean after look
"""


class Office:
    """A gate that is watched; its clock stands until it is moved."""

    def __init__(self, folder: Path) -> None:
        (folder / "desk.policy").write_text(POLICY, encoding="utf-8")
        (folder / "roles.csv").write_text("g, bot-7, clerk\ng, ana, manager\ng, kim, clerk\n")
        self.clock = Seconds()
        self.metrics = Metrics(clock=self.clock, cost=lambda task, milliseconds: Decimal("0.25"))
        self.store = folder / "store.db"
        self.release = threading.Event()
        self.page = "hello"
        tools: dict[str, Callable[..., object]] = {
            "look": lambda: self.page,
            "mail": lambda text: "sent",
            "pay": lambda amount: "paid",
            "close": self._break,
            "ship": lambda: self.release.wait(5),
        }
        engine = Engine.load(folder / "desk.policy", directory=folder / "roles.csv")
        self.gate = engine.gate(store=self.store, tools=tools, time_limit=0.2, watch=[self.metrics])
        self.session = self.gate.open("Do it")

    def action(self, task: str, **input_: object) -> Action:
        agent = Agent("bot-7", team="emea", model="large-3", badge="b-1")
        return Action(agent, task, input_, on_behalf_of=Human("ida"))

    def do(self, task: str, **input_: object) -> Result:
        return self.gate.submit(self.action(task, **input_), session=self.session)

    def kinds(self) -> Counter[str]:
        database = Database(self.store, must_exist=True)
        try:
            return Counter(record.kind for record in LedgerReader(database).records())
        finally:
            database.close()

    def _break(self) -> None:
        raise RuntimeError("closed already")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.release.set()
    made.gate.close()


def a_day_at(office: Office) -> None:
    """Everything that a gate can record while it runs."""
    gate, ana = office.gate, Human("ana")
    assert office.do("pay", amount=50).status is Status.EXECUTED
    assert office.do("pay", amount=13).status is Status.EXECUTED
    assert office.do("pay", amount=6_000).status is Status.DENIED
    assert office.do("pay", amount=123.45).status is Status.DENIED
    assert office.do("dance").status is Status.DENIED
    held, other = office.do("pay", amount=500), office.do("pay", amount=700)
    office.clock.now += 600
    gate.approve(str(held.ticket), by=ana, reason="seen")
    assert gate.resume(str(held.id)).status is Status.EXECUTED
    gate.reject(str(other.ticket), by=ana, reason="too much")
    unsure = office.do("mail", text="hello")
    gate.confirm(str(unsure.ticket), by=Human("ida"))
    assert gate.resume(str(unsure.id)).status is Status.EXECUTED
    assert office.do("close").status is Status.FAILED
    assert office.do("ship").status is Status.UNKNOWN
    assert office.do("look").status is Status.EXECUTED
    office.page = "a secret"
    assert office.do("look").status is Status.WITHHELD
    proposed = gate.propose(office.action("pay", amount=60), session=office.session)
    gate.report(str(proposed.id), "paid", session=office.session)
    gate.suspend("agent bot-7", by=ana, reason="looks odd")
    assert office.do("pay", amount=50).status is Status.DENIED
    gate.lift("agent bot-7", by=ana, reason="is fine")
    until = datetime(2100, 1, 1, tzinfo=UTC)
    gate.lend("manager", by=ana, to=Human("bob"), until=until, reason="away")
    gate.take_back("manager", by=ana, to=Human("bob"))


def test_the_totals_are_those_of_the_ledger(office: Office) -> None:
    """But for its first entry, which is there before anybody can watch."""
    a_day_at(office)
    kinds, seen = office.kinds(), office.metrics.snapshot()
    assert kinds.pop("opened") == 1
    assert {k: seen.total("entries", kind=k) for k in kinds} == kinds
    assert seen.total("entries") == kinds.total()
    by_kind: dict[str, int | Decimal] = {
        "decided": seen.total("decisions"),
        "validated": seen.total("validations"),
        **{k: seen.total("people", step=k) for k in ("held", "approved", "confirmed", "rejected")},
        **{
            k: seen.total("outcomes", outcome=k)
            for k in ("executed", "withheld", "failed", "unknown")
        },
        **{k: seen.total("suspensions", step=k) for k in ("suspended", "lifted")},
    }
    rest = {"session", "intent", "lent", "taken_back"}
    assert by_kind == {kind: n for kind, n in kinds.items() if kind not in rest}
    assert rest <= kinds.keys()


def test_a_day_at_the_gate(office: Office) -> None:
    a_day_at(office)
    seen = office.metrics.snapshot()
    assert seen.total("outcomes", agent="(unknown)") == 0
    assert {labels[2:4] for labels in seen.counters["decisions"].values} == {("emea", "large-3")}
    assert seen.total("decisions", task="(undeclared)", outcome="deny") == 1
    assert seen.total("rules", rule="never", outcome="deny") == 1
    assert seen.total("rules", code="D517") == 1
    assert seen.total("observed", rule="odd") == 1
    assert seen.total("validations", validation="cents", result="failed") == 1
    assert seen.total("validations", validation="clean", result="failed") == 1
    waits = seen.histograms["waiting"].values
    assert {(labels[0], labels[-1]): found.sum for labels, found in waits.items()} == {
        ("pay", "allowed"): 600.0,
        ("pay", "rejected"): 600.0,
        ("mail", "allowed"): 0.0,
    }
    turnaround = seen.histograms["turnaround"].values
    assert {labels[0]: (found.count, found.sum) for labels, found in turnaround.items()} == {
        "pay": (4, 600.0),
        "mail": (1, 0.0),
        "look": (2, 0.0),
    }
    assert seen.total("call", task="pay") == 3
    assert seen.total("outcomes", task="pay", outcome="executed") == 4
    assert seen.total("cost", task="pay") == Decimal("1.00")
    assert "b-1" not in str(office.metrics.as_json())
