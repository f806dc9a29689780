"""`require confirmation`: the user's own yes to exactly one action."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from policy_engine import ApprovalError, Human, Status
from tests.fakes import Desk
from tests.runtime.test_gate import holds, kinds

OpenDesk = Callable[..., Desk]

PAY = """
role manager for humans
task pay { input amount: Decimal }
rule all permit any agent to pay
rule sure require confirmation before pay when amount > 10
"""
TOOLS: dict[str, Callable[..., object]] = {"pay": lambda amount: "paid"}


def test_the_user_says_yes(open_desk: OpenDesk) -> None:
    desk = open_desk(PAY, tools=TOOLS)
    assert desk.do("pay", user="ida", amount=10).status is Status.EXECUTED
    held = desk.do("pay", user="ida", amount=11)
    assert held.status is Status.HELD
    (waiting,) = desk.gate.pending()
    assert (waiting.unconfirmed, waiting.asks) == (True, ())
    desk.gate.confirm(waiting.ticket, by=Human("ida"))
    assert desk.gate.pending()[0].unconfirmed is False
    assert desk.gate.resume(str(held.id)).status is Status.EXECUTED
    assert "confirmed" in kinds(desk)
    assert holds(desk)


def test_it_serves_once(open_desk: OpenDesk) -> None:
    desk = open_desk(PAY, tools=TOOLS)
    held = desk.do("pay", user="ida", amount=11)
    desk.gate.confirm(str(held.ticket), by=Human("ida"))
    assert desk.gate.resume(str(held.id)).status is Status.EXECUTED
    assert desk.do("pay", user="ida", amount=11).status is Status.HELD


def test_nobody_else_says_it(open_desk: OpenDesk) -> None:
    desk = open_desk(PAY, tools=TOOLS)
    held = desk.do("pay", user="ida", amount=11)
    with pytest.raises(ApprovalError, match="only `ida` can confirm"):
        desk.gate.confirm(str(held.ticket), by=Human("ann"))


def test_the_user_says_no(open_desk: OpenDesk) -> None:
    desk = open_desk(PAY, tools=TOOLS)
    held = desk.do("pay", user="ida", amount=11)
    with pytest.raises(ApprovalError, match="reason"):
        desk.gate.reject(str(held.ticket), by=Human("ida"), reason=" ")
    desk.gate.reject(str(held.ticket), by=Human("ida"), reason="I did not ask for this")
    assert desk.gate.resume(str(held.id)).status is Status.DENIED
    assert desk.do("pay", user="ida", amount=11).status is Status.DENIED
    assert desk.gate.pending() == []
    assert holds(desk)


def test_the_user_says_no_only_to_what_waits_for_a_yes(open_desk: OpenDesk) -> None:
    """Whom an action is done for decides nothing about it, unless the policy asks."""
    desk = open_desk(PAY + "rule ask escalate pay to manager\n", tools=TOOLS)
    held = desk.do("pay", user="ida", amount=9)
    with pytest.raises(ApprovalError, match="is whom this action is done for"):
        desk.gate.reject(str(held.ticket), by=Human("ida"), reason="no")


def test_people_and_the_user_in_any_order(open_desk: OpenDesk) -> None:
    desk = open_desk(PAY + "rule ask escalate pay to manager\n", tools=TOOLS)
    for first_the_user in (True, False):
        held = desk.do("pay", user="ida", amount=11)
        if first_the_user:
            desk.gate.confirm(str(held.ticket), by=Human("ida"))
        desk.gate.approve(str(held.ticket), by=Human("ann"))
        if not first_the_user:
            assert desk.gate.resume(str(held.id)).status is Status.HELD
            desk.gate.confirm(str(held.ticket), by=Human("ida"))
        assert desk.gate.resume(str(held.id)).status is Status.EXECUTED


def test_validations_come_first(open_desk: OpenDesk) -> None:
    text = (
        PAY + "validation low checks amount that amount < 99\nrule lowly require low before pay\n"
    )
    desk = open_desk(text, tools=TOOLS)
    assert desk.do("pay", user="ida", amount=99).status is Status.DENIED
    held = desk.do("pay", user="ida", amount=98)
    desk.gate.confirm(str(held.ticket), by=Human("ida"))
    assert desk.gate.resume(str(held.id)).status is Status.EXECUTED
