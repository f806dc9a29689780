"""The report in a few sentences, and what it says that it does not show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from policy_engine.audit.account import account_text, report_account
from policy_engine.audit.gaps import gaps
from policy_engine.audit.report import Report, report
from policy_engine.audit.statement import statement
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.record import Record
from tests.audit.busy import BusyDesk
from tests.fakes.records import AT, chained

WRITTEN = datetime(2026, 5, 9, 14, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def busy_report(desk: BusyDesk) -> Iterator[Report]:
    database = Database(desk.store, must_exist=True)
    yield report(LedgerReader(database).records(), written=WRITTEN)
    database.close()


def test_a_busy_day_in_sentences(busy_report: Report) -> None:
    assert statement(busy_report) == (
        "From 4 May 2026, 09:00 to 5 May 2026, 12:31 (UTC), 2 agents proposed 11 actions in"
        " 1 conversation, under 1 policy version (desk.policy).",
        "Of these, 1 ran alone (9%), 1 ran after people signed (9%), 1 waits for a person (9%),"
        " 4 were refused (36%), 1 was rejected by a person (9%), 2 failed (18%) and the outcome of"
        " 1 is unknown (9%).",
        "The most frequent reason for a refusal: “A manager signs above 100” (rule large,"
        " desk.policy:22): 1 action.",
        "The most frequent reason to ask people: “A manager signs above 100” (rule large,"
        " desk.policy:22): 4 actions.",
        "4 actions were handed to people, in 5 asks: manager (4) and auditor (1).",
        "The answers are those of ann (signed 1, rejected 0), ben (signed 0, rejected 1) and cat"
        " (signed 1, rejected 0).",
        "1 still waits; the time to answer is over.",
        "The median wait of an action for people was 1 h 30 min, the longest 1 d.",
        "The record holds: 42 entries checked, none altered, removed or put in later; its end was"
        " not compared with anything kept elsewhere.",
    )


def whole(*bodies: tuple[str, dict[str, object]], at: tuple[str, ...] = ()) -> list[Record]:
    """A record that holds, with its opening."""
    times = (AT, *(at or (AT,) * len(bodies)))
    told = zip(times, (("opened", {}), *bodies), strict=True)
    return chained((time, kind, body) for time, (kind, body) in told)


def decided(outcome: str, **more: object) -> tuple[str, dict[str, object]]:
    body = {"action": "a", "outcome": outcome, "task": "t", "principal": {"id": "bot"}}
    return "decided", {**body, "action_digest": "d", "policy": "p", **more}


INTENT = ("intent", {"action": "a", "action_digest": "d", "policy": "p", "by": "tool"})
PLAYED = ("intent", {**INTENT[1], "by": "recorded"})
EXECUTED = ("executed", {"action": "a", "ms": 1})
HELD = ("held", {"action": "a", "asks": [{"rule": "r", "role": "m", "quorum": 1}]})

CUT_OFF = "Whether the record goes to its end"
NO_CHECK = "Whether inputs or outputs were right"


@pytest.mark.parametrize(
    ("records", "own"),
    [
        (whole(), [CUT_OFF]),
        (whole(decided("deny")), [CUT_OFF, NO_CHECK]),
        (
            whole(decided("allow"), PLAYED, EXECUTED),
            [CUT_OFF, "That something was really done", NO_CHECK],
        ),
        (whole(decided("allow"), INTENT, EXECUTED), [CUT_OFF, NO_CHECK]),
        (whole(decided("allow"), INTENT), [CUT_OFF, "Whether 1 action happened", NO_CHECK]),
        (
            whole(decided("escalate"), HELD),
            [
                CUT_OFF,
                "That what waits can still run",
                "Whether people do their part",
                "Whether people knew that they were asked",
                NO_CHECK,
            ],
        ),
        (
            whole(decided("deny", principal=7)),
            [CUT_OFF, NO_CHECK, "Who proposed 1 action"],
        ),
        (
            whole(decided("deny"), decided("deny"), at=(AT, "2026-05-04T08:59:59Z")),
            [CUT_OFF, NO_CHECK, "How long everything took"],
        ),
        (
            whole(decided("deny"))[1:],
            ["What really happened", CUT_OFF, NO_CHECK],
        ),
        (
            whole(("decided", {"action": 7})),
            ["What really happened", "All that was recorded", CUT_OFF],
        ),
    ],
)
def test_what_a_record_lacks_is_said(records: list[Record], own: list[str]) -> None:
    found = gaps(report(records, written=WRITTEN))
    assert [gap.what for gap in found[:-5]] == own
    assert [gap.what for gap in found[-5:]] == [
        "What agents did elsewhere",
        "Whether the policy is right",
        "Whether what was said is true",
        "What outputs and requests contained",
        "Which rules never came up",
    ]


def test_a_head_that_was_kept_closes_a_gap() -> None:
    records = whole(decided("deny"))
    found = report(records, written=WRITTEN, pinned=records[-1].head.hex())
    assert CUT_OFF not in [gap.what for gap in gaps(found)]
    assert "compared with a head that was written down earlier" in statement(found)[-1]


def test_a_deadline_of_the_record_goes_before_the_usual_one() -> None:
    ask = {"rule": "r", "role": "m", "quorum": 1, "deadline": "2026-05-20T09:00:00Z"}
    records = whole(decided("escalate"), ("held", {"action": "a", "asks": [ask]}))
    found = report(records, written=WRITTEN)
    assert found.summary.stories[0].asks[0].due == datetime(2026, 5, 20, 9, tzinfo=UTC)
    assert "That what waits can still run" not in [gap.what for gap in gaps(found)]


def test_a_record_that_does_not_hold_is_not_relied_on() -> None:
    found = report(whole(decided("allow"), EXECUTED), written=WRITTEN)
    assert statement(found)[-1] == (
        "The record does not hold (3 entries checked, 1 finding): nothing that is said here can be"
        " relied on."
    )


def test_nothing_is_said_of_nothing() -> None:
    assert statement(report(whole(), written=WRITTEN))[0] == "No action was proposed."


@pytest.mark.parametrize("number", [0, 1, 3])
def test_the_account_as_text_has_an_action_a_line_and_loses_nothing(number: int) -> None:
    trap = '\n  "actions": []'
    account = {
        **report_account(report(whole(decided("deny")), written=WRITTEN)),
        "headline": trap,
        "actions": [{"action": f"a-{n}", "task": trap} for n in range(number)],
    }
    text = account_text(account)
    assert json.loads(text) == account
    assert sum(line.startswith('    {"action"') for line in text.splitlines()) == number
    assert text.endswith("}\n")
