"""A summary and the proof that goes with it: both from one and the same reading of the record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from policy_engine.audit.chronicle import Chronicle
from policy_engine.audit.period import Period
from policy_engine.audit.story import Standing
from policy_engine.audit.summary import EVER, Summary, summary_of
from policy_engine.ledger.record import Record
from policy_engine.ledger.verify import Beside, Verification, verify


@dataclass(frozen=True, slots=True)
class Report:
    """What happened, whether the record of it holds, and when this was written."""

    summary: Summary
    verification: Verification
    written: datetime
    pinned: str | None = None
    """The head that the record was compared with."""

    @property
    def overdue(self) -> int:
        """Actions that wait though the time to answer was over when this was written."""
        return sum(
            any(ask.due <= self.written for ask in story.open_asks)
            for story in self.summary.stories
            if story.standing is Standing.WAITS
        )


def report(
    records: Iterable[Record],
    *,
    written: datetime,
    period: Period = EVER,
    zone: tzinfo = UTC,
    pinned: str | None = None,
    beside: Beside | None = None,
    progress: Callable[[int], None] = lambda number: None,
) -> Report:
    """Reads entries once: every entry that is summarised has been verified.

    The whole record is verified, whatever the period. What an entry tells that cannot be read is
    left out, and the verification says so. `pinned` is a head that somebody wrote down, `beside`
    is what the ledger keeps beside its entries.
    """
    chronicle = Chronicle()
    verification = verify(
        _told(records, chronicle), pinned=pinned, beside=beside, progress=progress
    )
    return Report(summary_of(chronicle, period, zone), verification, written, pinned)


def _told(records: Iterable[Record], chronicle: Chronicle) -> Iterator[Record]:
    for record in records:
        chronicle.add(record)
        yield record
