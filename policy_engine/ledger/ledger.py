"""The ledger in the store: appends in the transaction that is open, reads in order.

An entry is on disk, fully synced, when the transaction commits; what was not recorded did not
happen, since the gate records before it acts. Beside the entries stand the tiles of their tree,
from which any root and any proof follows with few reads, and the checkpoints that were signed.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator, Mapping
from typing import cast

from policy_engine.foundation.canonical import canonical_text, timestamp_text
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import LedgerError
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.leaf import check_kind
from policy_engine.ledger.notes import Note, Signer
from policy_engine.ledger.record import LASTING, NO_HEAD, Record, Tail, head_after
from policy_engine.ledger.stored_tiles import StoredTiles
from policy_engine.ledger.tiles import FULL, TileHashes
from policy_engine.ledger.tree import leaf_hash, root_of
from policy_engine.runtime.ports import Clock

_TABLES = (
    """CREATE TABLE IF NOT EXISTS ledger (
        number INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, body TEXT, salt BLOB,
        digest BLOB NOT NULL, head BLOB NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS ledger_salt (salt BLOB NOT NULL)",
    """CREATE TABLE IF NOT EXISTS ledger_checkpoints (
        size INTEGER PRIMARY KEY, note TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS ledger_keys ON ledger (number) WHERE kind = 'signing_key'",
)
_KEYS = "SELECT body FROM ledger WHERE kind = 'signing_key' ORDER BY number"
_PAGE = 1000


class Ledger:
    """One record book. Implements the gate's `Recorder`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._tiles = StoredTiles(database)
        self._tail = Tail()
        self._as_of: object = None
        """The state of the store in which the tail is the end of the record."""
        if database.has_table("ledger"):
            _check_layout(database)
        with database.transaction():
            for statement in _TABLES:
                database.execute(statement)
            if not database.rows("SELECT 1 FROM ledger_salt"):
                salt = secrets.token_bytes(32)
                database.execute("INSERT INTO ledger_salt VALUES (?)", (salt,))
            if self._end().size == 0:
                self.record("opened", {"ledger": uuid.uuid4().hex, "format": 3})

    @property
    def salt(self) -> bytes:
        """What seals secrets; kept beside the tree and not in it, so that it can be destroyed."""
        return cast(bytes, self._database.rows("SELECT salt FROM ledger_salt")[0][0])

    def record(self, kind: str, body: Mapping[str, object]) -> None:
        """Appends an entry. `kind` is a word of small letters."""
        check_kind(kind)
        text = canonical_text(body)
        with self._database.transaction():
            tail = self._end()
            record, completed = tail.append(timestamp_text(self._clock.now()), kind, text)
            self._database.execute(
                "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    record.number,
                    record.at,
                    kind,
                    text,
                    record.salt,
                    record.digest,
                    record.head,
                ),
            )
            if record.number % FULL == 0:
                self._tiles.add(record.number, completed, tail.take_leaves())
            self._as_of = self._database.state

    def sign(self, signer: Signer) -> Note:
        """A checkpoint of the record as it is now, signed and kept beside it.

        The first of a key is preceded by an entry that names the key. Raises `LedgerError` where
        the record is not what was signed before.
        """
        with self._database.transaction():
            reader = LedgerReader(self._database)
            reader.check_signed()
            key = str(signer.verifying)
            named = canonical_text({"key": key})
            if (named,) not in self._database.rows(_KEYS):
                self.record("signing_key", {"key": key})
            end = self._end()
            note = Checkpoint(reader.origin, end.size, end.root()).signed(signer)
            self._database.execute(
                """INSERT INTO ledger_checkpoints VALUES (?, ?)
                   ON CONFLICT (size) DO UPDATE SET note = excluded.note""",
                (end.size, bytes(note).decode("utf-8")),
            )
            return note

    def erase(self, number: int, by: str, reason: str) -> None:
        """Destroys what an entry tells, and its salt; the entry itself stays in the tree.

        Who did it, and why, is an entry of its own. Raises `LedgerError` for an entry that is not
        there, is erased already, or says what the record itself rests on.
        """
        if not by.strip() or not reason.strip():
            raise LedgerError("the record keeps who erased an entry, and why")
        with self._database.transaction():
            record = LedgerReader(self._database).record(number)
            if record.is_erased or record.kind in LASTING:
                raise LedgerError(f"entry {number} ({record.kind}) cannot be erased")
            self._database.execute(
                "UPDATE ledger SET body = NULL, salt = NULL WHERE number = ?", (number,)
            )
            self.record("erased", {"entry": number, "by": by, "reason": reason})

    def _end(self) -> Tail:
        """Where the record goes on, whoever wrote to it meanwhile."""
        if self._as_of != self._database.state:
            rows = self._database.rows(
                "SELECT number, head FROM ledger ORDER BY number DESC LIMIT 1"
            )
            number, head = cast("tuple[int, bytes]", rows[0]) if rows else (0, NO_HEAD)
            if (number, head) != (self._tail.size, self._tail.head):
                self._tail = Tail(self._tiles.frontier(number), head)
            self._as_of = self._database.state
        return self._tail


class LedgerReader:
    """Reads a ledger without writing a byte to it. Raises `LedgerError` where there is none."""

    def __init__(self, database: Database) -> None:
        self._database = database
        if not database.has_table("ledger"):
            raise LedgerError(f"{database.place} holds no ledger")
        _check_layout(database)
        self.tiles = StoredTiles(database, reads_only=True)

    def count(self) -> int:
        return cast(int, self._database.rows("SELECT count(*) FROM ledger")[0][0])

    def record(self, number: int) -> Record:
        """The entry of this number. Raises `LedgerError` where there is none."""
        rows = self._database.rows(f"{_SELECT} WHERE number = ?", (number,))
        if not rows:
            raise LedgerError(f"the record has no entry {number}")
        return _record(rows[0])

    @property
    def origin(self) -> str:
        """The name of this log, which no other has."""
        opened = self.record(1).body.get("ledger")
        if not isinstance(opened, str):
            raise LedgerError("the record does not begin with its opening")
        return f"policy-engine/ledger/{opened}"

    def entries(self) -> Iterator[bytes]:
        """What the tree hashes, in order.

        Raises `LedgerError` for what cannot stand in it or does not follow from what was before,
        and where the record is not what was signed.
        """
        self.check_signed()
        head = NO_HEAD
        for record in self.records():
            entry = record.entry
            head = head_after(head, leaf_hash(entry))
            if head != record.head:
                raise LedgerError(f"entry {record.number} does not follow from those before it")
            yield entry

    def records(
        self, kind: str | None = None, *, first: int = -(2**63), last: int = 2**63 - 1
    ) -> Iterator[Record]:
        """The entries with these numbers in order, or those of a kind, a page at a time.

        Raises `LedgerError` for one of other types.
        """
        chosen = "" if kind is None else "AND kind = ?"
        only = () if kind is None else (kind,)
        query = f"{_SELECT} WHERE number >= ? AND number <= ? {chosen} ORDER BY number LIMIT ?"
        while True:
            rows = self._database.rows(query, (first, last, *only, _PAGE))
            for row in rows:
                yield _record(row)
            if len(rows) < _PAGE:
                return
            first = cast(int, rows[-1][0]) + 1

    def check_signed(self) -> None:
        """Raises `LedgerError` where the record is not what was signed of it last.

        That is seen from its tiles; whether the signature holds, `verify` says.
        """
        rows = self._database.rows(f"{_CHECKPOINTS} DESC LIMIT 1")
        if not rows:
            return
        size, count = rows[0][0], self.count()
        if not isinstance(size, int) or size < 0:
            raise LedgerError(f"a checkpoint is kept under {size!r}")
        if size > count:
            raise LedgerError(f"{size:,} entries were signed, and the record has {count:,}")
        kept = Checkpoint.from_text(Note.parse(str(rows[0][1]).encode()).text)
        if (kept.size, kept.root) != (size, root_of(size, self.hashes(count))):
            raise LedgerError(f"the record is not what was signed as its first {size:,} entries")

    def checkpoint(self) -> Checkpoint:
        """Of the record as it is now."""
        size = self.count()
        return Checkpoint(self.origin, size, root_of(size, self.hashes(size)))

    def hashes(self, size: int) -> TileHashes:
        """The hashes of the tree as it was at a size."""
        return TileHashes(size, self.tiles.read)

    def kept_tiles(self) -> Mapping[tuple[int, int], object]:
        """The tiles that are kept, by level and number."""
        return self.tiles.kept()

    def checkpoints(self) -> Iterator[tuple[int, str]]:
        """Each that was signed and kept, as a note, with the size that it is kept under."""
        for size, note in self._database.rows(_CHECKPOINTS):
            yield cast(int, size), str(note)


def _check_layout(database: Database) -> None:
    """Raises `LedgerError` for a record that was kept by a version which kept it otherwise."""
    found = tuple(database.columns("ledger"))
    if found != _COLUMNS:
        raise LedgerError(
            f"{database.place} holds a ledger of another version: its columns are "
            f"{', '.join(found)}, not {', '.join(_COLUMNS)}"
        )


_COLUMNS = ("number", "at", "kind", "body", "salt", "digest", "head")
_SELECT = "SELECT number, at, kind, body, salt, digest, head FROM ledger"
_CHECKPOINTS = "SELECT size, note FROM ledger_checkpoints ORDER BY size"


def _record(row: tuple[object, ...]) -> Record:
    number, at, kind, body, salt, digest, head = row
    told = (body is None and salt is None) or (type(body) is str and type(salt) is bytes)
    kept = type(at) is type(kind) is str and type(digest) is type(head) is bytes
    if not (told and kept):
        raise LedgerError(f"entry {number} is not kept as entries are")
    return Record(*row)  # type: ignore[arg-type]
