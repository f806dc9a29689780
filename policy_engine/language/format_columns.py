"""Lines that stand together and say the same kind of thing have their parts in columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from policy_engine.language.format_lines import WIDTH, Line

COLUMNS: dict[str, tuple[tuple[str, int], ...]] = {
    "member": (("name", 1), ("type", 1), ("value", 1), ("control", 1), ("arrow", 1)),
    "clause": (("value", 1),),
    "role": (("rest", 2),),
    "attributes": (("have", 1), ("body", 1)),
    "type_alias": (("equals", 1),),
    "record": (("title", 1), ("body", 1)),
    "task": (("title", 1), ("body", 1)),
    "about": (("body", 1),),
    "table": (("body", 1),),
    "framework": (("title", 1), ("body", 1)),
}
"""For each kind of line its columns from left to right, and how wide the gap before each is."""


def align(lines: Sequence[Line]) -> None:
    """Pads the lines of each run, unless one of them would grow too long."""
    for row, run in groupby(lines, lambda line: line.row):
        if row in COLUMNS:
            _align(list(run), COLUMNS[row])


def _align(run: Sequence[Line], columns: Sequence[tuple[str, int]]) -> None:
    pads = [dict[str, int]() for _ in run]
    for column, gap in columns:
        starts = dict(_starts(run, pads, column))
        if len(starts) > 1:
            target = max(starts.values()) + gap - 1
            for i, start in starts.items():
                pads[i][column] = target - start
    if all(line.width + sum(pad.values()) <= WIDTH for line, pad in zip(run, pads, strict=True)):
        for line, pad in zip(run, pads, strict=True):
            line.text = _padded(line, pad)


def _starts(
    run: Sequence[Line], pads: Sequence[dict[str, int]], column: str
) -> Iterator[tuple[int, int]]:
    """Where a column begins in each line that has it, after the padding so far."""
    for i, line in enumerate(run):
        start = dict(reversed(line.stops)).get(column)
        if start is not None:
            yield i, start + sum(pads[i].values())


def _padded(line: Line, pad: dict[str, int]) -> str:
    text, last = [], 0
    for column, start in line.stops:
        if column in pad:
            text.append(line.text[last:start] + " " * pad.pop(column))
            last = start
    return "".join(text) + line.text[last:]
