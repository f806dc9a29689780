"""The report costs a few times what parsing its entries costs, however many there are.

Both are held against parsing in the same moment, so that a busy machine changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC
from time import process_time

from policy_engine.audit.account import report_account
from policy_engine.audit.chronicle import Chronicle
from policy_engine.audit.page import page
from policy_engine.audit.report import Report
from policy_engine.audit.summary import EVER, summary_of
from policy_engine.foundation.canonical import canonical_text
from policy_engine.ledger.record import NO_HEAD, Record
from policy_engine.ledger.verify import Verification
from tests.audit.records import Past
from tests.audit.test_page import WRITTEN

MOST = 20
"""Times the parsing: on a quiet machine a quarter of it."""


def past(actions: int) -> list[Record]:
    """A record of as many actions of each ending, read already."""
    made = Past()
    for _ in range(actions):
        made.ran()
        made.approved()
        made.rejected()
        made.refused()
        made.waiting()
    return made.records


def told(records: list[Record]) -> None:
    """All that the audit does by itself."""
    chronicle = Chronicle()
    for record in records:
        chronicle.add(record)
    summary = summary_of(chronicle, EVER, UTC)
    verification = Verification(len(records), NO_HEAD.hex(), NO_HEAD.hex(), ())
    found = Report(summary, verification, WRITTEN)
    page(found)
    report_account(found)


def seconds(work: Callable[[], object]) -> float:
    """Of the processor, the least of three times."""

    def once() -> float:
        start = process_time()
        work()
        return process_time() - start

    return min(once() for _ in range(3))


def cost(actions: int) -> float:
    """How many times the parsing of the bodies the report takes."""
    records = past(actions)
    texts = [canonical_text(record.body) for record in records]
    parsing = seconds(lambda: [json.loads(text) for text in texts])
    return seconds(lambda: told(records)) / parsing


def test_a_report_takes_a_few_times_what_parsing_takes_however_long_the_record_is() -> None:
    short, long = cost(300), cost(1_500)
    assert long < MOST
    assert long < 2 * short, "five times as many take five times as long"
