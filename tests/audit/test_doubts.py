"""Entries that are verified while somebody reads them: the same is found as by `verify` alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from policy_engine.audit.doubts import Verified
from policy_engine.foundation.errors import LedgerError
from policy_engine.ledger.record import Record
from policy_engine.ledger.verify import verify
from tests.fakes.records import AT, chained

RECORDS = chained(
    [(AT, "opened", {"origin": "o"}), *((AT, "closed", {"n": n}) for n in range(600))]
)


class Kept:
    """A ledger with these entries that keeps no tiles; what is None cannot be read."""

    def __init__(self, entries: Sequence[Record | None]) -> None:
        self._entries = entries

    def records(self) -> Iterator[Record]:
        for number, record in enumerate(self._entries, 1):
            if record is None:
                raise LedgerError(f"entry {number} is of another type")
            yield record

    def kept_tiles(self) -> dict[tuple[int, int], object]:
        return {}

    def checkpoints(self) -> list[tuple[int, str]]:
        return []


def altered(*numbers: int) -> list[Record | None]:
    return [replace(one, text="{}") if one.number in numbers else one for one in RECORDS]


def unreadable(number: int) -> list[Record | None]:
    return [None if one.number == number else one for one in RECORDS]


@pytest.mark.parametrize(
    ("entries", "places"),
    [
        (altered(2), ["entry 2"]),
        (altered(256, 257, 601), ["entry 256", "entry 257", "entry 601"]),
        (unreadable(1), ["entry 1"]),
        (unreadable(257), ["entry 257"]),
        (unreadable(300), ["entry 300"]),
        (RECORDS[:5] + RECORDS[6:], ["entry 7", "entry 7"]),
        ([], ["entry 0"]),
    ],
)
def test_what_does_not_hold_is_a_doubt_with_its_entry_as_a_verification_finds_it(
    entries: Sequence[Record | None], places: list[str]
) -> None:
    kept = Kept(entries)
    verified = Verified(kept)
    read = list(verified.records())
    assert read == list(entries[: len(read)])
    found = [one for one in verify(kept.records(), beside=kept).findings if one.is_error]
    assert verified.doubts() == tuple((f"entry {one.number}", one.text) for one in found)
    assert [one.place for one in verified.doubts() if "the tile" not in one.why] == places
