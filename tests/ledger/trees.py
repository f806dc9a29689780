"""RFC 6962, section 2.1, word by word: slow, and easy to see to be right."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256

Entries = tuple[bytes, ...]


def entries(count: int) -> Entries:
    """As many entries, no two of them alike."""
    return tuple(f"entry {number}".encode() for number in range(count))


@cache
def mth(d: Entries) -> bytes:
    """The Merkle Tree Hash."""
    if not d:
        return sha256(b"").digest()
    if len(d) == 1:
        return sha256(b"\x00" + d[0]).digest()
    k = below(len(d))
    return sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def path(m: int, d: Entries) -> tuple[bytes, ...]:
    """The Merkle audit path (2.1.1)."""
    if len(d) == 1:
        return ()
    k = below(len(d))
    if m < k:
        return (*path(m, d[:k]), mth(d[k:]))
    return (*path(m - k, d[k:]), mth(d[:k]))


def proof(m: int, d: Entries) -> tuple[bytes, ...]:
    """The Merkle consistency proof (2.1.2), for 0 < m <= n."""
    return subproof(m, d, True)


def subproof(m: int, d: Entries, b: bool) -> tuple[bytes, ...]:
    if m == len(d):
        return () if b else (mth(d),)
    k = below(len(d))
    if m <= k:
        return (*subproof(m, d[:k], b), mth(d[k:]))
    return (*subproof(m - k, d[k:], False), mth(d[:k]))


def sides(m: int, n: int) -> str:
    """On which side of each node above it the leaf m of n lies, from the bottom up."""
    if n == 1:
        return ""
    k = below(n)
    return sides(m, k) + "l" if m < k else sides(m - k, n - k) + "r"


def below(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


class Stored:
    """All hashes of complete subtrees, level by level: a reader of them."""

    def __init__(self, d: Sequence[bytes]) -> None:
        self.levels = [[sha256(b"\x00" + entry).digest() for entry in d]]
        while len(self.levels[-1]) > 1:
            row = self.levels[-1]
            pairs = zip(row[::2], row[1::2], strict=False)
            self.levels.append([sha256(b"\x01" + a + b).digest() for a, b in pairs])

    def __call__(self, level: int, index: int) -> bytes:
        return self.levels[level][index]
