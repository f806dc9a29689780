"""Entries that no ledger holds: whatever they tell, in a record that holds or does not."""

from __future__ import annotations

from collections.abc import Iterable

from policy_engine.ledger.leaf import SALT_SIZE
from policy_engine.ledger.record import Record, Tail
from policy_engine.ledger.tree import HASH_SIZE

AT = "2026-05-04T09:00:00Z"


def told(number: int, at: str, kind: str, body: object) -> Record:
    """An entry that tells this, be it readable or not; nothing about it is verified."""
    record = Record(number, at, kind, "{}", bytes(SALT_SIZE), bytes(HASH_SIZE), bytes(HASH_SIZE))
    record.__dict__["body"] = body
    return record


def chained(entries: Iterable[tuple[str, str, dict[str, object]]]) -> list[Record]:
    """A record of (time, kind, body); what cannot be written down stands in it all the same."""
    tail, records = Tail(), list[Record]()
    for number, (at, kind, body) in enumerate(entries, 1):
        try:
            records.append(tail.append(at, kind, body)[0])
        except ValueError:
            records.append(told(number, at, kind, body))
    return records
