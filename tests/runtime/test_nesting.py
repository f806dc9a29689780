"""A tool may use the gate itself: what it proposes belongs to the action that it performs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from policy_engine import Action, Agent, Engine, Gate, Result
from policy_engine.runtime.store import Status

POLICY = """policy desk "Desk"
  owner "desk@shop.example"
role clerk
task close "Close an order" { input order: Text }
task check "Check it" { input order: Text }
about close { exclusive per order }
rule all "Clerks close" permit clerk to close, check
"""
BOT = Agent("bot-7")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    (tmp_path / "desk.policy").write_text(POLICY)
    (tmp_path / "roles.csv").write_text("g, bot-7, clerk\n")
    return Engine.load(tmp_path / "desk.policy", directory=tmp_path / "roles.csv")


@pytest.fixture
def gate(engine: Engine, tmp_path: Path) -> Gate:
    return engine.gate(store=tmp_path / "gate.db")


def close(order: str) -> Action:
    return Action(BOT, "close", {"order": order})


def nested(gate: Gate, inner: Callable[[], Result]) -> tuple[Result, list[Result]]:
    """Closes order 1, whose tool does `inner`; the first call alone does."""
    results: list[Result] = []
    waiting = [inner]

    def tool(order: str) -> str:
        if waiting:
            results.append(waiting.pop()())
        return "closed"

    gate.task("close")(tool)
    gate.task("check")(tool)
    return gate.submit(close("1")), results


def test_a_tool_may_do_again_what_it_alone_works_on(gate: Gate) -> None:
    outer, (inner,) = nested(gate, lambda: gate.submit(close("1")))
    assert (outer.status, inner.status) == (Status.EXECUTED, Status.EXECUTED)


def test_a_tool_of_a_tool_still_belongs_to_the_first(gate: Gate) -> None:
    steps: list[Result] = []
    waiting = ["check"]

    def check(order: str) -> str:
        steps.append(gate.submit(close("1")))
        return "checked"

    def tool(order: str) -> str:
        if waiting:
            gate.submit(Action(BOT, waiting.pop(), {"order": order}))
        return "closed"

    gate.task("close")(tool)
    gate.task("check")(check)
    assert gate.submit(close("1")).status is Status.EXECUTED
    assert [step.status for step in steps] == [Status.EXECUTED]


def test_somebody_else_has_to_wait_meanwhile(engine: Engine, gate: Gate, tmp_path: Path) -> None:
    other = engine.gate(store=tmp_path / "gate.db", tools={"close": lambda order: "closed"})

    def inner() -> Result:
        found: list[Result] = []
        thread = threading.Thread(target=lambda: found.append(other.submit(close("1"))))
        thread.start()
        thread.join()
        return found[0]

    outer, (denied,) = nested(gate, inner)
    assert (outer.status, denied.status) == (Status.EXECUTED, Status.DENIED)
    assert denied.decision is not None
    assert denied.decision.reasons[0].code.id == "D514"


def test_an_async_tool_may_do_the_same(gate: Gate) -> None:
    inner: list[Result] = []
    waiting = ["1"]

    async def tool(order: str) -> str:
        if waiting:
            inner.append(await gate.submit_async(close(waiting.pop())))
        return "closed"

    gate.task("close")(tool)
    outer = asyncio.run(gate.submit_async(close("1")))
    assert (outer.status, inner[0].status) == (Status.EXECUTED, Status.EXECUTED)


def test_what_comes_after_the_call_is_no_part_of_it(gate: Gate) -> None:
    nested(gate, lambda: gate.submit(Action(BOT, "check", {"order": "1"})))
    first, second = gate.submit(close("2")), gate.submit(close("2"))
    assert (first.status, second.status) == (Status.EXECUTED, Status.EXECUTED)
