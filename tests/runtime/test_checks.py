"""Registered checks, retries, and what happens when a validation fails."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from policy_engine import GateError, Human, Result, Status
from tests.fakes import Desk

OpenDesk = Callable[..., Desk]

PAY = """
role manager for humans
task pay { input amount: Decimal  input note?: Text }
rule all permit any agent to pay
validation sound "The bank says so" checks amount with "bank:sound"
rule soundly require sound before pay
"""
TOOLS: dict[str, Callable[..., object]] = {"pay": lambda amount, note=None: "paid"}


def problems(result: Result) -> list[str]:
    assert result.decision is not None
    return [label.text for reason in result.decision.reasons for label in reason.labels]


def test_a_check_gets_what_it_checks(open_desk: OpenDesk) -> None:
    seen: list[object] = []
    checks = {"bank:sound": lambda **data: seen.append(data)}
    desk = open_desk(PAY, tools=TOOLS, checks=checks)
    assert desk.do("pay", amount=5.50, note="x").status is Status.EXECUTED
    assert seen == [{"amount": Decimal("5.5")}]


def test_what_a_check_says_is_told(open_desk: OpenDesk) -> None:
    desk = open_desk(PAY, tools=TOOLS, checks={"bank:sound": lambda amount: "no such account"})
    result = desk.do("pay", amount=5)
    assert result.status is Status.DENIED
    assert "no such account" in problems(result)


def test_a_check_that_raises_has_not_passed(open_desk: OpenDesk) -> None:
    def sound(amount: object) -> object:
        raise ConnectionError("bank.example does not answer")

    desk = open_desk(PAY, tools=TOOLS, checks={"bank:sound": sound})
    result = desk.do("pay", amount=5)
    assert result.status is Status.DENIED
    assert "could not be checked: ConnectionError" in problems(result)


def test_a_check_must_be_registered(open_desk: OpenDesk) -> None:
    with pytest.raises(GateError, match="bank:sound"):
        open_desk(PAY, tools=TOOLS)


@pytest.mark.parametrize(("fails", "status"), [(2, Status.EXECUTED), (3, Status.DENIED)])
def test_a_check_is_tried_again(open_desk: OpenDesk, fails: int, status: Status) -> None:
    calls: list[object] = []

    def sound(amount: object) -> bool:
        calls.append(amount)
        return len(calls) > fails

    text = PAY.replace("before pay", "before pay on failure retry 2")
    desk = open_desk(text, tools=TOOLS, checks={"bank:sound": sound})
    assert desk.do("pay", amount=5).status is status
    assert len(calls) == 3


def test_people_may_let_pass_what_has_failed(open_desk: OpenDesk) -> None:
    text = PAY.replace("before pay", "before pay on failure escalate to manager")
    desk = open_desk(text, tools=TOOLS, checks={"bank:sound": lambda amount: False})
    held = desk.do("pay", amount=5)
    assert held.status is Status.HELD
    (waiting,) = desk.gate.pending()
    assert [ask.rule for ask in waiting.asks] == ["soundly"]
    desk.gate.approve(waiting.ticket, by=Human("ann"))
    assert desk.gate.resume(str(held.id)).status is Status.EXECUTED


def test_who_may_let_it_pass_may_stop_it(open_desk: OpenDesk) -> None:
    text = PAY.replace("before pay", "before pay on failure escalate to manager")
    desk = open_desk(text, tools=TOOLS, checks={"bank:sound": lambda amount: False})
    held = desk.do("pay", amount=5)
    desk.gate.reject(str(held.ticket), by=Human("ann"), reason="no")
    assert desk.gate.resume(str(held.id)).status is Status.DENIED


def test_what_passed_is_checked_again_when_people_have_signed(open_desk: OpenDesk) -> None:
    answers = [True, True]
    checks = {"bank:sound": lambda amount: answers.pop()}
    desk = open_desk(PAY + "rule ask escalate pay to manager\n", tools=TOOLS, checks=checks)
    held = desk.do("pay", amount=5)
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    assert desk.gate.resume(str(held.id)).status is Status.EXECUTED
    assert answers == []
