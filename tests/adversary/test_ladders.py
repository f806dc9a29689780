"""Ladders, exceptions and confirmations: a yes that nobody gave, or not for this, or not now."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from policy_engine import Agent, ApprovalError, Gate, Human, Result, Status
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.runtime import checks as checks_module
from tests.adversary.conftest import Lab, act

ROLES = """
g, a, bot
g, ana, boss
g, ben, boss
g, leo, legal
g, lia, legal
g, two, boss
g, two, legal
"""
PAY = """
role legal for humans
task pay { input amount: Decimal }
rule r permit bot to pay
"""
LADDER = (
    PAY
    + """
rule e escalate pay to 2 of boss within 4 hours, otherwise escalate to 2 of legal within 1 day
"""
)
TOOLS = {"pay": lambda amount: "paid"}


def gate_of(lab: Lab, text: str) -> Gate:
    return lab.gate(text, roles=ROLES, tools=TOOLS)


def held(gate: Gate, amount: object = 5, user: str | None = None) -> Result:
    behalf = Human(user) if user else None
    result = gate.submit(act("pay", {"amount": amount}, on_behalf_of=behalf))
    assert result.status is Status.HELD, result
    return result


def refused(gate: Gate, ticket: str | None, *who: str) -> bool:
    for one in who:
        with pytest.raises(ApprovalError):
            gate.approve(str(ticket), by=Human(one))
    return True


def test_only_the_rung_whose_turn_it_is_signs(lab: Lab) -> None:
    """The ticket of the first rung is still out when the turn of the second has begun."""
    gate = gate_of(lab, LADDER)
    one = held(gate)
    assert refused(gate, one.ticket, "leo", "a", "boss")
    gate.approve(str(one.ticket), by=Human("ana"))
    lab.clock.advance(hours=4)
    assert refused(gate, one.ticket, "ana", "ben")
    gate.approve(str(one.ticket), by=Human("leo"))
    assert gate.resume(str(one.id)).status is Status.HELD
    gate.approve(str(one.ticket), by=Human("lia"))
    assert gate.resume(str(one.id)).status is Status.EXECUTED


def test_people_of_two_rungs_do_not_add_up(lab: Lab) -> None:
    gate = gate_of(lab, LADDER)
    one = held(gate)
    gate.approve(str(one.ticket), by=Human("two"))
    lab.clock.advance(hours=4)
    gate.approve(str(one.ticket), by=Human("leo"))
    assert gate.resume(str(one.id)).status is Status.HELD


def test_who_signed_in_vain_may_sign_again(lab: Lab) -> None:
    """`signed already`: of a rung that is over, or more than a day ago. Nobody else can."""
    gate = gate_of(lab, LADDER)
    one = held(gate)
    gate.approve(str(one.ticket), by=Human("two"))
    lab.clock.advance(hours=4)
    assert [ask.signed for ask in gate.pending()[0].asks] == [()]
    gate.approve(str(one.ticket), by=Human("two"))
    assert refused(gate, one.ticket, "two")
    gate.approve(str(one.ticket), by=Human("leo"))
    assert gate.resume(str(one.id)).status is Status.EXECUTED
    assert lab.verified().holds


def test_after_the_end_nobody_signs(lab: Lab) -> None:
    gate = gate_of(lab, LADDER)
    one = held(gate)
    lab.clock.advance(hours=28)
    assert refused(gate, one.ticket, "ana", "leo", "two")
    assert gate.resume(str(one.id)).status is Status.DENIED


def test_nobody_signs_before_anybody_is_asked(lab: Lab) -> None:
    """The rule applies from noon; a ticket from before noon is for something else."""
    text = PAY + "fact risk: Integer\nrule f escalate pay to boss when risk > 5\n"
    text += "rule e escalate pay to legal\n"
    facts = {"risk": 1}
    gate = lab.gate(text, roles=ROLES, tools=TOOLS, facts=lambda action: dict(facts))
    one = held(gate)
    gate.approve(str(one.ticket), by=Human("leo"))
    facts["risk"] = 9
    assert gate.resume(str(one.id)).status is Status.HELD
    assert refused(gate, one.ticket, "ana")


def test_one_person_of_two_roles_is_one_person(lab: Lab) -> None:
    gate = gate_of(lab, PAY + "rule e escalate pay to legal and boss\n")
    one = held(gate)
    gate.approve(str(one.ticket), by=Human("two"))
    assert refused(gate, one.ticket, "two", "TWO", "two ")
    assert gate.resume(str(one.id)).status is Status.HELD
    gate.approve(str(one.ticket), by=Human("ana"))
    assert gate.resume(str(one.id)).status is Status.EXECUTED


SOFT = (
    PAY
    + """
fact season: Boolean
rule no forbid bot to pay when amount > 3
rule sign escalate pay to boss when amount > 3
exception x to no for bot when EXTRA until 2026-05-06 approved by "o" escalate to legal
"""
)


def test_a_signature_for_the_rule_is_none_for_its_exception(lab: Lab) -> None:
    gate = lab.gate(
        SOFT.replace("EXTRA", "season"),
        roles=ROLES,
        tools=TOOLS,
        facts=lambda action: {"season": True},
    )
    one = held(gate)
    assert gate.approve(str(one.ticket), by=Human("ana")) == ("sign",)
    assert gate.resume(str(one.id)).status is Status.HELD
    assert gate.approve(str(one.ticket), by=Human("leo")) == ("x",)
    lab.clock.advance(hours=1)
    assert gate.resume(str(one.id)).status is Status.EXECUTED


@pytest.mark.parametrize("season", [False, None, "yes"])
def test_an_exception_that_is_not_surely_true_is_none(lab: Lab, season: object) -> None:
    gate = lab.gate(
        SOFT.replace("EXTRA", "season"),
        roles=ROLES,
        tools=TOOLS,
        facts=lambda action: {"season": season},
    )
    assert gate.submit(act("pay", {"amount": 5})).status is Status.DENIED


def test_an_exception_that_has_expired_is_none_whatever_was_signed(lab: Lab) -> None:
    gate = gate_of(lab, SOFT.replace("EXTRA", "amount < 9"))
    lab.clock.advance(hours=38)
    one = held(gate)
    for who in ("ana", "leo"):
        gate.approve(str(one.ticket), by=Human(who))
    lab.clock.advance(hours=1)
    assert gate.resume(str(one.id)).status is Status.DENIED


def test_no_exception_touches_a_constraint(lab: Lab) -> None:
    text = SOFT.replace("EXTRA", "amount < 9") + "constraint c never pay when amount == 5\n"
    gate = gate_of(lab, text)
    assert gate.submit(act("pay", {"amount": 5})).status is Status.DENIED
    assert held(gate, 6)


CONFIRM = PAY + "rule sure require confirmation before pay\n"


@pytest.mark.parametrize("who", ["ana", "USR", "usr ", "ｕｓｒ", "a", "boss"])
def test_only_the_user_confirms(lab: Lab, who: str) -> None:
    """What could be the same person may not sign, but neither may it speak for that person."""
    gate = gate_of(lab, CONFIRM)
    one = held(gate, user="usr")
    with pytest.raises(ApprovalError):
        gate.confirm(str(one.ticket), by=Human(who))
    with pytest.raises(ApprovalError):
        gate.confirm(str(one.ticket), by=Agent("usr"))  # type: ignore[arg-type]
    assert gate.resume(str(one.id)).status is Status.HELD


def test_a_confirmation_is_for_one_input_and_once(lab: Lab) -> None:
    gate = gate_of(lab, CONFIRM)
    one, other = held(gate, 5, "usr"), held(gate, 6, "usr")
    with pytest.raises(ApprovalError):
        gate.confirm(f"{other.id}-{str(one.ticket).partition('-')[2]}", by=Human("usr"))
    gate.confirm(str(one.ticket), by=Human("usr"))
    with pytest.raises(ApprovalError):
        gate.confirm(str(one.ticket), by=Human("usr"))
    assert gate.resume(str(other.id)).status is Status.HELD
    assert gate.resume(str(one.id)).status is Status.EXECUTED
    assert held(gate, 5, "usr").id != one.id


def test_a_confirmation_is_neither_for_ever_nor_an_approval(lab: Lab) -> None:
    gate = gate_of(lab, CONFIRM + "rule e escalate pay to boss\n")
    one = held(gate, user="usr")
    gate.confirm(str(one.ticket), by=Human("usr"))
    assert gate.resume(str(one.id)).status is Status.HELD
    gate = gate_of(lab, CONFIRM)
    assert gate.resume(str(one.id)).status is Status.EXECUTED
    other = held(gate, 6, user="usr")
    gate.confirm(str(other.ticket), by=Human("usr"))
    lab.clock.advance(hours=24)
    assert gate.resume(str(other.id)).status is Status.HELD


def test_without_a_user_nobody_confirms(lab: Lab) -> None:
    gate = gate_of(lab, CONFIRM)
    one = held(gate)
    for who in ("usr", "a", "ana"):
        with pytest.raises(ApprovalError):
            gate.confirm(str(one.ticket), by=Human(who))


def test_a_validation_that_failed_leaves_it_to_people_and_only_then(lab: Lab) -> None:
    """Whoever looks at what waits has to see that it failed, though nobody runs it again."""
    text = PAY + "validation v checks amount that amount < 5\n"
    text += "rule g require v before pay fresh for 5 minutes on failure escalate to boss\n"
    gate = gate_of(lab, text)
    one = held(gate, 9)
    lab.clock.advance(hours=1)
    assert [ask.rule for ask in gate.pending()[0].asks] == ["g"]
    assert gate.resume(str(one.id)).status is Status.HELD
    gate.approve(str(one.ticket), by=Human("ana"))
    assert gate.resume(str(one.id)).status is Status.EXECUTED


def test_what_was_kept_of_a_validation_lets_nothing_pass(lab: Lab) -> None:
    """It passed when people were asked; it does not when they have signed."""
    answers = [True, False]
    text = PAY + 'validation v checks amount with "m:c"\nrule g require v before pay\n'
    text += "rule e escalate pay to boss\n"
    checks = {"m:c": lambda amount: answers.pop(0)}
    gate = lab.gate(text, roles=ROLES, tools=TOOLS, checks=checks)
    one = held(gate)
    gate.approve(str(one.ticket), by=Human("ana"))
    assert gate.resume(str(one.id)).status is Status.DENIED


def test_a_result_is_stale_when_another_check_took_too_long(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks_module, "TIME_LIMIT", 5)
    text = PAY + 'validation v checks amount with "m:c"\n'
    text += "rule g require v before pay fresh for 1 minute\n"
    checks = {"m:c": lambda amount: lab.clock.advance(minutes=2)}
    gate = lab.gate(text, roles=ROLES, tools=TOOLS, checks=checks)
    assert gate.submit(act("pay", {"amount": 5})).status is Status.DENIED


def test_people_who_sign_at_once_count_each_once(lab: Lab) -> None:
    gate = gate_of(lab, LADDER)
    one = held(gate)

    def sign() -> None:
        try:
            gate.approve(str(one.ticket), by=Human("ana"))
        except ApprovalError:
            return

    threads = [threading.Thread(target=sign) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gate.resume(str(one.id)).status is Status.HELD


def test_the_first_ask_is_recorded_with_its_end(lab: Lab) -> None:
    gate = lab.gate(
        """task pay { input amount: Decimal }
rule pays permit bot to pay
rule signed escalate pay to boss within 3 days, otherwise deny
"""
    )
    gate.submit(act("pay", {"amount": 1}))
    end = timestamp_text(lab.clock.now() + timedelta(days=3))
    assert [ask["deadline"] for ask in lab.last("held")["asks"]] == [{"$timestamp": end}]
