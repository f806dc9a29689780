"""What keeps a record from holding, found while somebody else reads its entries.

    verified = Verified(reader)
    found = trials(verified.records())
    for doubt in verified.doubts(): ...

The entries come as they stand, altered ones too: what they tell is not sure, and the doubts say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from policy_engine.foundation.canonical import Json
from policy_engine.foundation.errors import LedgerError
from policy_engine.ledger import codes
from policy_engine.ledger.record import Record
from policy_engine.ledger.tiles import FULL
from policy_engine.ledger.verify import Beside, Reading


class Doubt(NamedTuple):
    """Something that keeps the record from holding."""

    place: str
    """`entry 7`."""
    why: str

    def as_json(self) -> Json:
        return {"place": self.place, "why": self.why}


def placed(place: str, why: str) -> str:
    """`entry 7: it names no task`; the place once where the reason begins with it."""
    return why if why.startswith((f"{place}:", f"{place} ")) else f"{place}: {why}"


class Source(Beside, Protocol):
    """A ledger: its entries, and what it keeps beside them."""

    def records(self) -> Iterable[Record]: ...


class Verified:
    """The entries of a ledger, each verified as it is read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._reading = Reading(None, None, source, ())

    def records(self) -> Iterator[Record]:
        """The entries in order, once. They end where the next cannot be read; that is a doubt."""
        page = list[Record]()
        unreadable: LedgerError | None = None
        try:
            for record in self._source.records():
                page.append(record)
                yield record
                if len(page) == FULL:
                    self._reading.take(page)
                    page = []
        except LedgerError as error:
            unreadable = error
        if page:
            self._reading.take(page)
        if unreadable is not None:
            self._reading.find(codes.ALTERED, self._reading.number + 1, str(unreadable))

    @property
    def entries(self) -> int:
        """How many have been read and verified so far."""
        return self._reading.number

    def doubts(self) -> tuple[Doubt, ...]:
        """What keeps the record from holding, once all entries have been read."""
        found = self._reading.finished().findings
        return tuple(Doubt(f"entry {one.number}", one.text) for one in found if one.is_error)
