"""Does the record hold? Integrity, order, nothing cut off, and every execution authorised.

Needs nothing but the entries: whoever has a copy of them can run it. It finds
an entry that was altered, removed, inserted or moved; a record that ends before a head that
somebody wrote down; an execution without an intent, an intent without a decision that allows
exactly that action, an approval that was used and never given, or used twice. Given what a ledger
keeps beside its entries, it holds tiles and signed checkpoints to them too.

Entries are read by pages, the width of a tile. A page in which nothing is wrong is read in one go;
of any other each entry is looked at by itself, to say what is wrong with it.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from policy_engine.foundation.diagnostics import Code
from policy_engine.foundation.errors import InputError, LedgerError
from policy_engine.foundation.render import visible
from policy_engine.foundation.signing import VerifyingKey
from policy_engine.ledger import codes
from policy_engine.ledger.authorised import Authorised, Finding
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.leaf import salted_digest
from policy_engine.ledger.notes import Note, key_ring
from policy_engine.ledger.pages import FIRST, Sound, sound
from policy_engine.ledger.record import LASTING, NO_HEAD, Record, head_after
from policy_engine.ledger.tiles import FULL, Cutter, Tile
from policy_engine.ledger.tree import leaf_hash

_LONGEST_FINDING = 1000
"""Characters: what was forged may be of any length."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found; `head` pins the record as it stands."""

    entries: int
    head: str
    """Of the last entry, in hexadecimal."""
    root: str
    """Of the tree of all entries, in hexadecimal."""
    findings: tuple[Finding, ...]
    erased: int = 0
    """Of how many entries nothing is told any more."""
    signed: int = 0
    """How many checkpoints hold, each signed by a key that was given. Where none was given: by one
    that the record names, and whoever writes a record anew can name a key of his own there."""
    pinned_at: int | None = None
    """The entry whose head was pinned; None where none was, or it is not in the record."""

    @property
    def holds(self) -> bool:
        return not any(finding.is_error for finding in self.findings)


class Beside(Protocol):
    """What a ledger keeps beside its entries."""

    def kept_tiles(self) -> Mapping[tuple[int, int], object]: ...

    def checkpoints(self) -> Iterable[tuple[int, str]]: ...


def verify(
    records: Iterable[Record],
    *,
    pinned: str | None = None,
    checkpoint: Checkpoint | None = None,
    beside: Beside | None = None,
    keys: Iterable[VerifyingKey] = (),
    progress: Callable[[int], None] = lambda number: None,
) -> Verification:
    """Checks entries in order.

    `pinned` is a head in hexadecimal, and `checkpoint` one with its size, that must be of this
    record. `keys` are those whose signatures count: one of them must have signed a checkpoint that
    is kept, unless `checkpoint` is given. The signatures of keys that the record itself names must
    hold too, and count where no keys are given.
    `progress` is told the number of the entry that was reached, now and then.
    """
    reading = Reading(pinned, checkpoint, beside, tuple(keys))
    reading.take_all(records, progress)
    return reading.finished()


def _pages(records: Iterable[Record], reading: Reading) -> Iterator[list[Record]]:
    """The entries by tiles. Where the next cannot be read, those before it come first."""
    source, page = iter(records), list[Record]()
    try:
        while True:
            for record in islice(source, FULL):
                if type(record.number) is not int:
                    raise LedgerError(f"{record.number!r} is no number of an entry")
                page.append(record)
            if not page:
                return
            yield page
            page = []
    except (LedgerError, OverflowError) as error:  # beyond the largest number there is no next
        unreadable = str(error)
    if page:
        yield page
    reading.find(codes.ALTERED, reading.number + 1, unreadable)
    reading.can_go_on = False


class Reading:
    """A record as far as it has been read."""

    def __init__(
        self,
        pinned: str | None,
        checkpoint: Checkpoint | None,
        beside: Beside | None,
        keys: tuple[VerifyingKey, ...],
    ) -> None:
        self.number = 0
        self.can_go_on = True
        """Whether all entries so far could be read: behind one that cannot, none is."""
        self._cutter = Cutter()
        self._head = NO_HEAD
        self._authorised = Authorised()
        self._findings: list[Finding] = []
        self._erased: set[int] = set()
        self._named: set[int] = set()
        """Entries that another says to be erased."""
        self._pinned = pinned
        self._checkpoint = checkpoint
        self._pinned_at: int | None = None
        self._tiles = dict(beside.kept_tiles()) if beside is not None else None
        self._signed = list(beside.checkpoints()) if beside is not None else []
        self._keys, self._given = list(keys), frozenset(keys)
        self._roots = {size: "" for size, _ in self._signed if type(size) is int}
        if checkpoint is not None:
            self._roots[checkpoint.size] = ""
        self._sizes = sorted(self._roots)

    def find(self, code: Code, number: int, text: str) -> None:
        """Notes a finding."""
        text = visible(text[:_LONGEST_FINDING])
        self._findings.append(Finding(code, number, text))

    def expect(self, size: int) -> None:
        """Finds that there are more entries than were read, unless something else is wrong."""
        if self.number < size and not self._findings:
            text = f"the store has {size} entries, and numbers them up to {self.number}"
            self.find(codes.ALTERED, self.number, text)

    def take_all(self, records: Iterable[Record], progress: Callable[[int], None]) -> None:
        """The next entries, however many."""
        for page in _pages(records, self):
            self.take(page)
            progress(self.number)

    def take(self, page: Sequence[Record]) -> None:
        """The next entries, no more than a tile has."""
        found = sound(page, self.number, self._head)
        if found is not None:
            self.take_sound(found)
        elif page:
            leaves = [self._look(record) for record in page]
            self._take_heads([record.head for record in page])
            self._grow(leaves)

    def take_sound(self, page: Sound) -> None:
        """The next entries, with which all is in order; they follow those before them."""
        for number, kind, body in page.told:
            self._read(number, kind, body)
        self.number, self._head = page.end
        self._take_heads(page.heads)
        self._grow(page.leaves)

    def follows(self, page: Sound) -> bool:
        """Whether these entries come next."""
        return page.after == (self.number, self._head)

    def _take_heads(self, heads: Sequence[bytes]) -> None:
        """Looks among those of the last entries for the pinned one."""
        if self._pinned is not None and self._pinned_at is None:
            for number, head in enumerate(heads, self.number - len(heads) + 1):
                if head.hex() == self._pinned:
                    self._pinned_at = number

    def _look(self, record: Record) -> bytes:
        """One entry by itself; gives the hash of its leaf."""
        if self.number == 0 and (record.number, record.kind) != (1, FIRST):
            self.find(codes.CUT_OFF, record.number, "the record does not begin with its opening")
        if record.number != self.number + 1:
            self.find(codes.BROKEN_CHAIN, record.number, f"entry {self.number + 1} is missing")
        try:
            leaf = leaf_hash(record.entry)
        except LedgerError as error:
            text = f"entry {record.number} was altered after it was written: {error}"
            self.find(codes.ALTERED, record.number, text)
            leaf = leaf_hash(repr(record).encode("utf-8", "replace"))
        if head_after(self._head, leaf) != record.head:
            text = f"entry {record.number} does not follow from those before it, or was altered"
            self.find(codes.BROKEN_CHAIN, record.number, text)
        self.number, self._head = record.number, record.head
        if record.is_erased:
            self._erased.add(record.number)
            if record.kind in LASTING:
                text = f"entry {record.number} ({record.kind}) was erased, which nobody may"
                self.find(codes.ALTERED, record.number, text)
            self._authorised.take_erased(record.number, record.kind)
            return leaf
        body = _body(record)
        if body is None:
            text = f"entry {record.number} was altered after it was written"
            self.find(codes.ALTERED, record.number, text)
        else:
            self._read(record.number, record.kind, body)
        return leaf

    def _grow(self, leaves: Sequence[bytes]) -> None:
        """The tree by these leaves, with its root at each size that somebody has signed."""
        size, at = self._cutter.size, 0
        last = size + len(leaves)
        signed = self._sizes[bisect_right(self._sizes, size) : bisect_right(self._sizes, last - 1)]
        for end in (*signed, last):
            for tile, hashes in self._cutter.add_all(leaves[at : end - size]):
                self._compare(tile, hashes, tile.end)
            at = end - size
            if end in self._roots:
                self._roots[end] = self._cutter.root().hex()

    def _compare(self, tile: Tile, hashes: bytes, number: int) -> None:
        """A tile of the ledger with what follows from its entries."""
        if self._tiles is None or tile.level is None:
            return
        if self._tiles.pop((tile.level, tile.index), None) != hashes:
            text = f"the tile {tile.path} does not follow from the entries"
            self.find(codes.ALTERED, number, text)

    def _read(self, number: int, kind: str, body: Mapping[str, object]) -> None:
        """What the entry tells."""
        if kind == FIRST and number != 1:
            self.find(codes.BROKEN_CHAIN, number, f"entry {number}: the record is opened again")
        if kind == "erased" and body.get("by"):
            self._named.update(_erased_by(number, body.get("entry")))
        if kind == "signing_key":
            try:
                self._keys.append(VerifyingKey.from_text(str(body.get("key"))))
            except InputError as error:
                self.find(codes.ALTERED, number, f"entry {number}: {error}")
        self._authorised.take(number, kind, body)

    def finished(self) -> Verification:
        """All that was found."""
        if self.number == 0 and not self._findings:
            self.find(codes.CUT_OFF, 0, "the record is empty: not even its opening is there")
        for number in sorted(self._erased - self._named):
            text = f"entry {number}: what it told is gone, and no entry says who erased it"
            self.find(codes.ALTERED, number, text)
        signed = self._check_signed()
        self._check_tiles()
        self._check_pins()
        missing = self._authorised.findings
        return Verification(
            self.number,
            self._head.hex(),
            self._cutter.root().hex(),
            (*self._findings, *missing, *self._authorised.unsettled()),
            len(self._erased),
            signed,
            self._pinned_at,
        )

    def _check_tiles(self) -> None:
        if self._tiles is None:
            return
        for tile, hashes in self._cutter.rest():
            if tile.level:  # of the lowest level, full tiles alone are kept
                self._compare(tile, hashes, self.number)
        for level, index in sorted(self._tiles, key=str):
            text = f"there is a tile {level}, {index} that the record does not have"
            self.find(codes.ALTERED, self.number, text)

    def _check_signed(self) -> int:
        """How many of the checkpoints that are kept hold, each signed by a known key."""
        good, keys = 0, key_ring(self._keys)
        for size, text in self._signed:
            if type(size) is not int:
                self.find(codes.ALTERED, self.number, f"a checkpoint is kept under {size!r}")
                continue
            if size > self._cutter.size:
                text = f"{size:,} entries were signed, and the record has {self._cutter.size:,}"
                self.find(codes.CUT_OFF, size, text)
                continue
            try:
                note = Note.parse(text.encode("utf-8"))
                signers = note.verify_by(keys)
                kept = Checkpoint.from_text(note.text)
            except (LedgerError, UnicodeEncodeError) as error:
                self.find(codes.ALTERED, size, f"the checkpoint of {size} entries: {error}")
                continue
            if (kept.size, kept.root.hex()) != (size, self._roots.get(size)):
                text = f"the record is not what was signed as its first {size} entries"
                self.find(codes.CUT_OFF, size, text)
                continue
            good += not self._given or not self._given.isdisjoint(signers)
        if self._given and self._checkpoint is None and not good:
            text = "no checkpoint that is kept holds by a key that was given: was it written anew?"
            self.find(codes.CUT_OFF, self.number, text)
        return good

    def _check_pins(self) -> None:
        if self._pinned is not None and self._pinned_at is None:
            text = (
                f"the pinned head {self._pinned} is not in the record: it was cut off or replaced"
            )
            self.find(codes.CUT_OFF, self.number, text)
        pin = self._checkpoint
        if pin is not None and self._roots[pin.size] != pin.root.hex() and pin.size:
            text = f"the record is not what the checkpoint of {pin.size} entries pins"
            self.find(codes.CUT_OFF, self.number, text)


def _body(record: Record) -> Mapping[str, object] | None:
    """What an entry tells, as plain JSON; None where it is not what its digest says."""
    if record.text is None or record.salt is None:
        return None
    try:
        digest = salted_digest(record.salt, record.text.encode("utf-8"))
        body = json.loads(record.text)
    except (LedgerError, ValueError, RecursionError):
        return None
    return body if digest == record.digest and isinstance(body, dict) else None


def _erased_by(number: int, entry: object) -> tuple[int, ...]:
    """The entry that this one says to be erased: one before it."""
    return (entry,) if type(entry) is int and 0 < entry < number else ()
