"""A record and its place in the chain.

The digest of a record is SHA-256 over the canonical JSON (RFC 8785, no floats) of all its
members: number, time, kind, body, and the digest of the record before it. The first record
follows `GENESIS`. So a record cannot be altered, removed or inserted without every later digest
changing, and one digest, kept elsewhere, pins all that came before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from policy_engine.foundation.canonical import canonical_text

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Record:
    """One entry. `body` is plain JSON as `foundation.canonical.encode` writes it."""

    number: int
    at: str
    kind: str
    body: Mapping[str, object]
    previous: str
    digest: str


def record_digest(
    number: int, at: str, kind: str, body: Mapping[str, object], previous: str
) -> str:
    """The digest that a record with these members must have."""
    return digest_of_texts(number, at, kind, canonical_text(body), previous)


def digest_of_texts(number: int, at: str, kind: str, body: str, previous: str) -> str:
    """The same, given the canonical text of the body."""
    whole = (
        f'{{"at":{canonical_text(at)},"body":{body},"kind":{canonical_text(kind)},'
        f'"number":{number},"previous":{canonical_text(previous)}}}'
    )
    return sha256(whole.encode("utf-8")).hexdigest()
