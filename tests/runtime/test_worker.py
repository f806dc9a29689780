"""A worker takes up what waits: what was signed, and what nobody signed in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from policy_engine import Action, Agent, Engine, Gate, GateError, Human, Status
from tests.fakes import FakeClock

POLICY = """
policy desk.t "T" owner "o@desk.example"
role bot for agents
role boss for humans
role chief for humans
task pay { input amount: Decimal }
rule pays permit bot to pay
rule signed escalate pay to boss within 1 hour, otherwise escalate to chief within 1 hour,
  otherwise deny
"""
ROLES = "g, a, bot\ng, ana, boss\ng, eva, chief\n"


class Shop:
    """One store, a gate that proposes, and a worker beside it with tools of its own."""

    def __init__(self, folder: Path) -> None:
        (folder / "p.policy").write_text(POLICY, encoding="utf-8")
        (folder / "r.csv").write_text(ROLES, encoding="utf-8")
        self._engine = Engine.load(folder / "p.policy", directory=folder / "r.csv")
        self._store = folder / "s.db"
        self.clock = FakeClock()
        self.paid: list[object] = []
        self.front = self.gate()
        self.worker = self.gate(pay=lambda amount: self.paid.append(amount))

    def gate(self, **tools: Callable[..., object]) -> Gate:
        return self._engine.gate(store=self._store, tools=tools, clock=self.clock)

    def propose(self, amount: int) -> str:
        session = self.front.open("pay")
        result = self.front.submit(Action(Agent("a"), "pay", {"amount": amount}), session=session)
        assert result.status is Status.HELD
        return str(result.id)

    def ticket(self, id_: str) -> str:
        return next(w.ticket for w in self.front.pending() if w.id == id_)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.worker.close()
    made.front.close()


def eventually(seen: Callable[[], bool]) -> bool:
    """Whether it comes about within ten seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if seen():
            return True
        time.sleep(0.02)
    return False


def test_what_was_signed_is_executed_by_a_worker(shop: Shop) -> None:
    shop.worker.work()
    id_ = shop.propose(5)
    shop.front.approve(shop.ticket(id_), by=Human("ana"))
    assert eventually(lambda: shop.paid == [5])


def test_a_worker_that_comes_later_finds_it(shop: Shop) -> None:
    id_ = shop.propose(5)
    shop.front.approve(shop.ticket(id_), by=Human("ana"))
    shop.worker.work()
    assert eventually(lambda: shop.paid == [5])


def test_a_ladder_moves_on_and_ends(shop: Shop) -> None:
    shop.worker.work()
    moved, ended = shop.propose(5), shop.propose(6)
    shop.clock.advance(minutes=61)
    shop.front.approve(shop.ticket(moved), by=Human("eva"))
    assert eventually(lambda: shop.paid == [5])
    shop.clock.advance(minutes=60)
    assert eventually(lambda: shop.front.resume(ended).status is Status.DENIED)
    assert shop.paid == [5]


def test_many_workers_execute_once(shop: Shop) -> None:
    workers = [shop.gate(pay=lambda amount: shop.paid.append(amount)) for _ in range(3)]
    for worker in workers:
        worker.work()
    ids = [shop.propose(n) for n in range(10)]
    for id_ in ids:
        shop.front.approve(shop.ticket(id_), by=Human("ana"))
    assert eventually(lambda: len(shop.paid) == 10)
    for worker in workers:
        worker.close()
    assert sorted(map(str, shop.paid)) == [str(n) for n in range(10)]


def test_a_worker_without_the_tool_leaves_it_to_others(shop: Shop) -> None:
    idle = shop.gate()
    idle.work()
    id_ = shop.propose(5)
    shop.front.approve(shop.ticket(id_), by=Human("ana"))
    time.sleep(0.6)
    assert shop.front.pending()[0].id == id_
    idle.close()
    shop.worker.work()
    assert eventually(lambda: shop.paid == [5])


def test_a_gate_is_a_worker_once(shop: Shop) -> None:
    shop.worker.work()
    with pytest.raises(GateError, match="a worker already"):
        shop.worker.work()
