"""An entry of the record, as it is kept: the leaf of a tree, and beside it what is told.

The tree is that of RFC 6962; its leaves are small (`leaf.py`), and each entry keeps the root of the
tree of all entries up to it. So an entry cannot be altered, removed or inserted without every later
root changing, and one root, kept elsewhere, pins all that came before. What is told can be
destroyed: its leaf stays, and the tree holds without it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from os import urandom

from policy_engine.foundation.canonical import canonical_text, decode
from policy_engine.foundation.errors import LedgerError
from policy_engine.ledger.leaf import SALT_SIZE, Leaf, entry_bytes, salted_digest
from policy_engine.ledger.tree import EMPTY_ROOT, Frontier, leaf_hash


@dataclass(frozen=True)
class Record:
    """One entry. Its members are as they are kept; none of them is verified."""

    number: int
    """From 1; its index in the tree is one less."""
    at: str
    kind: str
    text: str | None
    """The body as canonical JSON; None where it was erased."""
    salt: bytes | None
    digest: bytes
    """`salted_digest` of the salt and the body."""
    root: bytes
    """Of the tree of this entry and all before it."""

    @property
    def is_erased(self) -> bool:
        return self.text is None and self.salt is None

    @cached_property
    def body(self) -> Mapping[str, object]:
        """What is told, as `foundation.canonical.decode` reads it; empty where it was erased.

        Raises `LedgerError` for what is no object in canonical form.
        """
        if self.text is None:
            return {}
        try:
            decoded = decode(json.loads(self.text))
            written = canonical_text(decoded)
        except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
            raise LedgerError(f"entry {self.number} cannot be read: {error}") from error
        if written != self.text or not isinstance(decoded, dict):
            raise LedgerError(f"entry {self.number} is not in canonical form")
        return decoded

    @property
    def entry(self) -> bytes:
        """What the tree hashes. Raises `LedgerError` where the members cannot stand in a leaf."""
        return bytes(Leaf(self.kind, self.at, self.digest))

    @property
    def leaf(self) -> str | None:
        """The hash of the entry in the tree, in hexadecimal; None where it cannot stand there."""
        try:
            return leaf_hash(self.entry).hex()
        except LedgerError:
            return None


class Tail:
    """Where a record goes on: makes one entry after the other."""

    def __init__(self, frontier: Frontier | None = None) -> None:
        self._frontier = frontier or Frontier()
        self.root = self._frontier.root()

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self._frontier.size

    def append(
        self, at: str, kind: str, body: Mapping[str, object] | str
    ) -> tuple[Record, list[bytes]]:
        """The next entry, and the hashes that it completes, by level. A text is canonical JSON."""
        text = body if isinstance(body, str) else canonical_text(body)
        salt = urandom(SALT_SIZE)
        digest = salted_digest(salt, text.encode("utf-8"))
        completed = self._frontier.append(leaf_hash(entry_bytes(kind, at, digest)))
        self.root = self._frontier.root()
        return Record(self.size, at, kind, text, salt, digest, self.root), completed


NO_HEAD = EMPTY_ROOT.hex()
"""The head of a record without entries."""
