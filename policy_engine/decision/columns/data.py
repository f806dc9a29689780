"""Arrow columns as Python data and as numbers.

What a cell says does not depend on how its column is written: text is text with or without a
dictionary, an instant is an instant in any unit and zone. A cell that Python has no datum for (a
day in the year 20,000, a fraction of a microsecond) is `Unwritable`, which fits nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from policy_engine.values.plain import Unwritable

Places: TypeAlias = npt.NDArray[np.intp]
Words: TypeAlias = npt.NDArray[np.uint64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Part: TypeAlias = slice | Places
"""Some rows of a table: those from one to another, or by number."""
Codes: TypeAlias = Callable[[Part], Places]
"""A number for each of some rows. Rows are taken in small parts, which stay in the processor's
cache, so a column is not made before it is needed."""
A_PART = 1 << 15
"""So many numbers of 64 bits are worked on together."""
EVERY = slice(None)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
A_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


class Coded(NamedTuple):
    """A column as different values and, for each row, which it is."""

    codes: Any
    """Integers of any width; of a null, the last value."""
    values: list[object]
    """The last is None."""

    def at(self, part: Part) -> Places:
        """The codes of some rows."""
        codes: Places = self.codes[part].astype(np.intp, copy=False)
        return codes


def decoded(column: pa.Array) -> pa.Array:
    """The same column without run lengths, views and extensions; a dictionary stays."""
    while isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_run_end_encoded(column.type):
        return decoded(pc.run_end_decode(column))
    if pa.types.is_float16(column.type):
        return column.cast(pa.float64())
    if pa.types.is_string_view(column.type):
        return column.cast(pa.large_string())
    if pa.types.is_dictionary(column.type) and pa.types.is_nested(column.type.value_type):
        return column.dictionary_decode()
    return column


def coded(column: pa.Array) -> Coded:
    """The different values of a column without parts."""
    if pa.types.is_null(column.type):
        return Coded(np.zeros(len(column), np.intp), [None])
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    values = data_of(column.dictionary)
    indices = column.indices
    if indices.null_count:
        indices = indices.cast(pa.int64()).fill_null(len(values))
    return Coded(numbers_of(indices), [*values, None])


def data_of(column: pa.Array) -> list[object]:
    """The cells as Python data; of a null None."""
    if pa.types.is_dictionary(column.type):
        codes, values = coded(column)
        return [values[code] for code in codes.tolist()]
    if (pa.types.is_timestamp(column.type) and column.type.tz) or pa.types.is_duration(column.type):
        return _moments(column)
    try:
        cells: list[object] = column.to_pylist(maps_as_pydicts="strict")
    except Exception:  # noqa: BLE001 — one of them cannot be read; which one is asked below
        cells = [_cell(column, place) for place in range(len(column))]
    return [_given(cell, column.type) for cell in cells] if _has_members(column.type) else cells


def given(column: pa.Array) -> Flags:
    """For each row whether there is something."""
    flags: Flags = column.is_valid().to_numpy(zero_copy_only=False)
    return flags


def validate(column: pa.Array) -> None:
    """Raises `pyarrow.ArrowInvalid` where the data of a column are not what they should be."""
    if not pa.types.is_dictionary(column.type):
        column.validate(full=True)
        return
    column.dictionary.validate(full=True)
    codes = column.indices
    codes.validate(full=True)
    if codes.null_count < len(codes):
        numbers = numbers_of(codes if codes.null_count == 0 else codes.drop_null())
        if int(numbers.min()) < 0 or int(numbers.max()) >= len(column.dictionary):
            raise pa.ArrowInvalid("an index is beyond its dictionary")


def numbers_of(column: pa.Array) -> Any:
    """A column of numbers or truths as NumPy has them; of a null zero."""
    filled = column if column.null_count == 0 else column.fill_null(0)
    return filled.to_numpy(zero_copy_only=False)


def parts(rows: int, size: int) -> Sequence[slice]:
    """So many rows in parts of at most this size."""
    return [slice(start, min(start + size, rows)) for start in range(0, rows, size)]


def _cell(column: pa.Array, place: int) -> object:
    try:
        cell: object = column[place].as_py(maps_as_pydicts="strict")
        return cell
    except Exception as error:  # noqa: BLE001 — whatever it is, it is no datum
        return Unwritable(str(error))


def _has_members(type_: pa.DataType) -> bool:
    is_struct: bool = pa.types.is_struct(type_)
    return is_struct or any(_has_members(inner.type) for inner in _inner(type_))


def _inner(type_: pa.DataType) -> list[pa.Field]:
    """The fields of a type with parts."""
    return [type_.field(place) for place in range(type_.num_fields)]


def _given(cell: Any, type_: pa.DataType) -> object:
    """Without the members that are null: those were not given."""
    if pa.types.is_struct(type_) and type(cell) is dict:
        inner = {field.name: field.type for field in _inner(type_)}
        return {k: _given(v, inner[k]) for k, v in cell.items() if v is not None}
    if pa.types.is_map(type_) and type(cell) is dict:
        return {name: _given(member, type_.item_type) for name, member in cell.items()}
    if type(cell) is list and type_.num_fields == 1:
        return [_given(item, type_.field(0).type) for item in cell]
    return cell


def _moments(column: pa.Array) -> list[object]:
    """Instants in UTC, or spans of time."""
    a_second = A_SECOND[column.type.unit]
    start: Any = _EPOCH if pa.types.is_timestamp(column.type) else timedelta(0)
    return [
        None if count is None else _moment(start, count, a_second)
        for count in column.cast(pa.int64()).to_pylist()
    ]


def _moment(start: datetime | timedelta, count: int, a_second: int) -> object:
    microseconds, rest = divmod(count * 1_000_000, a_second)
    if rest:
        return Unwritable("a fraction of a microsecond")
    try:
        return start + timedelta(microseconds=microseconds)
    except OverflowError:
        return Unwritable("a time beyond the calendar")
