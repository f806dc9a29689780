"""What happens around the actions is told: notices, suspensions, stand-ins, erasures, crashes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from policy_engine import Human
from policy_engine.audit.account import report_account
from policy_engine.audit.gaps import gaps
from policy_engine.audit.operations import Operations, StandIn, Suspension
from policy_engine.audit.page import page
from policy_engine.audit.period import Period
from policy_engine.audit.report import report
from policy_engine.audit.statement import statement
from policy_engine.audit.story import Standing
from policy_engine.audit.summary import Summary, summarise
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import Ledger, LedgerReader
from policy_engine.ledger.record import Record
from tests.audit.test_page import WRITTEN, Entries, Reader, whole
from tests.fakes import Desk
from tests.fakes.clock import FakeClock

ASK = {"rule": "large", "rule_digest": "r", "role": "boss and chief", "quorum": 2}
PROPOSED = {"action": "a", "task": "pay", "principal": {"kind": "agent", "id": "bot"}}
REASON = {"code": "D513", "outcome": "escalate", "rule": "large", "title": "Large"}
HELD: Entries = [
    ("decided", {**PROPOSED, "outcome": "escalate", "reasons": [REASON]}),
    ("held", {"action": "a", "asks": [ASK], "facts_digest": "f"}),
]


def notice(kind: str = "asked", **more: object) -> tuple[str, dict[str, object]]:
    told = {"action": "a", "kind": kind, "channel": "chat", "attempts": 1, "roles": ["chief"]}
    return "notified", {**told, **more}


def page_of(entries: Entries) -> str:
    return Reader(page(report(whole(entries), written=WRITTEN))).text


# Of one action


def test_who_was_told_of_an_ask_stands_beside_it() -> None:
    text = page_of([*HELD, notice(), notice(channel="mail", attempts=3)])
    assert (
        "Told over chat on 4 May 2026, 09:00, and over mail on 4 May 2026, 09:00 at attempt 3"
    ) in text
    assert "Of 1 ask, people were told of 1 by the gate, in the median 0 ms after the ask" in text


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (notice(roles=["clerk"]), "People were told on 4 May 2026, 09:00 over chat: they are"),
        (notice("ended"), "over chat: it is over, nobody need answer (chief)"),
        (
            ("undelivered", {"action": "a", "kind": "asked", "channel": "chat", "problem": "shut"}),
            "A notice (they are asked) could not be delivered over chat and was given up on"
            " 4 May 2026, 09:00: shut",
        ),
    ],
)
def test_a_notice_that_tells_no_ask_is_told_by_itself(
    told: tuple[str, dict[str, object]], said: str
) -> None:
    text = page_of([*HELD, told])
    assert said in text
    assert "Told over" not in text
    assert "Of 1 ask, people were told of 0 by the gate" in text


def test_where_nobody_was_told_the_report_says_so() -> None:
    text = page_of(HELD)
    assert "The record has no notice to anybody" in text
    assert "For 1 of 1 ask, the record has no notice to those who were asked." in text


def test_what_was_never_decided_is_refused_and_told() -> None:
    problem = "the process that proposed it ended before it was decided"
    entries: Entries = [("abandoned", {"action": "a", "task": "pay", "problem": problem})]
    (story,) = summarise(whole(entries)).stories
    assert (story.standing, story.task, story.abandoned) == (Standing.REFUSED, "pay", True)
    assert f"It was never decided, and nothing was done: {problem}" in page_of(entries)


@pytest.mark.parametrize(
    ("end", "gap"),
    [
        (("intent", {"action": "a", "by": "report"}), "That what was reported is what happened"),
        (("retried", {"action": "a"}), "That what was called again happened once"),
        (("abandoned", {"action": "b"}), "What the policy says to what was never decided"),
    ],
)
def test_what_the_gate_did_not_see_is_a_gap(end: tuple[str, dict[str, object]], gap: str) -> None:
    allowed: Entries = [("decided", {**PROPOSED, "outcome": "allow"}), end]
    found = gaps(report(whole(allowed), written=WRITTEN))
    assert gap in [one.what for one in found]


def test_calls_that_were_reported_or_repeated_are_told_at_the_action() -> None:
    text = page_of(
        [
            ("decided", {**PROPOSED, "outcome": "allow"}),
            ("intent", {"action": "a", "by": "report"}),
            ("retried", {"action": "a"}),
            ("executed", {"action": "a", "ms": 1}),
        ]
    )
    assert "The call was made by whoever proposed it, who told the gate what came of it." in text
    assert "it was called again, since the process that had called it had ended." in text


def test_a_session_of_a_sub_agent_is_no_conversation_of_its_own() -> None:
    found = summarise(whole([("session", {}), ("session", {"branched_from": "s-1"})]))
    assert (found.sessions, found.branches) == (1, 1)


# Of many


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Read only. Two suspensions, one lifted; a right that is lent and taken back; an erasure."""
    made = Desk(tmp_path_factory.mktemp("stopped"))
    made.pay(10)
    made.gate.suspend("agent bot", by=Human("ann"), reason="It pays what mails say.")
    made.pay(20)
    made.pay(30)
    made.clock.advance(hours=2)
    made.gate.lift("agent bot", by=Human("ben"), reason="Mended.")
    made.pay(40)
    made.gate.suspend("task mail", by=Human("ann"), reason="The mails are full of lies.")
    made.do("mail")
    until = made.clock.now() + timedelta(days=3)
    made.gate.lend("manager", by=Human("ann"), to=Human("dan"), until=until, reason="Holidays")
    made.gate.take_back("manager", by=Human("ann"), to=Human("dan"))
    made.gate.close()
    with closing(Database(made.store)) as database:
        Ledger(database, made.clock).erase(3, "cat", "It had a name in it.")
    yield made


def records(desk: Desk) -> list[Record]:
    with closing(Database(desk.store, must_exist=True)) as database:
        return list(LedgerReader(database).records())


@pytest.fixture(scope="module")
def summary(desk: Desk) -> Summary:
    return summarise(records(desk))


def test_a_suspension_says_who_why_how_long_and_what_it_stopped(summary: Summary) -> None:
    bot, mail = summary.operations.suspensions
    assert (bot.name, bot.by, bot.reason) == ("agent bot", "ann", "It pays what mails say.")
    assert (bot.lifted_by, bot.lifted_why, bot.stopped) == ("ben", "Mended.", 2)
    assert bot.lasted(WRITTEN) == timedelta(hours=2)
    assert (mail.name, mail.until, mail.stopped) == ("task mail", None, 1)


def test_a_right_that_was_lent_says_to_whom_until_when(summary: Summary) -> None:
    (lent,) = summary.operations.stand_ins
    assert (lent.role, lent.by, lent.to, lent.reason) == ("manager", "ann", "dan", "Holidays")
    assert lent.until == lent.since + timedelta(days=3)
    assert lent.taken_back == lent.since


def test_an_erasure_says_what_who_and_why(summary: Summary) -> None:
    (one,) = summary.operations.erasures
    assert (one.erased, one.by, one.reason) == (3, "cat", "It had a name in it.")


def test_the_page_and_the_account_tell_it(desk: Desk) -> None:
    found = report(records(desk), written=WRITTEN)
    text = Reader(page(found)).text
    for said in (
        "agent bot entry 7 ann, 4 May 2026, 09:00 It pays what mails say. ben, 4 May 2026, 11:00",
        "Mended. 2 h 2",
        "it stands",
        "manager entry",
        "taken back 4 May 2026, 11:00",
        "what entry 3 told",
        "It had a name in it.",
    ):
        assert said in text
    assert "Suspended for a time: agent bot and task mail; 3 actions were refused for it." in (
        statement(found)
    )
    bot, _ = json.loads(json.dumps(report_account(found)))["suspensions"]
    assert (bot["actions_refused"], bot["by"]) == (2, "ann")


def test_where_nothing_was_it_says_so() -> None:
    text = page_of([("decided", {**PROPOSED, "outcome": "deny"})])
    said = "Nobody and nothing was suspended, no right to sign was lent and nothing was erased."
    assert said in text
    assert summarise([]).operations == Operations()


def test_what_ended_before_the_period_or_began_after_it_is_left_out(desk: Desk) -> None:
    start = FakeClock().now()
    before = summarise(records(desk), period=Period(None, start)).operations
    after = summarise(records(desk), period=Period(start + timedelta(days=1))).operations
    assert (before.suspensions, before.stand_ins, before.erasures) == ((), (), ())
    assert [one.name for one in after.suspensions] == ["task mail"]
    assert after.stand_ins == ()


def test_what_an_entry_lacks_is_left_open() -> None:
    told: Entries = [("suspended", {}), ("lifted", {}), ("lent", {"until": 7}), ("taken_back", {})]
    found = summarise(whole(told)).operations
    (one,), (lent,) = found.suspensions, found.stand_ins
    assert isinstance(one, Suspension)
    assert isinstance(lent, StandIn)
    assert (one.name, lent.role, lent.until) == ("(not recorded)", "(not recorded)", None)
    assert one.until is not None
    assert lent.taken_back is not None


def test_differences_of_a_shadow_are_counted_and_pointed_to() -> None:
    text = page_of([*HELD, ("shadowed", {"action": "a"}), ("shadowed", {"action": "a"})])
    assert "answered otherwise 2 times: policy audit shadow tells where." in text
