"""A shop that holds what it buys for people, and channels that remember what they got."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from policy_engine import Action, Agent, Engine, Gate, Human, Notice
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.runtime.notices import Channel
from tests.fakes import FakeClock
from tests.postgres import Server, postgresql as postgresql

POLICY = """
policy desk.t "T" owner "o@desk.example"
role bot for agents
role boss for humans
role chief for humans
record Budget { id: Text  left: Decimal }
fact budget: Budget may drift
task pay "Pay a supplier" { input to: Text  input amount: Decimal  input pin?: Text secret }
rule pays permit bot to pay
rule never "Nothing is paid to x" forbid any agent to pay when to == "x"
rule signed "A boss signs above 10, or a chief"
  escalate pay to boss when amount > 10
  within 1 hour, otherwise escalate to 2 of chief within 1 hour, otherwise deny
rule scarce "A chief signs when little is left" escalate pay to chief when budget.left < 100
"""
ROLES = "g, a, bot\ng, ana, boss\ng, eva, chief\ng, ida, chief\n"
NINE = datetime(2026, 5, 4, 9, tzinfo=UTC)


class Box:
    """A channel that remembers what it got, or fails with `problem`."""

    def __init__(self, name: str = "box") -> None:
        self.name = name
        self.problem: BaseException | None = None
        self.tried = 0
        self.got: list[Notice] = []

    def send(self, notice: Notice) -> None:
        self.tried += 1
        if self.problem is not None:
            raise self.problem
        self.got.append(notice)

    @property
    def kinds(self) -> list[str]:
        return [notice.kind.value for notice in self.got]


class Shop:
    """One store: a gate in front, which proposes and tells nobody, and workers that tell."""

    def __init__(self, folder: Path, store: str) -> None:
        (folder / "p.policy").write_text(POLICY, encoding="utf-8")
        (folder / "r.csv").write_text(ROLES, encoding="utf-8")
        self._engine = Engine.load(folder / "p.policy", directory=folder / "r.csv")
        self._store = store
        self._gates: list[Gate] = []
        self.left = 1_000
        self.clock = FakeClock()
        self.front = self.gate()

    def gate(self, *channels: Channel) -> Gate:
        gate = self._engine.gate(
            store=self._store,
            tools={"pay": lambda to, amount, pin=None: "paid"},
            facts=lambda action: {"budget": {"id": "b", "left": self.left}},
            clock=self.clock,
            notices=channels,
        )
        self._gates.append(gate)
        return gate

    def propose(self, amount: int = 50, to: str = "s-1", **more: Any) -> str:
        """The id of an action."""
        behalf, domain = more.pop("on_behalf_of", None), more.pop("domain", None)
        input_ = {"to": to, "amount": amount, **more}
        action = Action(Agent("a"), "pay", input_, on_behalf_of=behalf, domain=domain)
        result = self.front.submit(action, session=self.front.open("pay"))
        return str(result.id)

    def sign(self, *people: str) -> None:
        (waiting,) = self.front.pending()
        for who in people:
            self.front.approve(waiting.ticket, by=Human(who))

    def told(self, kind: str = "notified") -> list[dict[str, Any]]:
        """The bodies of these entries, without what is the same for every action."""
        found = (r.body for r in LedgerReader(self.front._database).records() if r.kind == kind)
        return [{n: v for n, v in body.items() if n not in ("action", "notice")} for body in found]

    def close(self) -> None:
        for gate in self._gates:
            gate.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path, str(tmp_path / "s.db"))
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """On a store of either kind."""
    store = str(tmp_path / "s.db")
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        store = server.new_store()
    made = Shop(tmp_path, store)
    yield made
    made.close()


def send(worker: Gate, *boxes: Box) -> None:
    """Sends all that is due now, as the threads of a worker would."""
    worker._sending.write()
    for box in boxes:
        while worker._sending.send_one(box):
            pass


def eventually(seen: Callable[[], bool]) -> bool:
    """Whether it comes about within ten seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if seen():
            return True
        time.sleep(0.01)
    return False
