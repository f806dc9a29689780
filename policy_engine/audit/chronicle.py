"""From entries to stories, in one pass.

Relies on nothing but the entries and their order. An entry of a kind that tells nothing about an
action is passed over; one whose time or action cannot be read is counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from policy_engine.audit import operations
from policy_engine.audit.draft import KINDS as OF_ACTIONS, Draft, Tell
from policy_engine.audit.reading import instant, readable, text
from policy_engine.audit.story import Story
from policy_engine.foundation.errors import LedgerError
from policy_engine.ledger.record import Record

KINDS = frozenset((*OF_ACTIONS, *operations.KINDS, "session"))
"""The kinds of entries that a report tells."""
UNTOLD = frozenset(("opened", "signing_key"))
"""Kinds on which the record itself rests: the verification has them."""

_NO_ID = "-"
"""The gate's word for an action that it refused before it could be kept."""


class Chronicle:
    """What the entries have told so far."""

    def __init__(self) -> None:
        self.entries = 0
        self.unread: list[int] = []
        """The entries that cannot be read, but for erased ones."""
        self.last: datetime | None = None
        self.set_back = 0
        """Entries whose time lies before that of the entry before them."""
        self.sessions: list[datetime] = []
        self.branches: list[datetime] = []
        """Sessions of sub-agents, which are part of another."""
        self.logbook = operations.Logbook()
        self._latest: datetime | None = None
        self._drafts: dict[object, Draft] = {}

    def add(self, record: Record) -> None:
        """Takes the next entry."""
        self.entries += 1
        at = instant(record.at)
        if record.is_erased:
            return
        if at is None or not _can_be_read(record):
            self.unread.append(record.number)
            return
        self.set_back += self._latest is not None and at < self._latest
        self._latest = at
        self.last = at if self.last is None else max(self.last, at)
        tell = OF_ACTIONS.get(record.kind)
        if tell is not None:
            self._told(record, at, tell)
        elif record.kind == "session":
            branched = text(record.body, "branched_from") is not None
            (self.branches if branched else self.sessions).append(at)
        else:
            self.logbook.take(record, at)

    @property
    def unreadable(self) -> int:
        """How many entries cannot be read."""
        return len(self.unread)

    def stories(self) -> tuple[Story, ...]:
        """All actions so far, in the order in which they were proposed."""
        return tuple(draft.finished() for draft in self._drafts.values() if draft.started)

    def _told(self, record: Record, at: datetime, tell: Tell) -> None:
        action = text(record.body, "action")
        if action is None:
            self.unread.append(record.number)
            return
        key = (action, record.number) if action == _NO_ID else action
        draft = self._drafts.get(key)
        if draft is None:
            draft = self._drafts[key] = Draft(action, at)
        draft.take(record, tell, at)


def _can_be_read(record: Record) -> bool:
    try:
        return readable(record.body)
    except LedgerError:
        return False


def stories(records: Iterable[Record]) -> tuple[Story, ...]:
    """The stories of a whole ledger."""
    chronicle = Chronicle()
    for record in records:
        chronicle.add(record)
    return chronicle.stories()
