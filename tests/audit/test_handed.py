"""What is handed to people, and what hangs on the user's own yes, is told apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from policy_engine import Human, Result
from policy_engine.audit.handed import Asked, Confirmations, asked
from policy_engine.audit.markup import joined
from policy_engine.audit.measures import Share, Spread
from policy_engine.audit.story import Standing, Story
from policy_engine.audit.summary import Summary
from policy_engine.audit.telling import Standpoint, card
from tests.audit.busy import read
from tests.fakes import Desk

HEADER = 'policy desk.t "T" owner "o@desk.example"\n'
POLICY = """
policy desk.t "T" owner "o@desk.example"
role manager for humans
task pay { input amount: Decimal }
task fetch { input page: Text  output body: Text }
rule all "All agents may" permit any agent to any task
rule sure "The user says yes before money moves" require confirmation before pay
rule large "A manager signs above 100" escalate pay to manager when amount > 100
validation clean "No word of it" checks body that body not contains "secret"
rule cleanly require clean after fetch
"""


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, POLICY, tools={"pay": lambda amount: "paid", "fetch": lambda page: page})
    yield made
    made.gate.close()


def pay(counter: Desk, amount: int) -> Result:
    return counter.do("pay", user="mia", amount=amount)


def confirm(counter: Desk, held: Result) -> None:
    counter.gate.confirm(ticket(counter), by=Human("mia"))
    counter.gate.resume(str(held.id))


def ticket(counter: Desk) -> str:
    (waiting,) = counter.gate.pending()
    return waiting.ticket


def only(summary: Summary) -> Story:
    (story,) = summary.stories
    return story


def told(story: Story) -> str:
    return joined([card(story, Standpoint(UTC, datetime(2026, 5, 4, 10, tzinfo=UTC)))])


def test_what_waits_for_the_users_yes_is_not_refused(counter: Desk) -> None:
    pay(counter, 50)
    summary = read(counter)
    story = only(summary)
    assert (story.standing, story.outcome, story.unconfirmed) == (Standing.WAITS, "validate", True)
    assert (story.asks, story.ended) == ((), None)
    assert summary.confirmations == Confirmations(given=0, people=0, missing=1)
    assert "The person for whom it is done has still to say yes to it." in told(story)
    assert "Everybody has signed" not in told(story)


def test_what_runs_after_the_users_yes_did_not_run_alone(counter: Desk) -> None:
    confirm(counter, pay(counter, 50))
    summary = read(counter)
    assert only(summary).standing is Standing.CONFIRMED
    assert summary.confirmations == Confirmations(given=1, people=1, missing=0)
    assert summary.metrics.unattended == Share(0, 1)
    assert summary.metrics.success == Share(1, 1)
    assert "said yes, 4 May 2026, 09:00." in told(only(summary))


def test_a_yes_is_no_signature(counter: Desk) -> None:
    """Both are needed; what ran is then told as signed, and the yes is counted besides."""
    held = pay(counter, 500)
    assert only(read(counter)).unconfirmed
    confirm(counter, held)
    waiting = only(read(counter))
    assert (waiting.standing, waiting.unconfirmed) == (Standing.WAITS, False)
    assert len(waiting.open_asks) == 1
    counter.gate.approve(ticket(counter), by=Human("ann"))
    counter.gate.resume(str(held.id))
    summary = read(counter)
    assert only(summary).standing is Standing.SIGNED
    assert (summary.confirmations.given, summary.asked[0].signed) == (1, 1)


def test_what_everybody_signed_waits_for_nobody(counter: Desk) -> None:
    """It is ready: the agent has not taken it up. All numbers say the same of it."""
    pay(counter, 500)
    confirm_only(counter)
    counter.clock.advance(minutes=3)
    counter.gate.approve(ticket(counter), by=Human("ann"))
    summary = read(counter)
    story = only(summary)
    assert (story.standing, story.open_asks) == (Standing.READY, ())
    assert (summary.tally[Standing.WAITS], summary.tally.total) == (0, 1)
    (manager,) = summary.asked
    assert (manager.signed, manager.waits) == (1, 0)
    assert story.waited == timedelta(minutes=3)
    assert manager.waiting == summary.metrics.waiting == Spread(1, story.waited, story.waited)
    assert "Everybody has signed; it goes on when the agent takes it up again." in told(story)


def test_what_the_user_said_yes_to_and_nobody_took_up_is_ready(counter: Desk) -> None:
    pay(counter, 50)
    confirm_only(counter)
    story = only(read(counter))
    assert (story.standing, story.waited) == (Standing.READY, None)
    assert "Everybody has said yes; it goes on when the agent takes it up again." in told(story)


def confirm_only(counter: Desk) -> None:
    counter.gate.confirm(ticket(counter), by=Human("mia"))


def test_an_output_that_was_withheld_is_no_success(counter: Desk) -> None:
    counter.do("fetch", page="a secret")
    summary = read(counter)
    assert only(summary).standing is Standing.WITHHELD
    assert summary.tally.ran == 1
    assert summary.metrics.success == Share(0, 1)
    assert summary.metrics.errors == Share(1, 1)
    assert "the output was kept from the agent" in told(only(summary))
    assert "the condition does not hold" in told(only(summary))


def test_by_role_every_ask_has_one_ending(summary: Summary) -> None:
    manager, auditor = summary.asked
    day_two = datetime(2026, 5, 5, 12, 1, tzinfo=UTC)
    assert manager == Asked(
        role="manager",
        asks=4,
        signed=1,
        rejected=1,
        unanswered=1,
        dropped=0,
        waits=1,
        oldest=day_two,
        waiting=Spread(3, timedelta(minutes=90), timedelta(hours=24)),
    )
    assert (auditor.asks, auditor.waits, auditor.waiting) == (1, 1, None)


def test_endings_add_up(summary: Summary) -> None:
    for one in asked(summary.stories):
        ends = (one.signed, one.rejected, one.unanswered, one.dropped, one.waits)
        assert sum(ends) == one.asks


def test_a_turn_that_went_on_is_an_ask_that_nobody_answered(tmp_path: Path) -> None:
    """The manager let four hours go by; an auditor signed an hour after they were asked."""
    ladder = """
role manager for humans
role auditor for humans
task pay { input amount: Decimal }
rule all permit any agent to pay
rule ask escalate pay to manager within 4 hours, otherwise escalate to auditor within 1 day
"""
    desk = Desk(tmp_path, HEADER + ladder, tools={"pay": lambda amount: "paid"})
    held = desk.do("pay", amount=1)
    desk.clock.advance(hours=4)
    desk.gate.pending()
    desk.clock.advance(hours=1)
    desk.gate.approve(ticket(desk), by=Human("cat"))
    desk.gate.resume(str(held.id))
    desk.gate.close()
    summary = read(desk)
    told = {one.role: (one.asks, one.signed, one.unanswered) for one in summary.asked}
    assert told == {"manager": (1, 0, 1), "auditor": (1, 1, 0)}
    spans = {one.role: one.waiting.longest for one in summary.asked if one.waiting}
    assert spans == {"manager": timedelta(hours=4), "auditor": timedelta(hours=1)}
    story = only(summary)
    assert (story.standing, story.waited) == (Standing.SIGNED, timedelta(hours=5))
    assert story.open_asks == ()
