"""A segment: consecutive entries as one Parquet file, which any tool reads.

    number   int64                  from 1
    at       string                 the time as the record has it
    instant  timestamp[us, UTC]     the same time, for queries
    kind     string
    body     string                 canonical JSON; null where it was erased
    salt     binary                 16 bytes; null where the body is
    digest   fixed binary, 32       of the salt and the body
    leaf     fixed binary, 32       the hash of the entry in the tree

The file says of what log it is, from which entry on, and of how many. Rows are verified on Arrow's
buffers, some at a time, so that a large segment needs little memory. No other module of the ledger
knows Arrow, which comes with the extra `audit`. All that is read raises `LedgerError`, with the
file, where it is not what a segment is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice, pairwise
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from policy_engine.foundation.errors import LedgerError
from policy_engine.ledger.leaf import DIGEST_SIZE, SALT_SIZE, check_kind, salted_digest
from policy_engine.ledger.record import Record, head_after
from policy_engine.ledger.sealed_folder import Place
from policy_engine.ledger.tree import HASH_SIZE, leaf_hash

FORMAT = "policy-engine/segment/1"
ROW_GROUP = 16_384
SCHEMA = pa.schema(
    [
        pa.field("number", pa.int64(), nullable=False),
        pa.field("at", pa.string(), nullable=False),
        pa.field("instant", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("body", pa.string()),
        pa.field("salt", pa.binary()),
        pa.field("digest", pa.binary(DIGEST_SIZE), nullable=False),
        pa.field("leaf", pa.binary(HASH_SIZE), nullable=False),
    ]
)

_ROWS = 1024
"""So many rows are read or made at a time."""
_BUFFER = 1 << 20
_LARGE = pa.large_binary()
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Rows:
    """What is known of some rows: the hash of each leaf, and which entries are erased."""

    leaves: list[bytes] = field(default_factory=list)
    erased: set[int] = field(default_factory=set)

    def add(self, more: Rows) -> None:
        self.leaves += more.leaves
        self.erased |= more.erased


def write_segment(path: Path, origin: str, place: Place, records: Iterable[Record]) -> Rows:
    """Writes a new file and puts it on disk. `records` are those of the place, in their order.

    Raises `LedgerError` for other entries, and for one that is not what its digest says.
    """
    rows, source = Rows(), iter(records)
    schema = SCHEMA.with_metadata(_told(origin, place.first, place.count))
    with _file(path), path.open("xb") as file:
        writer = pq.ParquetWriter(
            file,
            schema,
            compression="zstd",
            use_dictionary=["kind"],
            sorting_columns=[pq.SortingColumn(0)],
        )
        with writer:
            while group := list(islice(source, ROW_GROUP)):
                parts = [group[at : at + _ROWS] for at in range(0, len(group), _ROWS)]
                made = [_batch(part, place.first + len(rows.leaves), rows) for part in parts]
                writer.write_table(pa.Table.from_batches(made, SCHEMA), row_group_size=ROW_GROUP)
        file.flush()
        os.fsync(file.fileno())
    if len(rows.leaves) != place.count:
        raise LedgerError(f"the record has no entry {place.first + len(rows.leaves)}")
    return rows


class Segment:
    """A segment in a file, which begins with this entry; its schema and what it says are right."""

    def __init__(self, path: Path, origin: str, first: int) -> None:
        self._path = path
        self._first = first
        with _file(path):
            metadata = pq.read_metadata(path)
            schema = metadata.schema.to_arrow_schema()
        self.count: int = metadata.num_rows
        _check_schema(path, schema)
        told = schema.metadata or {}
        for name, value in _told(origin, first, self.count).items():
            found = told.get(name.encode(), b"nothing").decode("utf-8", "replace")
            if found != value:
                raise LedgerError(f"{path} says `{found}` as its {name}, not `{value}`")

    def verified(self) -> Iterator[Rows]:
        """Its rows in order, each of which is what its hashes say."""
        number = self._first
        with _file(self._path):
            for batch in self._batches(None):
                try:
                    yield _verified(batch, number)
                except LedgerError as error:
                    raise LedgerError(f"{self._path}: {error}") from error
                number += len(batch)

    def records(self, head: bytes, start: int = 0) -> Iterator[Record]:
        """The entries from this row on, as they stand. `head` is that of the entry before."""
        names = ["number", "at", "kind", "body", "salt", "digest", "leaf"]
        group, skip = divmod(start, ROW_GROUP)
        with _file(self._path):
            for batch in self._batches(names, group):
                left = batch.slice(min(skip, len(batch)))
                rows = zip(*(column.to_pylist() for column in left.columns), strict=True)
                for number, at, kind, body, salt, digest, leaf in rows:
                    head = head_after(head, leaf)
                    yield Record(number, at, kind, body, salt, digest, head)
                skip -= len(batch) - len(left)

    def leaves(self) -> list[bytes]:
        """The hashes of its leaves as they stand."""
        with _file(self._path):
            batches = self._batches(["leaf"])
            return [leaf for batch in batches for leaf in batch.column(0).to_pylist()]

    def _batches(self, columns: Sequence[str] | None, group: int = 0) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(self._path, buffer_size=_BUFFER) as file:
            groups = range(group, file.num_row_groups)
            yield from file.iter_batches(_ROWS, row_groups=groups, columns=columns)


def _told(origin: str, first: int, count: int) -> dict[str, str]:
    """What the file says of itself."""
    return {"format": FORMAT, "origin": origin, "first": str(first), "count": str(count)}


def _batch(records: Sequence[Record], number: int, rows: Rows) -> pa.RecordBatch:
    """The rows of these entries, the first of which has this number; adds what they are."""
    leaves = []
    for at, record in enumerate(records, number):
        if record.number != at:
            raise LedgerError(f"the record has no entry {at}")
        leaves.append(leaf_hash(record.entry))
        if record.text is None or record.salt is None:
            rows.erased.add(at)
        elif salted_digest(record.salt, record.text.encode("utf-8")) != record.digest:
            raise LedgerError(f"entry {at} was altered after it was written")
    rows.leaves += leaves
    columns = (
        [one.number for one in records],
        [one.at for one in records],
        [datetime.fromisoformat(one.at) for one in records],
        [one.kind for one in records],
        [one.text for one in records],
        [one.salt for one in records],
        [one.digest for one in records],
        leaves,
    )
    arrays = [pa.array(values, one.type) for values, one in zip(columns, SCHEMA, strict=True)]
    return pa.record_batch(arrays, schema=SCHEMA)


def _check_schema(path: Path, schema: pa.Schema) -> None:
    """Names the first column that is not as it must be."""
    for name in SCHEMA.names:
        if schema.names.count(name) != 1:
            raise LedgerError(f"{path} has not one column `{name}`: this is no segment")
    for one in schema:
        if one.name not in SCHEMA.names:
            raise LedgerError(f"{path} has a column `{one.name}`, which no segment has")
        expected = SCHEMA.field(one.name)
        if one.type != expected.type:
            raise LedgerError(f"{path}: the column `{one.name}` is {one.type}, not {expected.type}")
        if one.nullable != expected.nullable:
            may = "may" if one.nullable else "may not"
            raise LedgerError(f"{path}: the column `{one.name}` {may} be null: this is no segment")
    if schema.names != SCHEMA.names:
        raise LedgerError(f"{path}: its columns are not in the order of a segment")


# Some rows


def _verified(batch: pa.RecordBatch, first: int) -> Rows:
    """Raises `LedgerError` with the number of the first entry that is not right."""
    batch.validate(full=True)
    number, at, instant, kind, body, salt, digest, leaf = batch.columns
    numbers = pa.array(range(first, first + len(batch)), pa.int64())
    _all(pc.equal(number, numbers), first, "it is not there: another stands in its place")
    _check_times(at, instant, first)
    for one in pc.unique(kind).to_pylist():
        check_kind(one)
    told = pc.is_valid(body)
    _all(pc.equal(told, pc.is_valid(salt)), first, "what it tells or its salt is missing")
    sizes = pc.fill_null(pc.equal(pc.binary_length(salt), SALT_SIZE), True)
    _all(sizes, first, f"its salt has not {SALT_SIZE} bytes")
    digests, hashes = _fixed(digest), _hashes(_joined(salt, body))
    erased = {row for row, is_told in enumerate(told.to_pylist()) if not is_told}
    for row in erased:
        hashes[row] = digests[row]
    _same(hashes, digests, first, "what it tells is not what its digest says")
    leaves = _hashes(_joined(_AT, at, _BODY, _hex(digests), _KIND, kind, _END))
    _same(leaves, _fixed(leaf), first, "its leaf does not have the hash that is kept")
    return Rows(leaves, {first + row for row in erased})


_AT, _BODY, _KIND, _END = b'\x00{"at":"', b'","body":"', b'","kind":"', b'"}'
"""What stands between the members of an entry, behind the byte that marks a leaf."""


def _check_times(at: pa.Array, instant: pa.Array, first: int) -> None:
    """The text must be the one way to write the instant."""
    span = pc.and_(
        pc.greater_equal(instant, pa.scalar(_EARLIEST, instant.type)),
        pc.less_equal(instant, pa.scalar(_LATEST, instant.type)),
    )
    _all(span, first, "its instant is out of range")
    local = pc.cast(pc.cast(instant, pa.timestamp("us")), pa.string())
    day, time = pc.utf8_slice_codeunits(local, 0, 10), pc.utf8_slice_codeunits(local, 11)
    short = pc.if_else(pc.ends_with(time, ".000000"), pc.utf8_slice_codeunits(time, 0, 8), time)
    expected = pc.binary_join_element_wise(day, "T", short, "Z", "")
    _all(pc.equal(at, expected), first, "its time and its instant are not the same")


def _all(right: pa.Array, first: int, why: str) -> None:
    row = cast(int, pc.index(right, False).as_py())
    if row >= 0:
        raise LedgerError(f"entry {first + row}: {why}")


def _same(found: Sequence[bytes], kept: Sequence[bytes], first: int, why: str) -> None:
    if found != kept:
        pairs = enumerate(zip(found, kept, strict=True), first)
        number = next(number for number, (one, other) in pairs if one != other)
        raise LedgerError(f"entry {number}: {why}")


def _joined(*parts: pa.Array | bytes) -> pa.Array:
    """The bytes of several columns, row by row one after the other."""
    large = [pa.scalar(p, _LARGE) if isinstance(p, bytes) else p.cast(_LARGE) for p in parts]
    return pc.binary_join_element_wise(*large, pa.scalar(b"", _LARGE))


def _hashes(column: pa.Array) -> list[bytes]:
    """SHA-256 of each value; of a null, that of nothing."""
    _, offsets, data = column.buffers()
    ends = memoryview(offsets).cast("q")[column.offset : column.offset + len(column) + 1]
    view = memoryview(data or b"")
    return [sha256(view[start:end]).digest() for start, end in pairwise(ends.tolist())]


def _fixed(column: pa.Array) -> list[bytes]:
    """The values of a column of 32 bytes each."""
    start = column.offset * HASH_SIZE
    data = column.buffers()[1].to_pybytes()
    end = start + len(column) * HASH_SIZE
    return [data[at : at + HASH_SIZE] for at in range(start, end, HASH_SIZE)]


def _hex(digests: Sequence[bytes]) -> pa.Array:
    """Each digest in hexadecimal."""
    size = 2 * DIGEST_SIZE
    data = b"".join(digests).hex().encode("ascii")
    type_ = pa.binary(size)
    return pa.Array.from_buffers(type_, len(digests), [None, pa.py_buffer(data)])


@contextmanager
def _file(path: Path) -> Iterator[None]:
    """What goes wrong with a file, told with its name."""
    try:
        yield
    except LedgerError:
        raise
    except (OSError, ValueError, TypeError, OverflowError, pa.ArrowException) as error:
        why = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise LedgerError(f"{path} cannot be read or written as a segment: {why}") from error
