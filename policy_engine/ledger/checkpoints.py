"""Checkpoints (C2SP tlog-checkpoint): which log, how many entries, and the root, in a signed note.

A checkpoint pins all entries of a log and their order. Who has one from before sees by a
consistency proof whether the log has only grown since.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from policy_engine.foundation.errors import LedgerError
from policy_engine.foundation.signing import VerifyingKey, from_base64
from policy_engine.ledger.notes import Note, Signer, sign
from policy_engine.ledger.tree import EMPTY_ROOT, check_hash, check_size

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_LEAST_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: its origin (a name that is its own), its size, and its root (32 bytes).

    Extensions are lines that a log may add. Raises `LedgerError` for what no log can have.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_size(self.size)
        check_hash(self.root)
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise LedgerError("this is not the root of the empty tree")
        for line in (self.origin, *self.extensions):
            if not line or any(character < " " for character in line):
                raise LedgerError(f"{line!r} cannot be a line of a checkpoint")

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        """The checkpoint that this text of a note is. Raises `LedgerError`."""
        lines = text.split("\n")
        if lines.pop() != "" or len(lines) < _LEAST_LINES:
            raise LedgerError("a checkpoint has the lines origin, size and root")
        origin, size, root, *extensions = lines
        return cls(origin, read_number(size), read_hash(root), tuple(extensions))

    @property
    def text(self) -> str:
        """The text to sign."""
        lines = (self.origin, str(self.size), hash_text(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    def signed(self, *signers: Signer) -> Note:
        """The note that says so. Raises `LedgerError` where nobody signs it."""
        return sign(self.text, *signers)


def open_checkpoint(note: Note, keys: Iterable[VerifyingKey], origin: str) -> Checkpoint:
    """The checkpoint that a key of this log has signed. Raises `LedgerError`.

    `keys` are the log's own: what others have signed beside them says nothing here.
    """
    note.verify(keys)
    checkpoint = Checkpoint.from_text(note.text)
    if checkpoint.origin != origin:
        raise LedgerError(f"the checkpoint is of the log `{checkpoint.origin}`, not `{origin}`")
    return checkpoint


def read_number(text: str) -> int:
    """A size or an index as it must be written. Raises `LedgerError`."""
    if not _NUMBER.fullmatch(text):
        raise LedgerError(f"{text!r} is no number of entries")
    return int(text)


def read_hash(text: str) -> bytes:
    """A hash as it must be written. Raises `LedgerError`."""
    hash_ = from_base64(text)
    if hash_ is None:
        raise LedgerError(f"{text!r} is no hash in base64")
    check_hash(hash_)
    return hash_


def hash_text(hash_: bytes) -> str:
    """A hash in base64."""
    return b64encode(hash_).decode()
