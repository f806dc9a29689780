"""The record as sealed segments: written, grown, and read back and verified without a store.

A seal binds the next one: what a folder holds must be how the record begins. Segments are staged
beside their places and take them together, the checkpoint last. Whoever ends it before that leaves
the folder as it was. Ended between, while files get their names, some are not those that were
signed: they are refused until the next seal sets it right. One seal at a time writes to a folder.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from policy_engine.foundation.disk import put, sync
from policy_engine.foundation.errors import LedgerError
from policy_engine.foundation.signing import VerifyingKey
from policy_engine.ledger.checkpoints import Checkpoint, open_checkpoint
from policy_engine.ledger.export import CHECKPOINT
from policy_engine.ledger.notes import Note, Signer
from policy_engine.ledger.record import NO_HEAD, Record, head_after
from policy_engine.ledger.sealed_folder import (
    ANY_SEGMENT,
    Place,
    Seal,
    digest_of,
    others,
    places_of,
    read_seal,
    seal_lines,
)
from policy_engine.ledger.segments import Rows, Segment, write_segment
from policy_engine.ledger.tiles import FULL, HEIGHT
from policy_engine.ledger.tree import EMPTY_ROOT, Frontier, leaf_hash, subtree_hash

Progress = Callable[[int], None]


class Kept(Protocol):
    """A record as it is kept."""

    @property
    def origin(self) -> str: ...

    def count(self) -> int: ...

    def records(self, *, first: int, last: int) -> Iterator[Record]: ...


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a seal did."""

    checkpoint: Checkpoint
    written: int
    """Segments that were written, new or again."""
    erased: int
    """Entries whose content was in the folder before, and is not any more."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a folder holds, all of it verified."""

    checkpoint: Checkpoint
    erased: int
    """Entries of which nothing is told any more."""


def seal(
    folder: Path, record: Kept, *signers: Signer, progress: Progress = lambda number: None
) -> Sealed:
    """Writes the record to a folder, or lets the one there grow, and signs what it holds.

    `progress` is told the number of the entry that was reached. Raises `LedgerError` where the
    folder holds anything but the beginning of this record, and for an entry that was altered; the
    folder then is as it was.
    """
    origin, size = record.origin, record.count()
    before = _before(folder, origin)
    signed = before.checkpoint if before is not None else Checkpoint(origin, 0, EMPTY_ROOT)
    if size < signed.size:
        raise LedgerError(f"{folder} holds {signed.size} entries already, not {size}")
    places, digests, source = places_of(size), list[str](), _Source(record)
    for path in others(folder, places):
        raise LedgerError(f"{path} is of another record, or of a longer one")
    frontier, erased = Frontier(), 0
    with _Staging(folder) as staging:
        for at, place in enumerate(places):
            known = max(0, min(place.count, signed.size - place.first + 1))
            digest = before.digests[at] if before is not None and known else ""
            part = _Part(folder / place.name, origin, place, known, digest)
            rows, digest = part.sealed(source, staging)
            digests.append(digest)
            erased += part.erased
            grow(frontier, rows.leaves[:known])
            if known and frontier.size == signed.size and frontier.root() != signed.root:
                raise LedgerError(f"{folder / CHECKPOINT} does not have the root of the entries")
            grow(frontier, rows.leaves[known:])
            progress(place.last)
        lines = seal_lines(zip((place.name for place in places), digests, strict=True))
        checkpoint = Checkpoint(origin, size, frontier.root(), lines)
        note = checkpoint.signed(*signers)
        note.verify(signer.verifying for signer in signers)
        staging.commit(note)
    return Sealed(checkpoint, staging.number, erased)


def check_seal(
    folder: Path,
    keys: Iterable[VerifyingKey],
    earlier: Checkpoint | None = None,
    progress: Progress = lambda number: None,
) -> Checked:
    """Verifies every byte of a sealed folder. `keys` are those whose signatures count.

    `earlier` is a checkpoint that this record must go on from. `progress` is told the number of
    the entry that was reached. No file is read as Parquet before it is known to be the one that
    was signed. Raises `LedgerError` with the file, and the column or entry, where something does
    not hold.
    """
    seal_ = read_seal(folder)
    checkpoint = seal_.checkpoint
    try:
        open_checkpoint(seal_.note, keys, checkpoint.origin)
    except LedgerError as error:
        raise LedgerError(f"{folder / CHECKPOINT}: {error}") from error
    places = places_of(checkpoint.size)
    for path in others(folder, places):
        raise LedgerError(f"{path} is not signed by the checkpoint: seal again, or remove it")
    if earlier is not None:
        _check_earlier(folder, checkpoint, earlier)
    frontier, erased = Frontier(), 0
    for place, digest in zip(places, seal_.digests, strict=True):
        for rows in signed_segment(folder, checkpoint.origin, place, digest).verified():
            size = 0 if earlier is None else max(0, earlier.size - frontier.size)
            grow(frontier, rows.leaves[:size])
            if earlier is not None and frontier.size == earlier.size != 0:
                _check_root(folder, frontier, earlier)
            grow(frontier, rows.leaves[size:])
            erased += len(rows.erased)
            progress(frontier.size)
    if frontier.root() != checkpoint.root:
        raise LedgerError(f"{folder / CHECKPOINT} does not have the root of the entries")
    return Checked(checkpoint, erased)


def _check_earlier(folder: Path, now: Checkpoint, then: Checkpoint) -> None:
    if now.origin != then.origin:
        raise LedgerError(f"{folder} is the record `{now.origin}`, and was `{then.origin}`")
    if now.size < then.size:
        raise LedgerError(f"{folder} was cut off: it has {now.size} entries, and had {then.size}")


def _check_root(folder: Path, frontier: Frontier, then: Checkpoint) -> None:
    if frontier.root() != then.root:
        raise LedgerError(f"{folder} was written anew: its first {then.size} entries are others")


def signed_segment(folder: Path, origin: str, place: Place, digest: str) -> Segment:
    """The segment at a place, if its file is the one with this digest. Raises `LedgerError`."""
    path = folder / place.name
    if digest_of(path) != digest:
        text = "is not as it was when it was signed, unless a seal was cut short: then seal again"
        raise LedgerError(f"{path} {text}")
    segment = Segment(path, origin, place.first)
    if segment.count != place.count:
        raise LedgerError(f"{path} has {segment.count} entries, not {place.count}")
    return segment


def grow(frontier: Frontier, leaves: Sequence[bytes]) -> None:
    """Appends leaves, a tile's worth at once where one begins."""
    at = 0
    while at < len(leaves):
        if frontier.size % FULL == 0 and len(leaves) - at >= FULL:
            frontier.append(subtree_hash(leaves[at : at + FULL]), HEIGHT)
            at += FULL
        else:
            frontier.append(leaves[at])
            at += 1


def _before(folder: Path, origin: str) -> Seal | None:
    """What the folder is signed for already. What it says binds, whoever signed it."""
    if not (folder / CHECKPOINT).exists():
        return None
    before = read_seal(folder)
    if before.checkpoint.origin != origin:
        raise LedgerError(f"{folder} holds the record `{before.checkpoint.origin}`, not `{origin}`")
    return before


class _Source:
    """The entries of a record, each of which follows from the one before it."""

    def __init__(self, record: Kept) -> None:
        self._record = record
        self._heads = {1: NO_HEAD}
        """Of the entry before the first of each segment."""

    def entries(self, place: Place) -> Iterator[Record]:
        """Those of a segment. Raises `LedgerError` for one that does not follow."""
        head = self._heads[place.first]
        for each in self._record.records(first=place.first, last=place.last):
            head = head_after(head, leaf_hash(each.entry))
            if head != each.head:
                raise LedgerError(f"entry {each.number} does not follow from those before it")
            yield each
        self._heads[place.last + 1] = head


@dataclass(slots=True)
class _Part:
    """One segment that is sealed; so many of its entries were signed, in a file of this digest."""

    path: Path
    origin: str
    place: Place
    known: int
    digest: str
    erased: int = 0

    def sealed(self, source: _Source, staging: _Staging) -> tuple[Rows, str]:
        """Its rows and the digest of its file, which is written only where it changes."""
        there = self._there()
        if self.known == len(there.leaves) == self.place.count:
            rows = _rows(source.entries(self.place))
            self._compare(there, rows)
            if rows.erased == there.erased and digest_of(self.path) == self.digest:
                return rows, self.digest
        rows, digest = staging.write(self.origin, self.place, source.entries(self.place))
        self._compare(there, rows)
        within = range(self.place.first, self.place.first + len(there.leaves))
        self.erased = sum(number in within for number in rows.erased - there.erased)
        return rows, digest

    def _there(self) -> Rows:
        """What is in the folder: what was signed, or more where a seal was cut short."""
        rows = Rows()
        if self.path.exists() or self.known:
            for more in Segment(self.path, self.origin, self.place.first).verified():
                rows.add(more)
        if not self.known <= len(rows.leaves) <= self.place.count:
            expected = f"{self.known} were signed, and the record has {self.place.count}"
            raise LedgerError(f"{self.path} has {len(rows.leaves)} entries: {expected}")
        return rows

    def _compare(self, there: Rows, rows: Rows) -> None:
        pairs = zip(there.leaves, rows.leaves, strict=False)
        for number, (sealed, kept) in enumerate(pairs, self.place.first):
            if sealed != kept:
                raise LedgerError(f"{self.path} holds another record: entry {number} differs")
        for number in sorted(there.erased - rows.erased):
            raise LedgerError(f"{self.path}: entry {number} was erased, and the record tells it")


def _rows(records: Iterable[Record]) -> Rows:
    rows = Rows()
    for each in records:
        rows.leaves.append(leaf_hash(each.entry))
        if each.is_erased:
            rows.erased.add(each.number)
    return rows


class _Staging:
    """Files that are ready beside their places. What is not committed is gone at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._staged: list[tuple[Path, Path]] = []

    @property
    def number(self) -> int:
        """How many segments there are."""
        return sum(path.name != CHECKPOINT for _, path in self._staged)

    def __enter__(self) -> _Staging:
        with _writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            for name in (CHECKPOINT, ANY_SEGMENT):  # of a seal that was killed
                for path in self._folder.glob(f".{name}.*.part"):
                    path.unlink()
        return self

    def __exit__(self, *error: object) -> None:
        for beside, _ in self._staged:
            beside.unlink(missing_ok=True)

    def write(self, origin: str, place: Place, records: Iterable[Record]) -> tuple[Rows, str]:
        """Stages a segment; its rows, and the digest of its file."""
        beside = self._beside(place.name)
        rows = write_segment(beside, origin, place, records)
        return rows, digest_of(beside)

    def commit(self, note: Note) -> None:
        """Puts everything in its place, the checkpoint last."""
        with _writing(self._folder):
            beside = self._beside(CHECKPOINT)
            put(beside, bytes(note))
            for beside, path in self._staged:
                if path.name == CHECKPOINT:
                    sync(self._folder)
                beside.replace(path)
            sync(self._folder)

    def _beside(self, name: str) -> Path:
        beside = self._folder / f".{name}.{secrets.token_hex(8)}.part"
        self._staged.append((beside, self._folder / name))
        return beside


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LedgerError(f"{folder} cannot be written: {error.strerror or error}") from error
