"""Which task each row is about: on which sheet it stands, and which of the sheet's tasks it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from policy_engine.decision.columns.data import EVERY, Codes, Part, coded, decoded


@dataclass(frozen=True, slots=True)
class Tasks:
    """The tasks of a batch."""

    sheet: npt.NDArray[np.int32]
    """By row the place of the sheet; one beyond the last where the policy knows no such task."""
    numbers: Codes
    """Which of its sheet's tasks a row is about."""
    counts: tuple[int, ...]
    """How many rows each sheet has, and last those without one."""

    def by_sheet(self) -> Iterator[tuple[int, Part]]:
        """The rows of each sheet that has any."""
        for place, count in enumerate(self.counts[:-1]):
            if count == len(self.sheet):
                yield place, slice(0, count)
            elif count:
                yield place, np.flatnonzero(self.sheet == place)


def tasks_of(column: pa.Array, places: Mapping[str, tuple[int, int]], sheets: int) -> Tasks:
    """The tasks of a column of their names; `places` has the sheet and number of each."""
    column = decoded(column)
    found = coded(column)
    named = [
        places.get(name, (sheets, 0)) if isinstance(name, str) else (sheets, 0)
        for name in found.values
    ]
    on, numbers = np.array(named, np.intp).T
    numbers = np.ascontiguousarray(numbers)
    some = on if column.null_count or len(on) == 1 else on[:-1]
    if (some == some[0]).all():
        sheet = np.full(len(column), some[0], np.int32)
        counts = np.where(np.arange(sheets + 1) == some[0], len(column), 0)
    else:
        sheet = on.astype(np.int32).take(found.at(EVERY))
        counts = np.bincount(sheet, minlength=sheets + 1)
    return Tasks(sheet, lambda part: numbers.take(found.at(part)), tuple(counts.tolist()))
