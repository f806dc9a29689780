"""Which tasks deserve more room: figures from the record, and advice that follows from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from policy_engine.audit.measures import Share
from policy_engine.audit.period import Period
from policy_engine.audit.story import Standing
from policy_engine.audit.suitability import Advice, Ending, Limits, Most, Suited, suitability
from policy_engine.audit.suitability_words import advice_sentence, limits_sentence
from tests.audit.records import START, Past
from tests.fakes.records import told

LIMITS = Limits()


def pay(past: Past, limits: Limits = LIMITS) -> Suited:
    """All of the one task that the record has."""
    (task,) = suitability(past.records, limits=limits).tasks
    assert task.whole.name == "pay"
    return task.whole


def said(past: Past) -> str:
    whole = pay(past)
    return advice_sentence(whole.figures, whole.advice, LIMITS)


def good(past: Past) -> None:
    past.approved(48)


def seldom(past: Past) -> None:
    past.approved(19)


def few_asked(past: Past) -> None:
    past.approved(19)
    past.ran(30)


def often_rejected(past: Past) -> None:
    past.approved(18)
    past.rejected(2)
    past.ran(5)


def rejected_and_always_seen(past: Past) -> None:
    past.approved(18)
    past.rejected(2)


def sometimes_rejected(past: Past) -> None:
    past.approved(94)
    past.rejected(6)


def seldom_rejected(past: Past) -> None:
    past.approved(95)
    past.rejected(5)


def nobody_answers(past: Past) -> None:
    past.approved(20)
    past.expired(5)


def fails_alone(past: Past) -> None:
    past.ran(18)
    past.ran(2, end="failed")


def fails_signed(past: Past) -> None:
    past.approved(49)
    past.approved(2, end="failed")


def loses_outcomes(past: Past) -> None:
    past.ran(18)
    past.ran(2, end="unknown")


def leaks(past: Past) -> None:
    past.ran(18)
    past.ran(2, end="withheld")


def checks_fail(past: Past) -> None:
    past.checked(18, passed=True)
    past.checked(2, passed=False)


def checks_fail_now_and_then(past: Past) -> None:
    past.approved(40)
    past.checked(20, passed=True)
    past.checked(1, passed=False)


def runs_alone(past: Past) -> None:
    past.ran(100)


def only_waits(past: Past) -> None:
    past.waiting(30)
    past.refused(30)


@pytest.mark.parametrize(
    ("happened", "advice"),
    [
        (good, Advice.MORE),
        (seldom, Advice.UNTOLD),
        (few_asked, Advice.KEEP),
        (often_rejected, Advice.LESS),
        (rejected_and_always_seen, Advice.KEEP),
        (sometimes_rejected, Advice.KEEP),
        (seldom_rejected, Advice.MORE),
        (nobody_answers, Advice.KEEP),
        (fails_alone, Advice.LESS),
        (fails_signed, Advice.KEEP),
        (loses_outcomes, Advice.LESS),
        (leaks, Advice.LESS),
        (checks_fail, Advice.LESS),
        (checks_fail_now_and_then, Advice.KEEP),
        (runs_alone, Advice.KEEP),
        (only_waits, Advice.UNTOLD),
    ],
)
def test_what_is_suggested(happened: Callable[[Past], None], advice: Advice) -> None:
    past = Past()
    happened(past)
    assert pay(past).advice is advice


@pytest.mark.parametrize(
    ("limits", "advice"),
    [
        (Limits(fewest=101), Advice.UNTOLD),
        (Limits(approved=94), Advice.MORE),
        (Limits(approved=95), Advice.KEEP),
        (Limits(approved=94, back=6), Advice.LESS),
    ],
)
def test_the_limits_decide(limits: Limits, advice: Advice) -> None:
    past = Past()
    past.approved(94)
    past.rejected(6)
    past.ran(0 if limits.back == 10 else 1)
    assert pay(past, limits).advice is advice


@pytest.mark.parametrize(
    ("happened", "sentence"),
    [
        (
            good,
            "people signed 48 of 48; nothing failed; 0 of 48 ran without a person; it waited "
            "for people 4 h in all, usually 5 min: consider letting it run alone up to what was "
            "seen (amount at most 50)",
        ),
        (
            fails_alone,
            "2 of 20 went wrong (2 failed); 18 of 18 ran without a person: consider taking it "
            "back to people",
        ),
        (
            checks_fail,
            "nothing failed; 2 of 20 validations failed; 18 of 18 ran without a person: consider "
            "taking it back to people",
        ),
        (
            runs_alone,
            "nothing failed; 100 of 100 ran without a person: keep it as it is; for more room "
            "people were asked too seldom",
        ),
        (
            rejected_and_always_seen,
            "people signed 18 of 20 and rejected 2; nothing failed; 0 of 18 ran without a "
            "person; it waited for people 1 h 40 min in all, usually 5 min: keep it as it is; "
            "people see all of it, and that is needed",
        ),
        (only_waits, "too few to tell (0 cases, under 20)"),
    ],
)
def test_a_suggestion_says_its_reasons(happened: Callable[[Past], None], sentence: str) -> None:
    past = Past()
    happened(past)
    assert said(past) == sentence


def test_the_figures_behind_it() -> None:
    past = Past()
    past.ran(3)
    past.ran(end="failed")
    past.ran(end="unknown")
    past.approved(2)
    past.approved(end="withheld")
    past.rejected()
    past.expired()
    past.waiting()
    past.refused()
    figures = pay(past).figures
    assert (figures.tally.total, figures.cases) == (12, 10)
    assert (figures.alone, figures.wrong) == (Share(3, 6), Share(3, 8))
    assert figures.tally[Standing.WITHHELD] == 1
    assert figures.endings == {
        Ending.APPROVED: 3,
        Ending.REJECTED: 1,
        Ending.EXPIRED: 1,
        Ending.DROPPED: 0,
        Ending.WAITS: 1,
    }
    assert (figures.approved, figures.rejected) == (Share(3, 5), Share(1, 5))
    assert figures.waiting is not None
    assert (figures.waiting.count, figures.waiting.median) == (5, timedelta(minutes=5))
    assert figures.waited == timedelta(minutes=20, hours=24)


def test_what_people_rejected_sets_no_amount() -> None:
    past = Past()
    past.approved(amount=Decimal(900))
    past.approved(amount=40)
    past.approved(amount={"amount": Decimal(7), "currency": "EUR"})
    past.approved(amount={"secret": "5" * 64})
    past.approved(amount=True)
    past.rejected(amount=Decimal(5_000))
    past.ran(amount=Decimal(9_000))
    assert pay(past).figures.most == (
        Most("amount", Decimal(900), None),
        Most("amount", Decimal(7), "EUR"),
    )


def rejected_then_approved(past: Past) -> None:
    past.rejected(amount=Decimal(600))
    past.approved(amount=Decimal(500))


def failed_then_approved(past: Past) -> None:
    past.ran(end="failed", amount=Decimal(600))
    past.approved(amount=Decimal(500))


def two_for_one(past: Past) -> None:
    past.rejected(2, amount=Decimal(600))
    past.approved(amount=Decimal(500))


def unchanged(past: Past) -> None:
    past.rejected()
    past.approved()


def before(past: Past) -> None:
    past.approved(amount=Decimal(500))
    past.rejected(amount=Decimal(600))


def nobody_approved(past: Past) -> None:
    past.rejected(amount=Decimal(600))
    past.ran(amount=Decimal(500))


def elsewhere(past: Past) -> None:
    past.rejected(amount=Decimal(600))
    past.approved(amount=Decimal(500), session="s-2")


def without_a_session(past: Past) -> None:
    past.rejected(amount=Decimal(600), session=None)
    past.approved(amount=Decimal(500), session=None)


@pytest.mark.parametrize(
    ("happened", "number"),
    [
        (rejected_then_approved, 1),
        (failed_then_approved, 1),
        (two_for_one, 1),
        (unchanged, 0),
        (before, 0),
        (nobody_approved, 0),
        (elsewhere, 0),
        (without_a_session, 0),
    ],
)
def test_a_correction_is_another_form_that_people_approved_later_in_the_session(
    happened: Callable[[Past], None], number: int
) -> None:
    past = Past()
    happened(past)
    assert pay(past).figures.corrected == number


def test_what_had_to_be_corrected_gets_no_more_room() -> None:
    past = Past()
    past.approved(48)
    past.ran(2, end="failed", amount=Decimal(600))
    past.approved(2)
    past.ran(60)
    limits = Limits(approved=0, trouble=1)
    assert pay(past, Limits(trouble=2)).advice is Advice.MORE
    assert pay(past, limits).advice is Advice.KEEP


def test_each_agent_is_told_by_itself_and_tasks_to_change_come_first() -> None:
    past = Past()
    past.approved(30, who="careful")
    past.ran(40, who="hasty", end="failed")
    past.ran(20, who="hasty")
    past.ran(30, task="look")
    past.approved(30, task="mail")
    past.ran(task="rare")
    tasks = suitability(past.records).tasks
    assert [(one.whole.name, one.whole.advice) for one in tasks] == [
        ("pay", Advice.LESS),
        ("mail", Advice.MORE),
        ("look", Advice.KEEP),
        ("rare", Advice.UNTOLD),
    ]
    assert [(one.name, one.advice) for one in tasks[0].principals] == [
        ("agent hasty", Advice.LESS),
        ("agent careful", Advice.MORE),
    ]


def test_a_period_chooses_by_the_proposal() -> None:
    past = Past()
    past.ran(3)
    late = Period(start=START + timedelta(minutes=2))
    (task,) = suitability(past.records, period=late).tasks
    assert task.whole.figures.tally.total == 2


@pytest.mark.parametrize("change", [{"at": "yesterday"}, {"body": []}, {"body": {}}])
def test_an_entry_that_cannot_be_read_is_counted(change: dict[str, object]) -> None:
    past = Past()
    past.ran(2)
    first = past.records[0]
    at = str(change.get("at", first.at))
    past.records[0] = told(first.number, at, first.kind, change.get("body", first.body))
    found = suitability(past.records)
    assert (found.unreadable, found.erased) == (1, 0)
    assert sum(one.whole.figures.tally.total for one in found.tasks) == 2


def test_what_was_erased_is_counted_apart() -> None:
    past = Past()
    past.ran(2)
    past.records[0] = replace(past.records[0], text=None, salt=None)
    found = suitability(past.records)
    assert (found.unreadable, found.erased) == (0, 1)


def test_what_is_no_json_is_counted() -> None:
    past = Past()
    past.ran(2)
    past.records[0] = replace(past.records[0], text="{")
    assert suitability(past.records).unreadable == 1


def test_the_limits_are_said() -> None:
    assert limits_sentence(LIMITS) == (
        "Told from 20 cases on. More room: at least 95% signed, at most 2% wrong, corrected or "
        "with a failed validation. Less: 10% or more wrong, rejected or with a failed validation."
    )
