"""The keys of rows: which rules are still possible when every input has been looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from policy_engine.decision.columns.axes import Reading, reading_of
from policy_engine.decision.columns.data import A_PART, Part, Places, Words, parts
from policy_engine.decision.columns.sheets import Coarse, Sheet, Table

Looked: TypeAlias = tuple[Table, Reading]


def keys_of(
    sheet: Sheet,
    columns: Callable[[str], pa.Array | None],
    first: Callable[[Part], tuple[Places, Words]],
    rows: Part,
) -> Words:
    """The keys of some rows of a batch.

    `columns` gives the column of an input, `first` the tasks of rows and their first keys.
    """
    looked = [(table, reading_of(table.axis, columns(table.axis.name))) for table in sheet.tables]
    needed = [(t, r) for t, r in looked if r.only is None or not t.is_void(r.only)]
    found = [_narrowed(needed, first, part) for part in _split(rows, sheet.words)]
    return np.concatenate(found) if found else np.zeros((0, sheet.words), np.uint64)


def _split(rows: Part, words: int) -> list[Part]:
    count = rows.stop if isinstance(rows, slice) else len(rows)
    some = parts(count, max(1, A_PART // words))
    return [part if isinstance(rows, slice) else rows[part] for part in some]


def _narrowed(
    looked: Sequence[Looked], first: Callable[[Part], tuple[Places, Words]], part: Part
) -> Words:
    tasks, keys = first(part)
    found = [(table, reading.codes(part)) for table, reading in looked]
    masks: list[tuple[Coarse, Places, Places]] = []
    for table, codes in found:
        places = tasks * table.axis.width
        places += codes
        if table.inlined is not None:
            keys &= table.inlined.take(places, axis=0, mode="clip")
        else:
            places = table.places.take(places)
            keys &= table.masks.take(places, axis=0, mode="clip")
        if table.coarse is not None:
            at = places if table.inlined is None else table.places.take(places)
            masks.append((table.coarse, at, codes))
    for coarse, places, codes in masks:
        _refine(keys, coarse, tasks, places, codes)
    return keys


def _refine(keys: Words, coarse: Coarse, tasks: Places, masks: Places, codes: Places) -> None:
    """Takes away the rules that hold at other positions of a coarse mask only."""
    open_ = keys & coarse.open.take(masks, axis=0, mode="clip")
    rows = np.flatnonzero(open_.any(axis=1))
    if not len(rows):
        return
    bits = np.unpackbits(open_[rows].view(np.uint8), axis=1, bitorder="little")
    some, places = np.nonzero(bits)
    rows = rows[some]
    own, code = tasks[rows] * bits.shape[1] + places, codes[rows]
    outside = (code < coarse.first.take(own)) | (code > coarse.last.take(own))
    rows, places = rows[outside], places[outside]
    taken = np.uint64(1) << (places % 64).astype(np.uint64)
    np.bitwise_xor.at(keys, (rows, places // 64), taken)
