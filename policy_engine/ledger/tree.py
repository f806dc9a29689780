"""The Merkle tree of RFC 6962, section 2.1: one hash stands for all entries and their order.

A hash is 32 bytes of SHA-256, over 0x00 and an entry for a leaf, over 0x01 and two hashes for a
node. `Frontier` is what must be kept to append; proofs are made from any reader of the hashes of
complete subtrees, and verified by the algorithms of RFC 9162 (2.1.3.2 and 2.1.4.2). What is out of
range or does not hold raises `LedgerError`, and nothing else is raised here: a proof that returns
has held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TypeAlias

from policy_engine.foundation.errors import LedgerError

HASH_SIZE = 32
LARGEST_SIZE = 2**63 - 1
EMPTY_ROOT = sha256().digest()

HashReader: TypeAlias = Callable[[int, int], bytes]
"""Gives the hash of the complete subtree at (level, index): of the entries from index * 2^level
up to, without it, (index + 1) * 2^level. Raises `LedgerError` for what it does not have."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two hashes side by side."""
    return sha256(b"\x01" + left + right).digest()


def subtree_hash(hashes: Sequence[bytes]) -> bytes:
    """The hash of a complete subtree, of the hashes of one of its levels: 1, 2, 4, 8, … of them."""
    nodes = hashes
    while len(nodes) > 1:
        pairs = zip(nodes[::2], nodes[1::2], strict=True)
        nodes = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return nodes[0]


class Frontier:
    """The right edge of a tree: the hashes of its largest complete subtrees, from left to right.

    That is one hash for each bit that is set in the size, and all that appending needs.
    """

    __slots__ = ("_peaks", "_size")

    def __init__(self, size: int = 0, peaks: bytes = b"") -> None:
        """The frontier with this state: as `size` and `peaks` of an earlier one gave it."""
        check_size(size)
        if len(peaks) != HASH_SIZE * size.bit_count():
            raise LedgerError(f"{len(peaks)} bytes cannot be the frontier of a tree of {size}")
        self._size = size
        self._peaks = [peaks[at : at + HASH_SIZE] for at in range(0, len(peaks), HASH_SIZE)]

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._size

    @property
    def peaks(self) -> bytes:
        """The hashes one after the other, 32 bytes each."""
        return b"".join(self._peaks)

    def append(self, node: bytes, level: int = 0) -> list[bytes]:
        """Appends the hash of a leaf, or of 2^level leaves that stand there at once.

        Returns the hashes of the subtrees that it completes, by level: the leaf itself first, then
        each that ends with it. The one at a level has the index `(size - 1) >> level`.
        """
        size, peaks, width = self._size, self._peaks, 1 << level
        if len(node) != HASH_SIZE or size + width > LARGEST_SIZE or size % width:
            check_hash(node)
            raise LedgerError(f"a tree of {size} has no room for {width} more at once")
        completed, rest = [node], size >> level
        while rest & 1:
            node = sha256(b"\x01" + peaks.pop() + node).digest()
            completed.append(node)
            rest >>= 1
        peaks.append(node)
        self._size = size + width
        return completed

    def root(self) -> bytes:
        """The hash that stands for the whole tree."""
        return _folded(self._peaks) if self._peaks else EMPTY_ROOT


def root_of(size: int, read: HashReader) -> bytes:
    """The root that the tree had at this size."""
    check_size(size)
    return _hash_between(0, size, read) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, read: HashReader) -> tuple[bytes, ...]:
    """The hashes that lead from the leaf at this index to the root, from the bottom up."""
    _check_index(index, size)
    low, high, path = 0, size, []
    while high - low > 1:
        half = low + _split(high - low)
        if index < half:
            path.append(_hash_between(half, high, read))
            high = half
        else:
            path.append(_hash_between(low, half, read))
            low = half
    return tuple(reversed(path))


def consistency_proof(first: int, second: int, read: HashReader) -> tuple[bytes, ...]:
    """The hashes which show that the tree of the second size begins with that of the first."""
    _check_order(first, second)
    if first == 0:
        return ()
    low, high, path = 0, second, []
    while first != high:
        half = low + _split(high - low)
        if first <= half:
            path.append(_hash_between(half, high, read))
            high = half
        else:
            path.append(_hash_between(low, half, read))
            low = half
    if low:  # where the first tree is a whole subtree, whoever verifies has its root
        path.append(_hash_between(low, high, read))
    return tuple(reversed(path))


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Raises `LedgerError` unless the leaf with this hash stands at this index below the root.

    Size and root belong together, as a signed checkpoint has them: a path alone may fit several.
    """
    _check_index(index, size)
    for hash_ in (leaf, root, *path):
        check_hash(hash_)
    place, last, node = index, size - 1, leaf
    for beside in path:
        if last == 0:
            raise LedgerError("the inclusion proof is too long for this tree")
        if place & 1 or place == last:
            node = node_hash(beside, node)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, beside)
        place, last = place >> 1, last >> 1
    if last:
        raise LedgerError("the inclusion proof is too short for this tree")
    if node != root:
        raise LedgerError(f"the entry is not at index {index} of the tree with this root")


def verify_consistency(
    first: int, second: int, path: Sequence[bytes], first_root: bytes, second_root: bytes
) -> None:
    """Raises `LedgerError` unless the tree of the second size begins with that of the first."""
    _check_order(first, second)
    for hash_ in (first_root, second_root, *path):
        check_hash(hash_)
    for size, root in ((first, first_root), (second, second_root)):
        if size == 0 and root != EMPTY_ROOT:
            raise LedgerError("this is not the root of the empty tree")
    if first in (0, second):
        if path:
            raise LedgerError("the consistency proof is too long for these trees")
        if first and first_root != second_root:
            raise LedgerError(f"there are two different trees of {first}")
        return
    if not path:
        raise LedgerError("the consistency proof is too short for these trees")
    if _consistent_roots(first, second, path, first_root) != (first_root, second_root):
        raise LedgerError(f"the tree of {second} does not begin with the tree of {first}")


def check_size(size: int) -> None:
    """Raises `LedgerError` for what is no size of a tree."""
    if not isinstance(size, int) or not 0 <= size <= LARGEST_SIZE:
        raise LedgerError(f"no tree has the size {size!r}")


def check_hash(hash_: bytes) -> None:
    """Raises `LedgerError` for what is not 32 bytes."""
    if not isinstance(hash_, bytes) or len(hash_) != HASH_SIZE:
        raise LedgerError(f"a hash has {HASH_SIZE} bytes: this is none")


def _consistent_roots(
    first: int, second: int, path: Sequence[bytes], first_root: bytes
) -> tuple[bytes, bytes]:
    """The roots of both trees that follow from a path, for 0 < first < second."""
    hashes = path if first & (first - 1) else (first_root, *path)
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    small = large = hashes[0]
    for beside in hashes[1:]:
        if last == 0:
            raise LedgerError("the consistency proof is too long for these trees")
        if place & 1 or place == last:
            small, large = node_hash(beside, small), node_hash(beside, large)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            large = node_hash(large, beside)
        place, last = place >> 1, last >> 1
    if last:
        raise LedgerError("the consistency proof is too short for these trees")
    return small, large


def _check_index(index: int, size: int) -> None:
    check_size(size)
    if not isinstance(index, int) or not 0 <= index < size:
        raise LedgerError(f"a tree of {size} has no index {index!r}")


def _check_order(first: int, second: int) -> None:
    check_size(first)
    check_size(second)
    if first > second:
        raise LedgerError(f"a tree of {second} cannot begin with one of {first}")


def _split(size: int) -> int:
    """The largest power of two below a size above 1."""
    return 1 << ((size - 1).bit_length() - 1)


def _hash_between(low: int, high: int, read: HashReader) -> bytes:
    """The hash of the leaves from `low` up to `high`, which together are a subtree."""
    peaks = []
    while low < high:
        level = (high - low).bit_length() - 1
        peak = read(level, low >> level)
        check_hash(peak)
        peaks.append(peak)
        low += 1 << level
    return _folded(peaks)


def _folded(peaks: Sequence[bytes]) -> bytes:
    """One hash of several, from the right."""
    node = peaks[-1]
    for peak in reversed(peaks[:-1]):
        node = node_hash(peak, node)
    return node
