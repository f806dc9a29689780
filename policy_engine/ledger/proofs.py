"""Proofs that stand alone (C2SP tlog-proof): this entry is in that log, without asking anybody.

A proof is a text: the index of the entry, the hashes that lead from it to the root, and the signed
checkpoint. With the entry and the public keys of the log it is verified offline. It may carry
extra bytes, which nobody has signed.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from policy_engine.foundation.errors import LedgerError
from policy_engine.foundation.signing import VerifyingKey, from_base64
from policy_engine.ledger.checkpoints import (
    Checkpoint,
    hash_text,
    open_checkpoint,
    read_hash,
    read_number,
)
from policy_engine.ledger.notes import LARGEST_NOTE, Note
from policy_engine.ledger.tree import HashReader, inclusion_proof, leaf_hash, verify_inclusion

LARGEST_PROOF = 2 * LARGEST_NOTE

_FIRST_LINE = "c2sp.org/tlog-proof@v1"
_EXTRA = "extra "
_INDEX = "index "
_LONGEST_PATH = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry stands at this index (from 0) of the log with this checkpoint."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: Note
    extra: bytes = b""

    @classmethod
    def parse(cls, data: bytes) -> Proof:
        """The proof in these bytes. Raises `LedgerError` unless they are written just so."""
        if len(data) > LARGEST_PROOF:
            raise LedgerError(f"a proof of {len(data):,} bytes is larger than {LARGEST_PROOF:,}")
        above, blank, note = data.partition(b"\n\n")
        try:
            lines = above.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise LedgerError(f"a proof begins in ASCII: byte {error.start} is not") from error
        if not blank or lines.pop(0) != _FIRST_LINE:
            raise LedgerError(f"a proof begins with the line {_FIRST_LINE}")
        extra = _extra(lines.pop(0)) if lines and lines[0].startswith(_EXTRA) else b""
        if not lines or not lines[0].startswith(_INDEX):
            raise LedgerError("a proof has a line `index` above its hashes")
        index, *path = lines
        if len(path) > _LONGEST_PATH:
            raise LedgerError(f"a proof has at most {_LONGEST_PATH} hashes")
        hashes = tuple(read_hash(line) for line in path)
        return cls(read_number(index.removeprefix(_INDEX)), hashes, Note.parse(note), extra)

    def verify(self, entry: bytes, keys: Iterable[VerifyingKey], origin: str) -> Checkpoint:
        """The checkpoint of the log that this entry is in. Raises `LedgerError` where it is not.

        `keys` and `origin` are those of the log, from where its owner publishes them.
        """
        checkpoint = open_checkpoint(self.checkpoint, keys, origin)
        size, root = checkpoint.size, checkpoint.root
        verify_inclusion(leaf_hash(entry), self.index, size, self.path, root)
        return checkpoint

    def __bytes__(self) -> bytes:
        lines = [_FIRST_LINE]
        if self.extra:
            lines.append(f"{_EXTRA}{b64encode(self.extra).decode()}")
        lines += [f"{_INDEX}{self.index}", *map(hash_text, self.path), "", ""]
        return "\n".join(lines).encode() + bytes(self.checkpoint)


def prove(index: int, checkpoint: Note, read: HashReader, extra: bytes = b"") -> Proof:
    """The proof for the entry at this index, from the hashes of the log.

    Raises `LedgerError`, also where these hashes do not lead to the root of the checkpoint.
    """
    head = Checkpoint.from_text(checkpoint.text)
    path = inclusion_proof(index, head.size, read)
    verify_inclusion(read(0, index), index, head.size, path, head.root)
    return Proof(index, path, checkpoint, extra)


def _extra(line: str) -> bytes:
    extra = from_base64(line.removeprefix(_EXTRA))
    if not extra:
        raise LedgerError(f"{line!r} is no line with extra data")
    return extra
