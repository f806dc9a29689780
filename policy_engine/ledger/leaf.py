"""An entry of the tree: what kind of thing happened, when, and the digest of what is told of it.

An entry is canonical JSON (RFC 8785) of three members, all text:
`{"at":"2026-03-02T10:00:00Z","body":"<64 hexadecimal digits>","kind":"decided"}`. What is told (the
body) lies elsewhere behind a salt of its own. Whoever destroys both leaves the tree as it is, and
the digest, without the salt, does not give away a body that could be guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from policy_engine.foundation.errors import LedgerError

SALT_SIZE = 16
DIGEST_SIZE = 32

_KIND = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_ENTRY = re.compile(
    rb'\{"at":"([0-9T:.Z-]{20,27})","body":"([0-9a-f]{64})","kind":"([a-z0-9_]{1,64})"\}', re.ASCII
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the tree has of one entry. Raises `LedgerError` for what cannot stand in it.

    `kind` is a word of small letters, `at` a time as `timestamp_text` writes it (RFC 3339 in UTC),
    `body_digest` is what `salted_digest` gives.
    """

    kind: str
    at: str
    body_digest: bytes

    def __post_init__(self) -> None:
        checked_entry(self.kind, self.at, self.body_digest)

    @classmethod
    def from_bytes(cls, data: bytes) -> Leaf:
        """The leaf that these bytes are. Raises `LedgerError` unless they are written just so."""
        match = _ENTRY.fullmatch(data)
        if match is None:
            raise LedgerError("this entry is not written as the ledger writes entries")
        at, body, kind = (part.decode("ascii") for part in match.groups())
        return cls(kind, at, bytes.fromhex(body))

    def __bytes__(self) -> bytes:
        """The entry: what the tree hashes, of less than 220 bytes."""
        return entry_bytes(self.kind, self.at, self.body_digest)


def check_kind(kind: str) -> None:
    """Raises `LedgerError` for what is no word of small letters."""
    if not _is_kind(kind):
        raise LedgerError(f"{kind!r} is no kind of entry")


def checked_entry(kind: str, at: str, body_digest: bytes) -> bytes:
    """An entry of any members. Raises `LedgerError` for what cannot stand in it."""
    check_kind(kind)
    if len(body_digest) != DIGEST_SIZE:
        raise LedgerError(f"the digest of a body has {DIGEST_SIZE} bytes: this is none")
    if not _is_timestamp(at):
        raise LedgerError(f"{at!r} is no time in UTC as it is written here")
    return entry_bytes(kind, at, body_digest)


def entry_bytes(kind: str, at: str, body_digest: bytes) -> bytes:
    """An entry of members that are known to be right."""
    return f'{{"at":"{at}","body":"{body_digest.hex()}","kind":"{kind}"}}'.encode("ascii")


def salted_digest(salt: bytes, body: bytes) -> bytes:
    """SHA-256 over a salt of 16 random bytes, used for this body alone, and the body."""
    if len(salt) != SALT_SIZE:
        raise LedgerError(f"a salt has {SALT_SIZE} bytes, not {len(salt)}")
    return sha256(salt + body).digest()


@lru_cache(256)
def _is_kind(kind: str) -> bool:
    return _KIND.fullmatch(kind) is not None


def _is_timestamp(text: str) -> bool:
    """Whether `timestamp_text` gives this text for a time in UTC."""
    local = text.removesuffix("Z")
    try:
        time = datetime.fromisoformat(local)
    except ValueError:
        return False
    return local != text and time.tzinfo is None and time.isoformat() == local
