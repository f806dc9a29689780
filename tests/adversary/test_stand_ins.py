"""A person lends the right to sign; one act signs a list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from policy_engine import Action, Agent, ApprovalError, Gate, GateError, Human, Result, Status
from tests.adversary.conftest import Lab

POLICY = """
task pay { input amount: Decimal }
rule pays permit bot to pay
rule one escalate pay to boss when amount > 10
rule two escalate pay to 2 of boss when amount > 100
"""
ANA, BEN, KIM, LEE = (Human(name) for name in ("ana", "ben", "kim", "lee"))


class Desk:
    """A gate, and a day on which Ana has lent her role to Kim."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.gate: Gate = lab.gate(POLICY, tools={"pay": lambda amount: "paid"})
        self.lend()

    def lend(self, by: Human = ANA, to: Human = KIM, **options: Any) -> None:
        options = {"until": self.lab.clock.now() + timedelta(days=1), "reason": "away"} | options
        self.gate.lend("boss", by=by, to=to, **options)

    def held(self, amount: int, **options: Any) -> Result:
        result = self.gate.submit(Action(Agent("a"), "pay", {"amount": amount}, **options))
        assert result.status is Status.HELD
        return result

    def signed(self, result: Result, *by: Human) -> Status:
        for who in by:
            self.gate.approve(str(result.ticket), by=who)
        return self.gate.resume(str(result.id)).status


@pytest.fixture
def desk(lab: Lab) -> Desk:
    return Desk(lab)


def test_whoever_stands_in_signs(desk: Desk) -> None:
    assert desk.signed(desk.held(50), KIM) is Status.EXECUTED
    assert desk.lab.last("approved")["stands_in_for"] == ["ana"]


def test_own_and_lent_rights_of_two_people_make_two(desk: Desk) -> None:
    assert desk.signed(desk.held(500), KIM, BEN) is Status.EXECUTED


@pytest.mark.parametrize("order", [(ANA, KIM), (KIM, ANA)], ids=["lender first", "holder first"])
def test_one_right_never_counts_twice(desk: Desk, order: tuple[Human, ...]) -> None:
    held = desk.held(500)
    desk.gate.approve(str(held.ticket), by=order[0])
    try:
        desk.gate.approve(str(held.ticket), by=order[1])
    except ApprovalError:
        assert order[1] is KIM
    assert desk.gate.resume(str(held.id)).status is Status.HELD
    assert desk.signed(held, BEN) is Status.EXECUTED


def test_nor_does_what_is_lent_to_two(desk: Desk) -> None:
    desk.lend(to=LEE)
    held = desk.held(500)
    desk.gate.approve(str(held.ticket), by=KIM)
    desk.gate.approve(str(held.ticket), by=LEE)
    assert desk.gate.resume(str(held.id)).status is Status.HELD


def test_a_lender_with_an_interest_lends_nothing(desk: Desk) -> None:
    held = desk.held(50, on_behalf_of=ANA)
    with pytest.raises(ApprovalError, match="holds none of the roles"):
        desk.gate.approve(str(held.ticket), by=KIM)


def test_it_cannot_be_lent_on(desk: Desk) -> None:
    with pytest.raises(GateError, match="does not hold the role"):
        desk.lend(by=KIM, to=LEE)


def test_it_ends_when_it_was_said_to(desk: Desk) -> None:
    held = desk.held(50)
    desk.lab.clock.advance(days=1)
    fresh = desk.held(51)
    with pytest.raises(ApprovalError):
        desk.gate.approve(str(fresh.ticket), by=KIM)
    assert held.id != fresh.id


def test_a_signature_given_in_time_stays(desk: Desk) -> None:
    desk.lend(until=desk.lab.clock.now() + timedelta(minutes=1))
    held = desk.held(50)
    desk.gate.approve(str(held.ticket), by=KIM)
    desk.lab.clock.advance(minutes=2)
    assert desk.gate.resume(str(held.id)).status is Status.EXECUTED


def test_what_is_taken_back_is_worth_nothing(desk: Desk) -> None:
    held = desk.held(50)
    desk.gate.approve(str(held.ticket), by=KIM)
    desk.gate.take_back("boss", by=ANA, to=KIM)
    assert desk.gate.resume(str(held.id)).status is Status.HELD
    with pytest.raises(GateError, match="does not stand in"):
        desk.gate.take_back("boss", by=ANA, to=KIM)
    assert desk.gate.stand_ins() == ()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"to": Human("Ana ")}, "cannot stand in for themselves"),
        ({"to": Agent("a")}, "only people"),
        ({"until": None}, "ends at a time to come"),
        ({"reason": " "}, "give a reason"),
    ],
)
def test_what_is_wrong_is_said(desk: Desk, options: dict[str, Any], problem: str) -> None:
    if options.get("until", 0) is None:
        options = {"until": desk.lab.clock.now()}
    with pytest.raises(GateError, match=problem):
        desk.lend(**options)


def test_one_act_signs_a_list(desk: Desk) -> None:
    held = [desk.held(amount) for amount in (50, 60)]
    signed = desk.gate.approve_all([str(r.ticket) for r in held], by=BEN, reason="checked both")
    assert list(signed.values()) == [("one",), ("one",)]
    assert [desk.gate.resume(str(r.id)).status for r in held] == [Status.EXECUTED] * 2


def test_or_none_of_it(desk: Desk) -> None:
    mine, own = desk.held(50), desk.held(60, on_behalf_of=BEN)
    with pytest.raises(ApprovalError, match="is whom"):
        desk.gate.approve_all([str(mine.ticket), str(own.ticket)], by=BEN)
    assert desk.gate.resume(str(mine.id)).status is Status.HELD
