"""A record in a store and its sealed folder, in segments that a few entries fill."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_engine import LedgerError, SigningKey
from policy_engine.foundation.database import Database
from policy_engine.ledger import sealed, sealed_folder, segments
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.ledger import Ledger, LedgerReader
from policy_engine.ledger.seal import Sealed, check_seal, seal
from tests.fakes import FakeClock

KEY = SigningKey.new("desk.example/ledger")
KEYS = (KEY.verifying,)
STRANGER = SigningKey.new("desk.example/ledger")
FIRST, SECOND = "segment-000000.parquet", "segment-000001.parquet"


def cut(patch: pytest.MonkeyPatch, segment: int = 512, row_group: int = 128) -> None:
    """Makes segments of so many entries."""
    for module in (sealed_folder, sealed):
        patch.setattr(module, "SEGMENT", segment)
    patch.setattr(segments, "ROW_GROUP", row_group)


class Book:
    """A record in a store, and a folder to seal it in."""

    def __init__(self, place: Path) -> None:
        self.database = Database(place / "ledger.db")
        self.clock = FakeClock()
        self.ledger = Ledger(self.database, self.clock)
        self.folder = place / "sealed"

    @property
    def reader(self) -> LedgerReader:
        return LedgerReader(self.database)

    def upto(self, size: int) -> Book:
        with self.database.transaction():
            for number in range(self.reader.count() + 1, size + 1):
                self.clock.advance(seconds=number * 0.25)
                self.ledger.record("note", {"number": number, "text": f"ä {number * 7919}"})
        return self

    def seal(self, *signers: SigningKey) -> Sealed:
        return seal(self.folder, self.reader, *(signers or (KEY,)))

    def check(self) -> Checkpoint:
        return check_seal(self.folder, KEYS).checkpoint

    def refusal(self) -> str:
        """What a check says, with the names of files alone."""
        with pytest.raises(LedgerError) as raised:
            self.check()
        return str(raised.value).replace(f"{self.folder}/", "")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
