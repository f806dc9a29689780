"""A busy day and a half at the payment desk: one action of every ending, in a real ledger."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from policy_engine import Action, Agent, Gate, Human, Result
from policy_engine.audit.summary import Summary, summarise
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.runtime.executors import ToolFailed, ToolHangs
from tests.fakes import Desk

SCRIPT = "<script>alert(1)</script>"
TURNING = "invoice\u202etxt.exe"


class Moody:
    """An executor that fails or hangs on request, and never waits."""

    name = "tool"

    def can(self, task: str) -> bool:
        return task != "look"

    def call(self, task: str, input: Mapping[str, object], key: str | None = None) -> object:
        if input.get("amount") == 13:
            raise ToolFailed("OSError: the bank is closed <today>")
        if input.get("amount") == 14:
            raise ToolHangs("no answer within 5 seconds")
        return "paid"


class BusyDesk(Desk):
    """A desk whose gate has the moody executor."""

    def open_gate(self) -> Gate:
        return self.engine.gate(
            store=self.store,
            executor=Moody(),
            facts=lambda action: {"account": {"id": "a-1", "balance": 9_000}},
            clock=self.clock,
        )


def busy(folder: Path) -> BusyDesk:
    """What `test_summary` counts. Times are those of the fake clock, from 4 May 2026, 09:00."""
    desk = BusyDesk(folder)
    _expires(desk)
    desk.pay(50)
    desk.clock.advance(minutes=10)
    _runs_after_a_signature(desk)
    _is_rejected(desk)
    _waits(desk)
    desk.pay(123.45)
    desk.pay(50, to=SCRIPT)
    desk.gate.submit(Action(Agent(TURNING), "mail"), session=desk.session)
    desk.pay(13)
    desk.pay(14)
    desk.gate.submit(Action(Agent("bot"), "look"), session=desk.session)
    return desk


def read(desk: Desk) -> Summary:
    """The summary of a desk's ledger."""
    database = Database(desk.store, must_exist=True)
    summary = summarise(LedgerReader(database).records())
    database.close()
    return summary


def held(result: Result) -> str:
    """The id of an action that waits."""
    assert result.status.value == "held"
    assert result.id is not None
    return result.id


def ticket_of(desk: Desk, id_: str) -> str:
    """What people sign who look at this action now."""
    return next(waiting.ticket for waiting in desk.gate.pending() if waiting.id == id_)


def _expires(desk: Desk) -> None:
    desk.pay(800)
    desk.clock.advance(hours=25)
    assert desk.gate.pending() == []


def _runs_after_a_signature(desk: Desk) -> None:
    id_ = held(desk.pay(500))
    desk.clock.advance(minutes=20)
    desk.gate.approve(ticket_of(desk, id_), by=Human("ann"), reason="saw the `invoice`")
    desk.clock.advance(minutes=1)
    assert desk.gate.resume(id_, session=desk.session).status.value == "executed"


def _is_rejected(desk: Desk) -> None:
    id_ = held(desk.pay(600))
    desk.clock.advance(minutes=90)
    desk.gate.reject(ticket_of(desk, id_), by=Human("ben"), reason=f"paid last week {SCRIPT}")


def _waits(desk: Desk) -> None:
    """For a manager and one more auditor; it is taken up in vain, and so decided twice."""
    id_ = held(desk.pay(5000))
    desk.clock.advance(minutes=30)
    desk.gate.approve(ticket_of(desk, id_), by=Human("cat"))
    held(desk.gate.resume(id_, session=desk.session))
