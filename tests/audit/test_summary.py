"""What a ledger says: each action once, with what became of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from policy_engine import Human
from policy_engine.audit.period import MOST_BUCKETS, Period
from policy_engine.audit.story import Standing, Story
from policy_engine.audit.summary import Summary, summarise
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.record import Record
from tests.audit.busy import SCRIPT, TURNING, BusyDesk, held, read, ticket_of
from tests.fakes import POLICY, Desk
from tests.fakes.records import told

DAY_TWO = datetime(2026, 5, 5, 10, 0, tzinfo=UTC)


def story(summary: Summary, standing: Standing) -> Story:
    return next(s for s in summary.stories if s.standing is standing)


def reread(desk: BusyDesk, **how: object) -> Summary:
    with closing(Database(desk.store, must_exist=True)) as database:
        return summarise(LedgerReader(database).records(), **how)  # type: ignore[arg-type]


def test_every_ending_is_counted_once(summary: Summary) -> None:
    assert {s.name: n for s, n in summary.tally.counts.items()} == {
        "RAN": 1,
        "CONFIRMED": 0,
        "SIGNED": 1,
        "WITHHELD": 0,
        "READY": 0,
        "WAITS": 1,
        "REFUSED": 4,
        "REJECTED": 1,
        "FAILED": 2,
        "UNKNOWN": 1,
    }
    assert summary.tally.total == len(summary.stories) == 11
    assert (summary.sessions, summary.unreadable) == (1, 0)


def test_by_task_and_by_agent(summary: Summary) -> None:
    assert [(g.name, g.tally.total) for g in summary.tasks] == [
        ("pay", 9),
        ("look", 1),
        ("mail", 1),
    ]
    assert [(g.name, g.tally.total) for g in summary.agents] == [("bot", 10), (TURNING, 1)]
    assert [g.tally.total for g in summary.policies] == [11]


def test_a_rule_counts_each_action_once_by_its_latest_decision(summary: Summary) -> None:
    uses = {use.rule or use.code: use for use in summary.rules}
    assert dict(uses["paying"].decided) == {"allow": 4}
    assert dict(uses["large"].decided) == {"escalate": 2, "deny": 1}
    assert uses["large"].asked == 4, "also the one that went on and the one that expired"
    assert dict(uses["huge"].decided) == {"escalate": 1}, "though it was decided twice"
    assert dict(uses["known"].decided) == {"deny": 1}
    assert dict(uses["exact"].decided) == {"deny": 1}
    assert uses["large"].title == "A manager signs above 100"
    assert re.search(r"desk\.policy:\d+:\d+$", uses["large"].place or "")
    assert uses["D503"].title == "no rule permits the action"


def test_people_and_their_waiting_times(summary: Summary) -> None:
    assert {(p.name, p.signed, p.rejected) for p in summary.people} == {
        ("ann", 1, 0),
        ("ben", 0, 1),
        ("cat", 1, 0),
    }
    signed = story(summary, Standing.SIGNED)
    assert signed.waited == timedelta(minutes=20)
    assert signed.turnaround == timedelta(minutes=21)
    assert [(a.by, a.rule, a.reason) for a in signed.approvals] == [
        ("ann", "large", "saw the `invoice`")
    ]
    rejected = story(summary, Standing.REJECTED)
    assert rejected.waited == timedelta(minutes=90)
    assert rejected.rejection is not None
    assert rejected.rejection.by == "ben"


def test_what_waits_says_who_is_missing(summary: Summary) -> None:
    waiting = story(summary, Standing.WAITS)
    assert waiting.waited is None
    assert waiting.decisions == 2
    assert {(a.rule, a.role, a.quorum, a.missing) for a in waiting.asks} == {
        ("large", "manager", 1, 1),
        ("huge", "auditor", 2, 1),
    }
    assert {a.reason.title for a in waiting.asks if a.reason} == {
        "A manager signs above 100",
        "Two auditors sign above 1,000",
    }


def test_people_are_waited_for_no_longer_than_their_time(summary: Summary) -> None:
    """It was refused after 25 hours, when somebody looked; they had 24."""
    expired = summary.stories[0]
    assert expired.standing is Standing.REFUSED
    assert [reason.code for reason in expired.reasons] == ["D510"]
    assert expired.waited == timedelta(hours=24)


def test_what_failed_says_why(summary: Summary) -> None:
    by_tool, no_tool = (s for s in summary.stories if s.standing is Standing.FAILED)
    assert (by_tool.code, by_tool.problem) == ("R601", "OSError: the bank is closed <today>")
    assert (no_tool.task, no_tool.code) == ("look", "R603")
    assert story(summary, Standing.UNKNOWN).code == "R602"


def test_the_values_that_mattered_are_kept(summary: Summary) -> None:
    refused = next(s for s in summary.stories if s.input.get("to") == SCRIPT)
    ((mattered,),) = (reason.values for reason in refused.reasons)
    assert mattered.text == "to is trusted"
    assert mattered.value.startswith(f'"{SCRIPT}" does not stand in ')


def test_metrics(summary: Summary) -> None:
    metrics = summary.metrics
    assert (metrics.proposed, metrics.success.part, metrics.success.whole) == (11, 2, 5)
    assert (metrics.errors.part, metrics.errors.percent) == (3, 60)
    assert (metrics.unattended.part, metrics.unattended.whole) == (1, 2)
    assert metrics.validations.whole - metrics.validations.part == 1
    assert metrics.waiting is not None
    assert metrics.waiting.median == timedelta(minutes=90)
    assert metrics.waiting.longest == timedelta(hours=24)
    assert metrics.turnaround is not None
    assert (metrics.turnaround.count, metrics.turnaround.longest) == (2, timedelta(minutes=21))


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (Period(end=DAY_TWO), 1),
        (Period(start=DAY_TWO), 10),
        (Period(DAY_TWO, DAY_TWO + timedelta(minutes=1)), 1),
        (Period(DAY_TWO, DAY_TWO), 0),
        (Period(start=DAY_TWO + timedelta(days=400)), 0),
    ],
)
def test_a_period_takes_what_was_proposed_in_it(
    desk: BusyDesk, period: Period, expected: int
) -> None:
    found = reread(desk, period=period)
    assert found.tally.total == len(found.stories) == expected
    assert sum(bucket.tally.total for bucket in found.timeline.buckets) == expected


def test_what_became_of_it_may_lie_beyond_the_period(desk: BusyDesk) -> None:
    found = reread(desk, period=Period(end=DAY_TWO))
    assert [s.standing for s in found.stories] == [Standing.REFUSED]


def test_an_empty_ledger_is_told_too() -> None:
    empty = summarise([])
    assert (empty.tally.total, empty.stories, empty.timeline.buckets) == (0, (), ())
    assert empty.metrics.success.percent is None
    assert empty.metrics.waiting is None


def decided(number: int, at: datetime | str, **body: object) -> Record:
    account = {"action": f"a{number}", "outcome": "deny", "task": "t", **body}
    text = at if isinstance(at, str) else at.isoformat()
    return told(number, text, "decided", account)


@pytest.mark.parametrize(
    ("span", "step", "buckets"),
    [
        (timedelta(0), timedelta(minutes=1), 1),
        (timedelta(minutes=20), timedelta(minutes=1), 21),
        (timedelta(hours=5), timedelta(minutes=15), 21),
        (timedelta(hours=29), timedelta(hours=1), 30),
        (timedelta(days=7), timedelta(hours=6), 29),
        (timedelta(days=8), timedelta(days=1), 9),
        (timedelta(days=20), timedelta(days=1), 21),
        (timedelta(days=3_000), timedelta(days=364), None),
        (timedelta(days=300_000), None, None),
    ],
)
def test_time_is_cut_into_few_pieces(
    span: timedelta, step: timedelta | None, buckets: int | None
) -> None:
    records = [decided(1, DAY_TWO), decided(2, DAY_TWO + span)]
    found = summarise(records).timeline
    assert 1 <= len(found.buckets) <= MOST_BUCKETS
    assert step in (None, found.step)
    assert buckets in (None, len(found.buckets))
    assert sum(bucket.tally.total for bucket in found.buckets) == 2


def test_days_begin_at_the_midnight_of_the_zone() -> None:
    """Also where clocks change: 25 October 2026 has 25 hours in Warsaw."""
    warsaw = ZoneInfo("Europe/Warsaw")
    records = [decided(day, datetime(2026, 10, day, 22, 30, tzinfo=UTC)) for day in range(20, 31)]
    days = summarise(records, zone=warsaw).timeline
    assert days.step == timedelta(days=1)
    assert [(b.start.day, b.tally.total) for b in days.buckets] == [
        (day, 2 if day == 25 else 1) for day in range(21, 31)
    ]
    assert {b.start.hour for b in days.buckets} == {0}


def spoilt() -> Iterator[Record]:
    yield decided(1, "yesterday")
    yield decided(2, "2026-05-05T10:00:00")
    yield decided(3, "0001-01-01T00:00:00+14:00")
    yield decided(4, DAY_TWO, action=["no", "text"])
    yield decided(5, DAY_TWO, task=7, principal="bot", input=[1], reasons={"a": 1}, policy=None)
    yield told(6, DAY_TWO.isoformat(), "held", {"action": "a6", "asks": [3, {}]})
    yield told(7, DAY_TWO.isoformat(), "executed", {"action": "a7", "ms": -3})
    yield told(8, DAY_TWO.isoformat(), "validated", {"action": "a8"})
    yield told(9, DAY_TWO.isoformat(), "surprise", {"action": "a9"})
    yield told(10, DAY_TWO.isoformat(), "decided", [1])


def test_a_spoilt_record_still_has_a_report() -> None:
    found = summarise(spoilt())
    assert (found.entries, found.unreadable) == (10, 5)
    assert [s.standing for s in found.stories] == [Standing.REFUSED, Standing.WAITS, Standing.RAN]
    assert {s.task for s in found.stories} == {"(not recorded)"}


def test_actions_that_could_not_be_kept_are_counted_one_by_one() -> None:
    assert summarise(decided(n, DAY_TWO, action="-") for n in range(1, 4)).tally.total == 3


def test_what_is_asked_no_more_is_not_waited_for(tmp_path: Path) -> None:
    """The rule is taken out of the policy while its action waits; facts that change ask anew."""
    desk = Desk(tmp_path)
    id_ = held(desk.pay(5000))
    desk.clock.advance(minutes=5)
    desk.gate.approve(ticket_of(desk, id_), by=Human("ann"))
    desk.reload("\n".join(line for line in POLICY.splitlines() if "rule huge" not in line))
    desk.balance = 6_000
    held(desk.gate.resume(id_, session=desk.session))
    desk.gate.close()
    (waiting,) = read(desk).stories
    asks = {ask.rule: ask for ask in waiting.asks}
    assert (asks["huge"].lapsed, asks["large"].lapsed) == (True, False)
    assert asks["large"].missing == 1, "what was signed was signed for other facts"
    assert [approval.by for approval in waiting.approvals] == ["ann"]


def test_nothing_is_written(store: Path) -> None:
    before = store.read_bytes()
    with closing(Database(store, must_exist=True)) as database:
        summarise(LedgerReader(database).records())
    assert store.read_bytes() == before
