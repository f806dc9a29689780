"""Ladders at the gate: whose turn it is, who is asked next, exceptions, facts that may drift."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from policy_engine import Human, Status
from tests.fakes import Desk

OpenDesk = Callable[..., Desk]

PAY = """
role manager for humans
role auditor for humans
task pay { input amount: Decimal }
rule all permit any agent to pay
"""
LADDER = (
    PAY
    + """
rule ask escalate pay to manager within 4 hours, otherwise escalate to 2 of auditor within 1 day
"""
)
TOOLS: dict[str, Callable[..., object]] = {"pay": lambda amount: "paid"}


def asked(desk: Desk) -> list[str]:
    """Who is asked now, for everything that waits."""
    waiting = desk.gate.pending()
    return [f"{p.quorum} {p.role}" for w in waiting for a in w.asks for p in a.parties]


def ends(desk: Desk) -> list[datetime | None]:
    """When their turn ends."""
    return [ask.until for waiting in desk.gate.pending() for ask in waiting.asks]


def test_one_rung_after_the_other(open_desk: OpenDesk) -> None:
    desk = open_desk(LADDER, tools=TOOLS)
    held = desk.do("pay", amount=1)
    assert asked(desk) == ["1 manager"]
    assert ends(desk) == [desk.clock.now() + timedelta(hours=4)]
    desk.clock.advance(hours=4)
    assert asked(desk) == ["2 auditor"]
    assert ends(desk) == [desk.clock.now() + timedelta(days=1)]
    for who in ("cat", "dan"):
        desk.gate.approve(str(held.ticket), by=Human(who))
    assert desk.gate.resume(str(held.id)).status is Status.EXECUTED


def test_the_end_of_the_ladder_is_the_end(open_desk: OpenDesk) -> None:
    desk = open_desk(LADDER, tools=TOOLS)
    held = desk.do("pay", amount=1)
    desk.clock.advance(hours=28)
    assert asked(desk) == []
    assert desk.gate.resume(str(held.id)).status is Status.DENIED


def test_who_signed_in_their_turn_has_signed(open_desk: OpenDesk) -> None:
    desk = open_desk(LADDER, tools=TOOLS)
    held = desk.do("pay", amount=1)
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    desk.clock.advance(hours=6)
    assert asked(desk) == []
    assert desk.gate.resume(str(held.id)).status is Status.EXECUTED


def test_two_parties_are_two_people(open_desk: OpenDesk) -> None:
    desk = open_desk(PAY + "rule ask escalate pay to manager and auditor\n", tools=TOOLS)
    held = desk.do("pay", amount=1)
    assert asked(desk) == ["1 auditor", "1 manager"]
    desk.gate.approve(str(held.ticket), by=Human("eve"))
    assert desk.gate.resume(str(held.id)).status is Status.HELD
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    assert desk.gate.resume(str(held.id)).status is Status.EXECUTED


def test_an_exception_asks_instead(open_desk: OpenDesk) -> None:
    text = PAY + (
        "rule no forbid any agent to pay when amount > 10\n"
        'exception season to no for any agent until 2026-05-05 approved by "o" '
        "escalate to auditor\n"
    )
    desk = open_desk(text, tools=TOOLS)
    held = desk.do("pay", amount=11)
    assert (held.status, asked(desk)) == (Status.HELD, ["1 auditor"])
    desk.gate.approve(str(held.ticket), by=Human("cat"))
    assert desk.gate.resume(str(held.id)).status is Status.EXECUTED
    desk.clock.advance(days=1)
    assert desk.do("pay", amount=11).status is Status.DENIED


def test_what_may_drift_asks_nobody_again(open_desk: OpenDesk) -> None:
    text = PAY + (
        "record Account { id: Text  balance: Decimal }\n"
        "fact account: Account may drift\n"
        "rule ask escalate pay to manager\n"
        "rule low escalate pay to auditor when account.balance < 100\n"
    )
    desk = open_desk(text, tools=TOOLS)
    held = desk.do("pay", amount=1)
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    desk.balance = 4_000
    assert asked(desk) == []
    desk.balance = 99
    assert desk.gate.resume(str(held.id)).status is Status.HELD
    assert asked(desk) == ["1 auditor"]
    desk.balance = 101
    assert desk.gate.resume(str(held.id)).status is Status.EXECUTED
