"""The tiles of the ledger's tree in the store, kept as the record grows.

Of the lowest level only full tiles are kept, since the entries themselves have the rest; of each
level above what there is so far. A tile is written once for 256 entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import LedgerError
from policy_engine.ledger.leaf import checked_entry
from policy_engine.ledger.tiles import FULL, HEIGHT, Tile, TileHashes
from policy_engine.ledger.tree import HASH_SIZE, Frontier, leaf_hash

_TABLE = """CREATE TABLE IF NOT EXISTS ledger_tiles (
    level INTEGER NOT NULL, number INTEGER NOT NULL, hashes BLOB NOT NULL,
    PRIMARY KEY (level, number))"""


_KEPT_AS = (str, str, bytes)
"""Kind, time and digest of an entry."""


class StoredTiles:
    """Reads and writes the tiles of one ledger. Callers open the transactions."""

    def __init__(self, database: Database, *, reads_only: bool = False) -> None:
        self._database = database
        if not reads_only:
            database.execute(_TABLE)

    def add(self, size: int, completed: Sequence[bytes], leaves: Sequence[bytes]) -> None:
        """Keeps the tiles that are full, or grow, when the tree is this large: a multiple of 256.

        `completed` are the hashes that its last entry completes, by level; `leaves` those of its
        last entries, as far as they are at hand.
        """
        first = size - FULL
        tile = b"".join(leaves) if len(leaves) == FULL else self._leaves(first, FULL)
        self._put(0, first // FULL, tile)
        for level in range(1, (len(completed) - 1) // HEIGHT + 1):
            place = (size - 1) >> (HEIGHT * level)
            before = b"" if place % FULL == 0 else self._kept(level, place // FULL)
            self._put(level, place // FULL, before + completed[HEIGHT * level])

    def read(self, tile: Tile) -> bytes:
        """The bytes of a tile of hashes, of a tree that is as large as it was then or larger.

        Raises `LedgerError` for one that is not there.
        """
        if tile.level is None:
            raise LedgerError(f"{tile.path} holds entries, not hashes")
        if tile.level == 0 and tile.width < FULL:
            return self._leaves(tile.index * FULL, tile.width)
        return self._kept(tile.level, tile.index)[: tile.width * HASH_SIZE]

    def frontier(self, size: int) -> Frontier:
        """What it takes to append to the tree of this size."""
        hashes = TileHashes(size, self.read)
        peaks, at = [], 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                peaks.append(hashes(level, at >> level))
                at += 1 << level
        return Frontier(size, b"".join(peaks))

    def kept(self) -> dict[tuple[int, int], object]:
        """All that are kept, by level and number: what stands there."""
        rows = self._database.rows("SELECT level, number, hashes FROM ledger_tiles")
        return {(cast(int, level), cast(int, number)): hashes for level, number, hashes in rows}

    def _kept(self, level: int, number: int) -> bytes:
        rows = self._database.rows(
            "SELECT hashes FROM ledger_tiles WHERE level = ? AND number = ?", (level, number)
        )
        if not rows or type(rows[0][0]) is not bytes:
            raise LedgerError(f"the ledger has no tile {level}, {number}")
        return rows[0][0]

    def _put(self, level: int, number: int, hashes: bytes) -> None:
        self._database.execute(
            """INSERT INTO ledger_tiles VALUES (?, ?, ?)
               ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes""",
            (level, number, hashes),
        )

    def _leaves(self, first: int, width: int) -> bytes:
        """The hashes of the entries from this index on."""
        rows = self._database.rows(
            "SELECT kind, at, digest FROM ledger WHERE number > ? AND number <= ? ORDER BY number",
            (first, first + width),
        )
        if len(rows) != width:
            raise LedgerError(f"the ledger lacks entries after {first}")
        if any(tuple(map(type, row)) != _KEPT_AS for row in rows):
            raise LedgerError(f"an entry after {first} is not kept as entries are")
        entries = (checked_entry(*row) for row in cast("list[tuple[str, str, bytes]]", rows))
        return b"".join([leaf_hash(entry) for entry in entries])
