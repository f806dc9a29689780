"""Tables of past actions as streams, whatever their size: Parquet by batches, JSON line by line.

A table in Parquet has the columns of `decision/columns/shape.py` and besides

    outcome     text    what was answered: `allow`, `validate`, `escalate` or `deny`
    status      text, optional: what became of it, `executed`, `failed`, `denied` and so on

A line of JSON is an action file (docs/guides/operate.md) with the members `outcome` and, if it is
known, `status`; its `id` may be there and says nothing. A row or a line that cannot be read is
named and counted, and the others are still decided. A file that cannot be read as a whole raises
`SourceError`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, TypeAlias, get_args
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from policy_engine.decision.columns.shape import shape_of
from policy_engine.decision.history import Status
from policy_engine.foundation.errors import InputError
from policy_engine.foundation.reading import MAXIMUM_SIZE
from policy_engine.ledger.sealed_folder import is_sealed

Form: TypeAlias = Literal["ledger", "parquet", "jsonl"]
STATUSES = frozenset(get_args(Status))
MOST_NAMED = 20
"""So many of those that cannot be read are named; all are counted."""

_ROWS = 1 << 18
_BYTES = 1 << 26
"""At most so many rows, and about so many bytes, are read at a time."""
_SOME, _FEWEST = 4096, 64
_PIECE = 1 << 20
_MOST_DICTIONARY = 1 << 16
"""Bytes, as they stand in the file."""
_SQLITE, _PARQUET = b"SQLite format 3\0", b"PAR1"
_MARK = "\ufeff".encode()
"""What some programs put before the first line of a text in UTF-8; it says nothing."""
_OFFSET = re.compile(r"[+-][0-9]{2}:[0-9]{2}")


class SourceError(InputError):
    """What should be replayed cannot be read as a whole."""


class Unread(NamedTuple):
    """Something that cannot be read, and why."""

    place: str
    why: str


@dataclass(slots=True)
class Unreads:
    """All of it: counted, and the first named."""

    number: int = 0
    first: list[Unread] = field(default_factory=list)

    def add(self, place: str, why: str) -> None:
        self.number += 1
        if len(self.first) < MOST_NAMED:
            self.first.append(Unread(place, why))


class Line(NamedTuple):
    """One line of a file."""

    number: int
    text: bytes | None
    """None: it is too long to be read."""
    end: int
    """How many bytes of the file have been read behind it."""


class Rows(NamedTuple):
    """Some rows of a table."""

    first: int
    """The number of the first; the table's first is row 1."""
    batch: pa.RecordBatch


def form_of(place: str) -> Form:
    """What a store, a sealed record or a file is: a file by how it begins, or by its `.parquet`.

    Raises `SourceError` for a file that is not there.
    """
    if "://" in place or is_sealed(Path(place)):
        return "ledger"
    with _reading(place), _opened(place) as file:
        start = file.read(len(_SQLITE))
    if start == _SQLITE:
        return "ledger"
    is_table = start.startswith(_PARQUET) or place.lower().endswith(".parquet")
    return "parquet" if is_table else "jsonl"


def lines(place: str) -> Iterator[Line]:
    """The lines of a file that are not blank. Whatever a line's length, few bytes are in memory."""
    with _reading(place), _opened(place) as file:
        number = end = 0
        while text := file.readline(MAXIMUM_SIZE + 1):
            number += 1
            end += len(text)
            is_whole = len(text) <= MAXIMUM_SIZE or text.endswith(b"\n")
            while not is_whole and (rest := file.readline(_PIECE)):
                end += len(rest)
                is_whole = rest.endswith(b"\n")
                text = b""
            is_long = len(text) > MAXIMUM_SIZE or not text
            if number == 1:
                text = text.removeprefix(_MARK)
            if is_long:
                yield Line(number, None, end)
            elif text.strip():
                yield Line(number, text, end)


def size_of(place: str) -> int:
    """How many bytes a file has."""
    with _reading(place):
        return Path(place).stat().st_size


class ParquetTable:
    """A table in a Parquet file. Raises `SourceError` where it is none of past actions."""

    def __init__(self, place: str) -> None:
        self._place = place
        with _reading(place):
            metadata = pq.read_metadata(place)
            schema = metadata.schema.to_arrow_schema()
            check_columns(place, schema)
            few = _of_few_values(metadata)
            texts = [one.name for one in schema if _is_text(one.type) and one.name in few]
            self._file = pq.ParquetFile(
                place,
                read_dictionary=texts,
                buffer_size=_PIECE,
                page_checksum_verification=True,
            )
        self.columns = [name for name in schema.names if is_of_interest(name)]
        self.rows: int = metadata.num_rows

    def batches(self) -> Iterator[Rows]:
        """Its rows in order, some at a time."""
        first = 1
        with _reading(self._place):
            for batch in self._file.iter_batches(self._fitting(), columns=self.columns):
                yield Rows(first, batch)
                first += batch.num_rows

    def _fitting(self) -> int:
        """How many rows are read at a time: of wide rows fewer."""
        some = next(self._file.iter_batches(_SOME, columns=self.columns), None)
        if some is None or not len(some):
            return _ROWS
        each = max(1, int(some.nbytes) // len(some))
        return min(_ROWS, max(_FEWEST, _BYTES // each))


def _of_few_values(metadata: pq.FileMetaData) -> set[str]:
    """The columns whose dictionaries are small: what has few values is decided value by value."""
    few, many = set[str](), set[str]()
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for at in range(row_group.num_columns):
            column = row_group.column(at)
            start = column.dictionary_page_offset if column.has_dictionary_page else None
            size = _MOST_DICTIONARY if start is None else column.data_page_offset - start
            (few if size < _MOST_DICTIONARY else many).add(column.path_in_schema)
    return few - many


def check_columns(place: str, schema: pa.Schema) -> None:
    """Raises `SourceError` where a schema is none of past actions; says which columns there are."""
    there = ", ".join(f"{one.name} ({one.type})" for one in schema) or "none"
    try:
        shape_of(schema)
        for name, needed in (("outcome", True), ("status", False)):
            if schema.names.count(name) > 1:
                raise InputError(f"the column `{name}` is there twice")
            if name not in schema.names:
                if needed:
                    raise InputError(f"a table of past actions needs a column `{name}`")
            elif not _is_text(schema.field(name).type):
                raise InputError(f"the column `{name}` must be text")
        for one in schema:
            if is_of_interest(one.name):
                _check_zone(one)
    except InputError as error:
        raise SourceError(f"{place}: {error}; its columns are {there}") from error


def is_of_interest(name: str) -> bool:
    """Whether a column says something about an action; others are not even read."""
    known = ("task", "principal", "kind", "roles", "domain", "now", "outcome", "status")
    return name in known or "." in name


def _check_zone(column: pa.Field) -> None:
    zone = column.type.tz if pa.types.is_timestamp(column.type) else None
    if zone is None or _OFFSET.fullmatch(zone):
        return
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise InputError(
            f"the column `{column.name}` is in the time zone `{zone}`, which nobody knows"
        ) from error


def _is_text(type_: pa.DataType) -> bool:
    if pa.types.is_dictionary(type_):
        return _is_text(type_.value_type)
    is_ = pa.types
    return any(one(type_) for one in (is_.is_string, is_.is_large_string, is_.is_string_view))


@contextmanager
def _reading(place: str) -> Iterator[None]:
    """What goes wrong while a file is read."""
    try:
        yield
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        why = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise SourceError(f"{place} cannot be read: {why}") from error


@contextmanager
def _opened(place: str) -> Iterator[BinaryIO]:
    path = Path(place)
    if not path.is_file():
        raise SourceError(f"{place} is no regular file" if path.exists() else f"no file {place}")
    with path.open("rb") as file:
        yield file
