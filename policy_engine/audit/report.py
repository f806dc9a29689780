"""A summary and the proof that goes with it: both from one and the same reading of the record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from policy_engine.audit.chronicle import Chronicle
from policy_engine.audit.period import Period
from policy_engine.audit.story import Standing
from policy_engine.audit.summary import EVER, Summary, summary_of
from policy_engine.ledger import codes
from policy_engine.ledger.authorised import Finding
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
    summary = summary_of(chronicle, period, zone)
    return Report(summary, _with_unread(verification, chronicle.unread), written, pinned)


def _with_unread(verification: Verification, unread: Iterable[int]) -> Verification:
    """What is as its digest says may still be nothing that a gate writes, and tell nothing."""
    known = {finding.number for finding in verification.findings if finding.is_error}
    more = [
        Finding(codes.ALTERED, number, f"entry {number} tells nothing that can be read")
        for number in unread
        if number not in known
    ]
    return replace(verification, findings=(*verification.findings, *more))


def _told(records: Iterable[Record], chronicle: Chronicle) -> Iterator[Record]:
    for record in records:
        chronicle.add(record)
        yield record
