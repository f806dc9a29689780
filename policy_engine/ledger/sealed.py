"""A sealed record as audits read it: its entries in order, and the hashes of its tree.

Signatures are not checked here (`check_seal` does that); that the files are those of the
checkpoint is, and that their leaves lead to its root. Each head is made again from the leaves, so
that whoever verifies the entries finds what does not follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path

from policy_engine.foundation.errors import LedgerError
from policy_engine.ledger.record import NO_HEAD, Record, head_after
from policy_engine.ledger.seal import grow, signed_segment
from policy_engine.ledger.sealed_folder import SEGMENT, places_of, read_seal
from policy_engine.ledger.segments import Segment
from policy_engine.ledger.tiles import FULL, Cutter, Tile, TileHashes
from policy_engine.ledger.tree import HASH_SIZE, Frontier, subtree_hash


class SealedReader:
    """Reads a sealed folder. Raises `LedgerError` for what is not as its checkpoint says."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seal = read_seal(folder)
        self._places = places_of(self._seal.checkpoint.size)
        self._heads = [NO_HEAD]
        """Of the entry before each segment, as far as they are known."""
        self._checked: dict[int, Segment] = {}
        self._latest: tuple[int, list[bytes]] | None = None
        self._chain: tuple[int, list[bytes]] | None = None
        """Leaves and heads of one segment, by its place."""
        self._tiles: dict[tuple[int, int], bytes] = {}

    @property
    def origin(self) -> str:
        """The name of this log, which no other has."""
        return self._seal.checkpoint.origin

    def count(self) -> int:
        """How many entries are signed."""
        return self._seal.checkpoint.size

    def records(self, kind: str | None = None) -> Iterator[Record]:
        """The entries in order, or those of a kind.

        Raises `LedgerError` after the last where they do not lead to the root of the checkpoint.
        """
        frontier = Frontier()
        for index in range(len(self._places)):
            for record in self._segment(index).records(self._head(index)):
                if kind is None or record.kind == kind:
                    yield record
            grow(frontier, self._leaves(index))
        if frontier.root() != self._seal.checkpoint.root:
            raise LedgerError(f"{self._folder}: the entries do not lead to the signed root")

    def record(self, number: int) -> Record:
        """The entry of this number. Raises `LedgerError` where there is none."""
        if not 1 <= number <= self.count():
            raise LedgerError(f"the record has no entry {number}")
        index, row = divmod(number - 1, SEGMENT)
        return next(self._segment(index).records(self._heads_in(index)[row], row))

    def hashes(self, size: int) -> TileHashes:
        """The hashes of the tree as it was at a size."""
        return TileHashes(size, self._tile)

    def kept_tiles(self) -> Mapping[tuple[int, int], object]:
        """The tiles that a ledger keeps, by level and number, as they follow from the leaves."""
        cutter, tiles = Cutter(), dict[tuple[int, int], object]()
        for index in range(len(self._places)):
            leaves = self._leaves(index)
            for at in range(0, len(leaves), FULL):
                full = cutter.add_all(leaves[at : at + FULL])
                tiles |= {(tile.level or 0, tile.index): hashes for tile, hashes in full}
        rest = ((tile.level, tile.index, hashes) for tile, hashes in cutter.rest())
        return tiles | {(level, index): hashes for level, index, hashes in rest if level}

    def checkpoints(self) -> Iterator[tuple[int, str]]:
        """None: those that the store keeps are not sealed, and who signed the seal is not checked
        here."""
        return iter(())

    def _segment(self, index: int) -> Segment:
        if index not in self._checked:
            place, digest = self._places[index], self._seal.digests[index]
            self._checked[index] = signed_segment(self._folder, self.origin, place, digest)
        return self._checked[index]

    def _leaves(self, index: int) -> list[bytes]:
        if self._latest is None or self._latest[0] != index:
            self._latest = index, self._segment(index).leaves()
        return self._latest[1]

    def _head(self, index: int) -> bytes:
        """The head of the entry before a segment."""
        while len(self._heads) <= index:
            self._heads.append(self._heads_in(len(self._heads) - 1)[-1])
        return self._heads[index]

    def _heads_in(self, index: int) -> list[bytes]:
        """The head of the entry before a segment, and those of its entries."""
        if self._chain is None or self._chain[0] != index:
            heads = accumulate(self._leaves(index), head_after, initial=self._head(index))
            self._chain = index, list(heads)
        return self._chain[1]

    def _tile(self, tile: Tile) -> bytes:
        """The bytes of a tile of hashes."""
        first = tile.index * FULL
        if tile.level is None:
            raise LedgerError(f"{tile.path} holds entries, not hashes")
        if tile.level == 0:
            start = first % SEGMENT
            return b"".join(self._leaves(first // SEGMENT)[start : start + tile.width])
        places = range(first, first + tile.width)
        return b"".join([self._hash(tile.level, index) for index in places])

    def _hash(self, level: int, index: int) -> bytes:
        """Of one full tile below a tile of this level."""
        found = self._tiles.get((level, index))
        if found is None:
            data = self._tile(Tile(level - 1, index))
            ends = range(0, len(data), HASH_SIZE)
            found = subtree_hash([data[at : at + HASH_SIZE] for at in ends])
            self._tiles[level, index] = found
        return found
