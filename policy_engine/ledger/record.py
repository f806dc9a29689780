"""An entry of the record, as it is kept: the leaf of a tree, and beside it what is told.

The tree is that of RFC 6962; its leaves are small (`leaf.py`). Each entry keeps a head as well: a
hash over the head of the entry before it and its own leaf. So an entry cannot be altered, removed
or inserted without every later head changing, and one head, kept elsewhere, pins all that came
before. What is told can be destroyed: its leaf stays, and tree and heads hold without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from os import urandom

from policy_engine.foundation.canonical import canonical_text, read_canonical
from policy_engine.foundation.errors import LedgerError
from policy_engine.ledger.leaf import SALT_SIZE, checked_entry, entry_bytes, salted_digest
from policy_engine.ledger.tree import HASH_SIZE, Frontier, leaf_hash

NO_HEAD = bytes(HASH_SIZE)
"""The head of a record without entries."""
LASTING = frozenset(("opened", "signing_key", "erased"))
"""Kinds on which the record itself rests: nobody may erase what they tell."""


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
    head: bytes
    """`head_after` the head of the entry before it and its own leaf."""

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
            told = read_canonical(self.text)
        except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
            raise LedgerError(f"entry {self.number} cannot be read: {error}") from error
        if not isinstance(told, dict):
            raise LedgerError(f"entry {self.number} cannot be read: it is no object")
        return told

    @property
    def entry(self) -> bytes:
        """What the tree hashes. Raises `LedgerError` where the members cannot stand in a leaf."""
        return checked_entry(self.kind, self.at, self.digest)

    @property
    def leaf(self) -> str | None:
        """The hash of the entry in the tree, in hexadecimal; None where it cannot stand there."""
        try:
            return leaf_hash(self.entry).hex()
        except LedgerError:
            return None


def head_after(head: bytes, leaf: bytes) -> bytes:
    """The head of an entry: SHA-256 over 0x02, the head before it, and the hash of its leaf."""
    return sha256(b"\x02" + head + leaf).digest()


class Tail:
    """Where a record goes on: makes one entry after the other."""

    def __init__(self, frontier: Frontier | None = None, head: bytes = NO_HEAD) -> None:
        self._frontier = frontier or Frontier()
        self._leaves: list[bytes] = []
        self.head = head

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self._frontier.size

    def root(self) -> bytes:
        """Of the tree of all entries."""
        return self._frontier.root()

    def take_leaves(self) -> list[bytes]:
        """The leaves of the entries that were made since they were last taken."""
        leaves, self._leaves = self._leaves, []
        return leaves

    def append(
        self, at: str, kind: str, body: Mapping[str, object] | str
    ) -> tuple[Record, list[bytes]]:
        """The next entry, and the hashes that it completes, by level. A text is canonical JSON."""
        text = body if isinstance(body, str) else canonical_text(body)
        salt = urandom(SALT_SIZE)
        digest = salted_digest(salt, text.encode("utf-8"))
        leaf = leaf_hash(entry_bytes(kind, at, digest))
        completed = self._frontier.append(leaf)
        self._leaves.append(leaf)
        self.head = head_after(self.head, leaf)
        return Record(self.size, at, kind, text, salt, digest, self.head), completed
