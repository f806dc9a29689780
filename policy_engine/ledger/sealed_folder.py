"""What a folder of sealed segments says of itself: its files, and the checkpoint that signs them.

The checkpoint (C2SP tlog-checkpoint) has an extension line for each segment, in the form that
`sha256sum -c` reads. So one signature covers the root of the entries and every byte of the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from policy_engine.foundation.errors import LedgerError
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.export import CHECKPOINT
from policy_engine.ledger.notes import LARGEST_NOTE, Note
from policy_engine.ledger.tiles import FULL

SEGMENT = FULL * FULL
"""Entries of a full segment: those below one tile of level 1."""

ANY_SEGMENT = "segment-*.parquet"
"""What is named so is a segment."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Place:
    """One segment of a record: its file, the number of its first entry, how many entries it has."""

    name: str
    first: int
    count: int

    @property
    def last(self) -> int:
        return self.first + self.count - 1


@dataclass(frozen=True, slots=True)
class Seal:
    """A checkpoint of a sealed record; nothing of it is verified."""

    note: Note
    checkpoint: Checkpoint
    digests: tuple[str, ...]
    """SHA-256 of each segment in hexadecimal, in order."""


def is_sealed(folder: Path) -> bool:
    """Whether a folder holds segments."""
    return any(folder.glob(ANY_SEGMENT))


def places_of(size: int) -> list[Place]:
    """The segments of a record of this size."""
    return [
        Place(f"segment-{first // SEGMENT:06}.parquet", first + 1, min(SEGMENT, size - first))
        for first in range(0, size, SEGMENT)
    ]


def seal_lines(digests: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The extension lines of a checkpoint for files with these names and digests."""
    return tuple(f"{digest}  {name}" for name, digest in digests)


def read_seal(folder: Path) -> Seal:
    """What the checkpoint of a folder says. Raises `LedgerError` where it signs no segments."""
    path = folder / CHECKPOINT
    try:
        with path.open("rb") as file:
            note = Note.parse(file.read(LARGEST_NOTE + 1))
        checkpoint = Checkpoint.from_text(note.text)
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror or error}") from error
    except LedgerError as error:
        raise LedgerError(f"{path}: {error}") from error
    places, lines = places_of(checkpoint.size), checkpoint.extensions
    digests = tuple(line.partition("  ")[0] for line in lines)
    told = seal_lines(zip((place.name for place in places), digests, strict=False))
    if told != lines or len(told) != len(places) or not all(map(_DIGEST.fullmatch, digests)):
        raise LedgerError(f"{path} does not name the segments of {checkpoint.size} entries")
    return Seal(note, checkpoint, digests)


def others(folder: Path, places: list[Place]) -> list[Path]:
    """The files that are named as segments are and are none of these."""
    known = {place.name for place in places}
    return sorted(path for path in folder.glob(ANY_SEGMENT) if path.name not in known)


def digest_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal. Raises `LedgerError` where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror or error}") from error
