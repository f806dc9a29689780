"""A log as a folder for static hosting (C2SP tlog-tiles), and the folder read back and verified.

The folder holds `checkpoint` and, below `tile/`, the hashes and the entries. Each file appears
whole or not at all, and the checkpoint last: whoever reads meanwhile finds the log as it was or as
it is. A folder is written again as the log grows. It is never made to say anything else than it
said: what would shorten or change a published log raises `LedgerError`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from policy_engine.foundation.disk import put, sync
from policy_engine.foundation.errors import LedgerError
from policy_engine.foundation.signing import VerifyingKey
from policy_engine.ledger.checkpoints import Checkpoint, open_checkpoint
from policy_engine.ledger.notes import LARGEST_NOTE, Note, Signer
from policy_engine.ledger.tiles import (
    FULL,
    LARGEST_BUNDLE,
    Cutter,
    Tile,
    TileHashes,
    bundle_bytes,
    check_entry,
    read_bundle,
    read_tile,
    tile_at,
    tiles_of,
)
from policy_engine.ledger.tree import EMPTY_ROOT, HASH_SIZE, leaf_hash, root_of

CHECKPOINT = "checkpoint"
_TILES = "tile"


def export(folder: Path, entries: Iterable[bytes], origin: str, *signers: Signer) -> Checkpoint:
    """Writes the log with these entries, all of them from the first on, and signs its head.

    The entries are read once, and 256 of them are held at a time; one export at a time writes to
    a folder. Raises `LedgerError`; the folder then still tells of the log that it told of before.
    """
    published = _published(folder, origin)
    writer = _Writer(folder, published.size)
    cutter, bundle = Cutter(), list[bytes]()
    for size, entry in enumerate(entries, 1):
        check_entry(entry)
        bundle.append(entry)
        tiles = cutter.add(leaf_hash(entry))
        if size == published.size and cutter.root() != published.root:
            raise LedgerError(f"{folder} holds another log: its first {size} entries differ")
        for tile, data in tiles:
            writer.write_tile(tile, data)
        if len(bundle) == FULL:
            writer.write_tile(Tile(None, size // FULL - 1), bundle_bytes(bundle))
            bundle.clear()
    if cutter.size < published.size:
        raise LedgerError(f"{folder} holds {published.size} entries already, not {cutter.size}")
    if bundle:
        last = Tile(None, cutter.size // FULL, len(bundle))
        writer.write_tile(last, bundle_bytes(bundle))
    for tile, data in cutter.rest():
        writer.write_tile(tile, data)
    checkpoint = Checkpoint(origin, cutter.size, cutter.root())
    note = checkpoint.signed(*signers)
    note.verify(signer.verifying for signer in signers)
    writer.publish(note)
    return checkpoint


def read_back(
    folder: Path,
    keys: Iterable[VerifyingKey],
    origin: str,
    earlier: Checkpoint | None = None,
) -> Checkpoint:
    """Verifies every byte of the log in a folder, and gives its head.

    `earlier` is a checkpoint that this log must go on from: it shows whether whoever holds the key
    has written the log anew, or cut it off. Raises `LedgerError` with the name of the file that is
    missing, altered, or not of a log. What lies beside `checkpoint` and `tile/` is not looked at,
    nor tiles beyond the size of the log.
    """
    try:
        note = Note.parse(_read(folder, CHECKPOINT, LARGEST_NOTE))
        checkpoint = open_checkpoint(note, keys, origin)
    except LedgerError as error:
        raise LedgerError(f"{folder / CHECKPOINT}: {error}") from error
    _verify_tiles(folder, checkpoint)
    _verify_rest(folder, checkpoint.size)
    if earlier is not None:
        _check_earlier(folder, checkpoint, earlier)
    return checkpoint


def read_entries(folder: Path, size: int) -> Iterator[bytes]:
    """The entries of a log of this size in their order. They are those of the log only if
    `read_back` verified the folder and nobody has written to it since."""
    for tile in tiles_of(size):
        if tile.level is not None:
            return
        yield from read_bundle(tile, read_tile_file(folder, tile))


def read_tile_file(folder: Path, tile: Tile) -> bytes:
    """The bytes of a tile in a folder, for a `TileReader`. Raises `LedgerError`."""
    largest = LARGEST_BUNDLE if tile.level is None else FULL * HASH_SIZE
    return _read(folder, tile.path, largest)


class _Writer:
    """Puts whole files into a folder, and on disk before the checkpoint tells of them."""

    def __init__(self, folder: Path, published: int) -> None:
        self._folder = folder
        self._published = published
        self._entered = {folder}

    def write_tile(self, tile: Tile, data: bytes) -> None:
        path = self._folder / tile.path
        try:
            if path.exists() and path.read_bytes() == data:
                return
            if path.exists() and tile.end <= self._published:
                raise LedgerError(f"{path} is published already, and differs")
            self._put(path, data)
        except OSError as error:
            raise LedgerError(f"{path}: {error.strerror or error}") from error

    def publish(self, note: Note) -> None:
        path = self._folder / CHECKPOINT
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for folder in self._entered:
                sync(folder)
            self._put(path, bytes(note))
            sync(self._folder)
        except OSError as error:
            raise LedgerError(f"{path}: {error.strerror or error}") from error

    def _put(self, path: Path, data: bytes) -> None:
        if path.parent not in self._entered:
            path.parent.mkdir(parents=True, exist_ok=True)
            above = [path.parent, *path.parent.parents]
            self._entered.update(above[: above.index(self._folder)])
        beside = self._folder / f".{secrets.token_hex(8)}.part"
        try:
            put(beside, data)
            beside.replace(path)
        except BaseException:  # whatever ends it early, no half-written file stays, and it goes on
            beside.unlink(missing_ok=True)
            raise


def _published(folder: Path, origin: str) -> Checkpoint:
    """The head that the folder tells of. What it says binds, whoever signed it."""
    try:
        if not (folder / CHECKPOINT).exists():
            return Checkpoint(origin, 0, EMPTY_ROOT)
    except OSError as error:
        raise LedgerError(f"{folder}: {error.strerror or error}") from error
    try:
        checkpoint = Checkpoint.from_text(Note.parse(_read(folder, CHECKPOINT, LARGEST_NOTE)).text)
    except LedgerError as error:
        raise LedgerError(f"{folder / CHECKPOINT}: {error}") from error
    if checkpoint.extensions:
        raise LedgerError(f"{folder} holds no exported log: its checkpoint says more than one has")
    if checkpoint.origin != origin:
        raise LedgerError(f"{folder} holds the log `{checkpoint.origin}`, not `{origin}`")
    return checkpoint


def _verify_tiles(folder: Path, checkpoint: Checkpoint) -> None:
    """Compares what follows from the entries with every tile, and with the root."""
    cutter, wrong = Cutter(), list[Tile]()
    for tile in tiles_of(checkpoint.size):
        if tile.level is None:
            for entry in read_bundle(tile, read_tile_file(folder, tile)):
                _compare(folder, cutter.add(leaf_hash(entry)), wrong)
    _compare(folder, cutter.rest(), wrong)
    if cutter.root() == checkpoint.root:
        if wrong:
            raise LedgerError(f"{folder / wrong[0].path} does not follow from the entries")
        return
    altered = next((Tile(None, tile.index, tile.width) for tile in wrong if tile.level == 0), None)
    if altered is not None and _root_of_tiles(folder, checkpoint.size) == checkpoint.root:
        raise LedgerError(f"{folder / altered.path} holds entries that are not of the log")
    if altered is not None:
        both = f"{folder / altered.path} and its tile of hashes"
        raise LedgerError(f"{both} differ, and neither leads to the root of the checkpoint")
    raise LedgerError(f"{folder / CHECKPOINT} does not have the root of the entries")


def _check_earlier(folder: Path, now: Checkpoint, then: Checkpoint) -> None:
    """Whether the log goes on from what it was. Its tiles are verified."""
    if now.origin != then.origin:
        raise LedgerError(f"{folder} is the log `{now.origin}`, and was `{then.origin}`")
    if now.size < then.size:
        raise LedgerError(f"{folder} was cut off: it has {now.size} entries, and had {then.size}")
    hashes = TileHashes(now.size, partial(read_tile_file, folder))
    if root_of(then.size, hashes) != then.root:
        raise LedgerError(f"{folder} was written anew: its first {then.size} entries are others")


def _compare(folder: Path, tiles: Iterable[tuple[Tile, bytes]], wrong: list[Tile]) -> None:
    """Notes the tiles whose file is not what it must be."""
    for tile, data in tiles:
        found = read_tile_file(folder, tile)
        read_tile(tile, found)
        if found != data:
            wrong.append(tile)


def _root_of_tiles(folder: Path, size: int) -> bytes:
    """The root that follows from the lowest tiles alone."""
    cutter = Cutter()
    for tile in tiles_of(size):
        if tile.level == 0:
            for hash_ in read_tile(tile, read_tile_file(folder, tile)):
                cutter.add(hash_)
    return cutter.root()


def _verify_rest(folder: Path, size: int) -> None:
    """Checks what else lies below `tile/`: tiles from when the log was smaller."""
    for path in _files(folder / _TILES):
        tile = Tile.from_path(path.relative_to(folder).as_posix())
        later = tile_at(tile.level, tile.index, size)
        if later is None or tile.width >= later.width:  # verified already, or still to be told of
            continue
        data, longer = read_tile_file(folder, tile), read_tile_file(folder, later)
        read = read_bundle if tile.level is None else read_tile
        if read(tile, data) != read(later, longer)[: tile.width]:
            raise LedgerError(f"{path} differs from what the log holds there now")


def _files(folder: Path) -> Iterator[Path]:
    """All that is no folder in a folder, in order, however deep. Raises `LedgerError`."""
    found = list[Path]()
    try:
        left = [folder] if folder.is_dir() else []
        while left:
            for path in left.pop().iterdir():
                if not path.is_dir():
                    found.append(path)
                elif not path.is_symlink():
                    left.append(path)
    except OSError as error:
        raise LedgerError(f"{error.filename}: {error.strerror or error}") from error
    return iter(sorted(found))


def _read(folder: Path, name: str, largest: int) -> bytes:
    """The bytes of a file of the log."""
    path = folder / name
    try:
        if path.exists() and not path.is_file():  # to read a pipe would wait for ever
            raise LedgerError(f"{path} is no file")
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror or error}") from error
    if len(data) > largest:
        raise LedgerError(f"{path} is larger than {largest:,} bytes")
    return data
