"""A log as files: tiles of hashes and bundles of entries, as C2SP tlog-tiles lays them out.

A tile of level L holds up to 256 hashes of complete subtrees of 256^L entries each; a bundle holds
up to 256 entries, each behind its length (2 bytes, big-endian). What is narrower than 256 says so
in its path. Paths are relative to where the log stands. All that is read is read strictly: raises
`LedgerError` with the path, and in a bundle the byte, where something is too short or too long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from policy_engine.foundation.errors import LedgerError
from policy_engine.ledger.tree import (
    HASH_SIZE,
    LARGEST_SIZE,
    Frontier,
    HashReader,
    check_size,
    subtree_hash,
)

HEIGHT = 8
FULL = 1 << HEIGHT
HIGHEST_LEVEL = 63
LARGEST_ENTRY = 2**16 - 1
LARGEST_BUNDLE = FULL * (2 + LARGEST_ENTRY)

_LARGEST_INDEX = LARGEST_SIZE >> HEIGHT
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<above>(?:x[0-9]{3}/){0,6})(?P<last>[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Tile:
    """Names a tile, or where `level` is None a bundle of entries. Raises `LedgerError`."""

    level: int | None
    index: int
    width: int = FULL

    def __post_init__(self) -> None:
        level = 0 if self.level is None else self.level
        in_range = 0 <= level <= HIGHEST_LEVEL and 0 <= self.index <= _LARGEST_INDEX
        if not in_range or not 1 <= self.width <= FULL:
            raise LedgerError(f"no log has the tile {self.level}, {self.index}, {self.width}")

    @classmethod
    def from_path(cls, path: str) -> Tile:
        """The tile with this path. Raises `LedgerError` unless it is written just so."""
        match = _PATH.fullmatch(path)
        if match is None:
            raise LedgerError(f"{path!r} is no path of a tile")
        level = None if match["level"] == "entries" else int(match["level"])
        digits = f"{match['above']}{match['last']}".replace("x", "").replace("/", "")
        tile = cls(level, int(digits), int(match["width"] or FULL))
        if tile.path != path:
            raise LedgerError(f"{path!r} is no path of a tile")
        return tile

    @property
    def path(self) -> str:
        """Where it stands: `tile/0/x001/x234/067`, `tile/entries/000.p/5`."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        index = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
        level = "entries" if self.level is None else self.level
        return f"tile/{level}/{index}" + ("" if self.width == FULL else f".p/{self.width}")

    @property
    def end(self) -> int:
        """How many entries a log must have for this tile to be of it."""
        return (FULL * self.index + self.width) << (HEIGHT * (self.level or 0))


TileReader: TypeAlias = Callable[[Tile], bytes]
"""Gives the bytes of a tile. Raises `LedgerError` for one that it does not have."""


def tiles_of(size: int) -> Iterator[Tile]:
    """All that a log of this size consists of: its bundles, then its tiles by level."""
    check_size(size)
    levels: list[int | None] = [None, *range(-(-size.bit_length() // HEIGHT))]
    for level in levels:
        hashes = size >> (HEIGHT * (level or 0))
        for index in range(hashes // FULL):
            yield Tile(level, index)
        if hashes % FULL:
            yield Tile(level, hashes // FULL, hashes % FULL)


def tile_at(level: int | None, index: int, size: int) -> Tile | None:
    """The tile that a log of this size has there, as wide as it is."""
    width = min(FULL, (size >> (HEIGHT * (level or 0))) - FULL * index)
    return Tile(level, index, width) if width > 0 else None


def tile_bytes(tile: Tile, read: HashReader) -> bytes:
    """The bytes of a tile of hashes."""
    if tile.level is None:
        raise LedgerError(f"{tile.path} holds entries, not hashes")
    level, first = HEIGHT * tile.level, FULL * tile.index
    return b"".join(read(level, at) for at in range(first, first + tile.width))


def read_tile(tile: Tile, data: bytes) -> tuple[bytes, ...]:
    """The hashes in the bytes of a tile."""
    expected = HASH_SIZE * tile.width
    if len(data) != expected:
        raise LedgerError(f"{tile.path} has {len(data)} bytes, not {expected}")
    return tuple(data[at : at + HASH_SIZE] for at in range(0, expected, HASH_SIZE))


def bundle_bytes(entries: Sequence[bytes]) -> bytes:
    """The bytes of a bundle: 1 to 256 entries of at most 65,535 bytes each."""
    if not 1 <= len(entries) <= FULL:
        raise LedgerError(f"a bundle holds 1 to {FULL} entries, not {len(entries)}")
    for entry in entries:
        check_entry(entry)
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])


def check_entry(entry: bytes) -> None:
    """Raises `LedgerError` for an entry that fits no bundle."""
    if len(entry) > LARGEST_ENTRY:
        raise LedgerError(f"an entry of {len(entry):,} bytes is larger than {LARGEST_ENTRY:,}")


def read_bundle(tile: Tile, data: bytes) -> tuple[bytes, ...]:
    """The entries in the bytes of a bundle."""
    entries: list[bytes] = []
    at, end = 0, len(data)
    while at < end and len(entries) < tile.width:
        start = at + 2
        stop = start + int.from_bytes(data[at:start], "big")
        if start > end or stop > end:
            raise LedgerError(f"{tile.path} is cut off in the entry that begins at byte {at}")
        entries.append(data[start:stop])
        at = stop
    if len(entries) < tile.width:
        raise LedgerError(
            f"{tile.path} ends at byte {end} after {len(entries)} entries, not {tile.width}"
        )
    if at != end:
        raise LedgerError(f"{tile.path} has {end - at} more bytes than its entries, from byte {at}")
    return tuple(entries)


class TileHashes:
    """Reads hashes of any level from the tiles of a log of one size: a `HashReader`.

    A tile has the hashes of each eighth level; those between are hashed from it. It verifies
    nothing: a proof made from hashes that are not right does not hold.
    """

    def __init__(self, size: int, read: TileReader) -> None:
        check_size(size)
        self._size = size
        self._read = read
        self._latest: tuple[Tile, tuple[bytes, ...]] | None = None

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of the complete subtree at this place."""
        if not (0 <= level <= HIGHEST_LEVEL and 0 <= index < self._size >> level):
            raise LedgerError(f"a log of {self._size} has no hash at level {level}, index {index}")
        row, above = divmod(level, HEIGHT)
        first = index << above
        hashes = self._hashes(row, first // FULL)
        return subtree_hash(hashes[first % FULL : first % FULL + (1 << above)])

    def _hashes(self, level: int, index: int) -> tuple[bytes, ...]:
        if self._latest is None or (self._latest[0].level, self._latest[0].index) != (level, index):
            tile = tile_at(level, index, self._size)
            if tile is None:
                raise LedgerError(f"a log of {self._size} has no tile at level {level}, {index}")
            self._latest = tile, read_tile(tile, self._read(tile))
        return self._latest[1]


class Cutter:
    """Cuts a log into tiles while it is read: each is handed over as soon as it is whole."""

    def __init__(self) -> None:
        self._frontier = Frontier()
        self._levels: list[list[bytes]] = [[]]

    @property
    def size(self) -> int:
        """How many leaves were added so far."""
        return self._frontier.size

    def root(self) -> bytes:
        """The root of what was added so far."""
        return self._frontier.root()

    def add(self, leaf: bytes) -> Sequence[tuple[Tile, bytes]]:
        """Adds the hash of a leaf. Returns the full tiles that it completes."""
        completed = self._frontier.append(leaf)
        if len(completed) <= HEIGHT:
            self._levels[0].append(leaf)
            return ()
        return tuple(self._whole(completed[::HEIGHT]))

    def add_all(self, leaves: Sequence[bytes]) -> Iterator[tuple[Tile, bytes]]:
        """Adds hashes of leaves in their order, and gives the full tiles that they complete.

        A tile's worth of them, where one begins, takes half the time.
        """
        if len(leaves) != FULL or self._frontier.size % FULL:
            for leaf in leaves:
                yield from self.add(leaf)
            return
        completed = self._frontier.append(subtree_hash(leaves), HEIGHT)
        self._levels[0].extend(leaves[:-1])
        yield from self._whole([leaves[-1], *completed[::HEIGHT]])

    def rest(self) -> Iterator[tuple[Tile, bytes]]:
        """The tiles that are not full yet."""
        for level, hashes in enumerate(self._levels):
            if hashes:
                index = self._frontier.size >> (HEIGHT * (level + 1))
                yield Tile(level, index, len(hashes)), b"".join(hashes)

    def _whole(self, completed: Sequence[bytes]) -> Iterator[tuple[Tile, bytes]]:
        """Adds a hash to each of the lowest levels; all of these but the last are full then."""
        last = self._frontier.size - 1
        for level, hash_ in enumerate(completed):
            if level == len(self._levels):
                self._levels.append([])
            hashes = self._levels[level]
            hashes.append(hash_)
            if len(hashes) == FULL:
                yield Tile(level, last >> (HEIGHT * (level + 1))), b"".join(hashes)
                hashes.clear()
