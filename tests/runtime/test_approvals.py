"""People: who may sign, what a signature covers, and when it lapses."""

from __future__ import annotations

import pytest

from policy_engine import ApprovalError, Human, Outcome, Status
from tests.fakes import POLICY, Desk


def test_a_large_payment_waits_and_goes_on_when_a_manager_signs(desk: Desk) -> None:
    held = desk.pay(500)
    assert held.id is not None
    assert (held.status, desk.calls) == (Status.HELD, [])
    assert desk.gate.approve(str(held.ticket), by=Human("ann")) == ("large",)
    assert desk.calls == []
    assert desk.gate.resume(held.id).status is Status.EXECUTED
    assert len(desk.calls) == 1


def test_the_same_proposal_does_not_ask_twice(desk: Desk) -> None:
    assert desk.pay(500).id == desk.pay(500).id
    assert len(desk.gate.pending()) == 1


def test_a_quorum_counts_distinct_people(desk: Desk) -> None:
    held = desk.pay(5_000)
    assert held.id is not None
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    desk.gate.approve(str(held.ticket), by=Human("cat"))
    with pytest.raises(ApprovalError, match="signed already"):
        desk.gate.approve(str(held.ticket), by=Human("cat"))
    assert desk.gate.resume(held.id).status is Status.HELD
    desk.gate.approve(str(held.ticket), by=Human("dan"))
    assert desk.gate.resume(held.id).status is Status.EXECUTED


def test_one_person_with_two_roles_counts_once_in_each_requirement(desk: Desk) -> None:
    held = desk.pay(5_000)
    assert held.id is not None
    assert desk.gate.approve(str(held.ticket), by=Human("eve")) == ("huge", "large")
    assert desk.gate.resume(held.id).status is Status.HELD


@pytest.mark.parametrize("who", ["bot", "stranger", "cat", "ANN", "manager"])
def test_who_may_not_sign(desk: Desk, who: str) -> None:
    held = desk.pay(500)
    assert held.id is not None
    with pytest.raises(ApprovalError):
        desk.gate.approve(str(held.ticket), by=Human(who))


def test_nobody_signs_what_is_done_on_their_behalf(desk: Desk) -> None:
    held = desk.pay(500, on_behalf_of=Human("ann"))
    assert held.id is not None
    with pytest.raises(ApprovalError, match="R605"):
        desk.gate.approve(str(held.ticket), by=Human("ann"))
    with pytest.raises(ApprovalError, match="R605"):
        desk.gate.reject(str(held.ticket), by=Human("ann"), reason="no")
    desk.gate.approve(str(held.ticket), by=Human("ben"))
    assert desk.gate.resume(held.id).status is Status.EXECUTED


def test_a_signature_for_one_amount_is_none_for_another(desk: Desk) -> None:
    held = desk.pay(500)
    assert held.id is not None
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    assert desk.pay(5_000).status is Status.HELD
    assert desk.calls == []


def test_a_signature_is_used_once(desk: Desk) -> None:
    held = desk.pay(500)
    assert held.id is not None
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    assert desk.gate.resume(held.id).status is Status.EXECUTED
    again = desk.pay(500)
    assert (again.status, again.id == held.id) == (Status.HELD, False)


def test_a_signature_lapses_when_the_facts_change(desk: Desk) -> None:
    held = desk.pay(500)
    assert held.id is not None
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    desk.balance = 4_000
    again = desk.gate.resume(held.id)
    assert (again.status, again.ticket == held.ticket) == (Status.HELD, False)
    with pytest.raises(ApprovalError, match="R607"):
        desk.gate.approve(str(held.ticket), by=Human("ben"))
    desk.gate.approve(str(again.ticket), by=Human("ann"))
    assert desk.gate.resume(held.id).status is Status.EXECUTED


def test_a_signature_lapses_when_its_rule_changes(desk: Desk) -> None:
    held = desk.pay(500)
    assert held.id is not None
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    desk.reload(POLICY.replace("amount > 100\n", "amount > 90\n"))
    result = desk.gate.resume(held.id)
    assert (result.status, desk.calls) == (Status.HELD, [])
    desk.gate.approve(str(result.ticket), by=Human("ann"))
    assert desk.gate.resume(held.id).status is Status.EXECUTED


def test_an_edit_elsewhere_voids_nothing(desk: Desk) -> None:
    held = desk.pay(500)
    assert held.id is not None
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    desk.reload(POLICY.replace("amount > 1_000", "amount > 2_000"))
    assert desk.gate.resume(held.id).status is Status.EXECUTED


def test_a_policy_that_now_forbids_wins_over_signatures(desk: Desk) -> None:
    held = desk.pay(500)
    assert held.id is not None
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    desk.reload(POLICY + 'rule stop "Stopped" forbid any agent to pay')
    assert (desk.gate.resume(held.id).status, desk.calls) == (Status.DENIED, [])


def test_nobody_signs_a_rule_that_they_were_not_shown(desk: Desk) -> None:
    """The rule changed after people were asked: they must be asked again before they can sign."""
    held = desk.pay(500)
    assert held.id is not None
    desk.reload(POLICY.replace("amount > 100\n", "amount > 90\n"))
    with pytest.raises(ApprovalError, match="R607"):
        desk.gate.approve(str(held.ticket), by=Human("ann"))
    (waiting,) = desk.gate.pending()
    assert [ask.rule for ask in waiting.asks] == ["large"]
    assert desk.gate.approve(waiting.ticket, by=Human("ann")) == ("large",)


def test_held_actions_survive_a_restart(desk: Desk) -> None:
    held = desk.pay(500)
    assert held.id is not None
    desk.reload(POLICY)
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    desk.reload(POLICY)
    assert desk.gate.resume(held.id).status is Status.EXECUTED


def test_the_clock_runs_out_and_the_answer_is_deny(desk: Desk) -> None:
    held = desk.pay(500)
    assert held.id is not None
    desk.clock.advance(hours=24)
    assert desk.gate.pending() == []
    with pytest.raises(ApprovalError, match="R606"):
        desk.gate.approve(str(held.ticket), by=Human("ann"))
    assert desk.gate.resume(held.id).status is Status.DENIED


def test_a_signature_that_came_in_time_lives_a_day(desk: Desk) -> None:
    held = desk.pay(500)
    assert held.id is not None
    desk.clock.advance(hours=23)
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    desk.clock.advance(hours=23)
    assert desk.gate.resume(held.id).status is Status.EXECUTED


def test_a_rejection_ends_the_action_and_holds_for_a_day(desk: Desk) -> None:
    held = desk.pay(500)
    assert held.id is not None
    desk.gate.reject(str(held.ticket), by=Human("ann"), reason="not again")
    other = desk.gate.open("Pay 500 to shop-1")
    again = desk.pay(500.00, session=other)
    assert again.decision is not None
    assert (again.status, again.decision.reasons[0].code.id) == (Status.DENIED, "D509")
    desk.clock.advance(hours=24)
    assert desk.pay(500, session=other).status is Status.HELD


def test_no_edit_of_the_policy_lifts_a_rejection(desk: Desk) -> None:
    held = desk.pay(500)
    assert held.id is not None
    desk.gate.reject(str(held.ticket), by=Human("ann"), reason="no")
    desk.reload(
        POLICY.replace('rule large "A manager signs above 100" ', "rule large ").replace(
            "escalate pay to manager when amount > 100", "permit clerk to look"
        )
    )
    result = desk.pay(500)
    assert result.decision is not None
    assert result.decision.outcome is Outcome.DENY


def test_a_rejection_needs_a_reason(desk: Desk) -> None:
    held = desk.pay(500)
    assert held.id is not None
    with pytest.raises(ApprovalError, match="reason"):
        desk.gate.reject(str(held.ticket), by=Human("ann"), reason="  ")


def test_approvers_do_not_see_secrets(desk: Desk) -> None:
    desk.pay(500, pin="9876")
    (waiting,) = desk.gate.pending()
    assert waiting.input["pin"] == '"•••"'
    assert "9876" not in str(waiting)
