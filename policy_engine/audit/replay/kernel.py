"""A batch of past actions decided again at once, and counted: Arrow and NumPy, no row by itself.

The answers are those of `decision/columns/`. Rows of tasks whose rules ask about the past are left
to whoever knows it (`table.py`): they are given back as `apart`. What is counted rests on the batch
alone, so batches may be counted by several threads, or on several machines, and added up in order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from policy_engine.audit.replay.bands import LARGEST, Band, band_of
from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.flips import CELLS, FLIPS, NO_TASK, NUMBERS, WORDS
from policy_engine.audit.replay.source import MOST_NAMED, Rows, SourceError, Unreads
from policy_engine.audit.replay.tally import Groups, Name, Tally
from policy_engine.audit.replay.told import (
    NO_TASK_SAID,
    NO_TIME,
    NOBODY,
    PRINCIPALS,
    no_outcome,
)
from policy_engine.decision.columns.data import (
    A_SECOND,
    EVERY,
    Flags,
    Places,
    coded,
    data_of,
    decoded,
    given,
    numbers_of,
    validate,
)
from policy_engine.decision.columns.decide import decide_batches

_MOST_CELLS = 1 << 22
_EXACT_DIGITS = 18
_POWERS = [10**n for n in range(LARGEST)]
_ROUND = np.array(_POWERS[: _EXACT_DIGITS + 1], np.int64)
_ROUGH = np.array(_POWERS, np.float64)
_FIRST_SECOND = int(datetime.min.replace(tzinfo=UTC).timestamp())
_LAST_SECOND = int(datetime.max.replace(microsecond=0, tzinfo=UTC).timestamp())

Cells: TypeAlias = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Part:
    """What a batch came to."""

    batch: pa.RecordBatch
    """Its rows that can be read."""
    numbers: Places
    """Of each of them its number in the table."""
    cells: Cells
    """Of each its cell; of those apart -1."""
    apart: Places
    """The places of rows whose answer depends on the past."""
    tally: Tally
    """Without those apart."""
    flipped: tuple[int, ...]
    """The places of the first rows of each flip, in order."""
    unreads: Unreads


def part_of(candidate: Candidate, rows: Rows, now: datetime, most: int) -> Part:
    """Decides and counts a batch. `now` is the time of rows that say none, `most` how many rows of
    each flip are told.

    Raises `SourceError` for a batch that is not what its schema says.
    """
    try:
        for name in ("task", "principal", "kind", "outcome"):
            validate(rows.batch.column(name))
        batch, numbers, recorded, unreads = _readable(rows)
        is_apart = one_of(batch.column("task"), candidate.questions.__contains__)
        settled = np.flatnonzero(~is_apart)
        plain = batch if len(settled) == len(batch) else batch.take(pa.array(settled, pa.int64()))
        answers, rules = _answers(candidate, plain, now)
    except pa.ArrowInvalid as error:
        raise SourceError(f"the batch from row {rows.first} cannot be read: {error}") from error
    own = recorded[settled] * len(WORDS) + answers
    cells = np.full(len(batch), -1, np.intp)
    cells[settled] = own
    tally = _tally(candidate, plain, own, rules)
    flipped = [at for cell in FLIPS if tally.cells[cell] for at in _first(own == cell, most)]
    return Part(
        batch,
        numbers,
        cells,
        np.flatnonzero(is_apart),
        tally,
        tuple(settled[sorted(flipped)].tolist()),
        unreads,
    )


def _readable(rows: Rows) -> tuple[pa.RecordBatch, Places, Cells, Unreads]:
    """The rows that say who asked for what and what was answered, their numbers and the answers;
    and the others, named."""
    batch, unreads = rows.batch, Unreads()
    numbers = np.arange(rows.first, rows.first + len(batch))
    found = coded(decoded(batch.column("outcome")))
    known = [NUMBERS.get(word, -1) if isinstance(word, str) else -1 for word in found.values]
    recorded = np.array(known, np.intp).take(found.at(EVERY))
    wrong = {problem: is_so(batch) for problem, is_so in _PROBLEMS.items()}
    is_wrong = np.logical_or.reduce([recorded < 0, *wrong.values()])
    if not is_wrong.any():
        return batch, numbers, recorded, unreads
    for at in np.flatnonzero(is_wrong)[:MOST_NAMED].tolist():
        said = no_outcome(found.values[int(found.codes[at])]) if recorded[at] < 0 else ""
        why = said or next(problem for problem, flags in wrong.items() if flags[at])
        unreads.add(f"row {numbers[at]}", why)
    unreads.number = int(np.count_nonzero(is_wrong))
    kept = np.flatnonzero(~is_wrong)
    batch = batch.take(pa.array(kept, pa.int64()))
    return batch, numbers[kept], recorded[kept], unreads


def _no_task(batch: pa.RecordBatch) -> Flags:
    return one_of(batch.column("task"), _is_blank)


def _nobody(batch: pa.RecordBatch) -> Flags:
    no_kind = one_of(batch.column("kind"), lambda kind: kind not in PRINCIPALS)
    flags: Flags = no_kind | one_of(batch.column("principal"), _is_blank)
    return flags


def _no_time(batch: pa.RecordBatch) -> Flags:
    """A moment before the year 1 or after the year 9999; null is no moment and not wrong."""
    column = decoded(batch.column("now")) if "now" in batch.schema.names else None
    if column is None or column.null_count == len(column):
        return np.zeros(len(batch), np.bool_)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    a_second = A_SECOND[column.type.unit]
    seconds = numbers_of(column.cast(pa.int64())) // a_second
    flags: Flags = (seconds < _FIRST_SECOND) | (seconds > _LAST_SECOND)
    return flags


def _is_blank(text: object) -> bool:
    return not isinstance(text, str) or not text.strip()


_PROBLEMS: Mapping[str, Callable[[pa.RecordBatch], Flags]] = {
    NO_TASK_SAID: _no_task,
    NOBODY: _nobody,
    NO_TIME: _no_time,
}
"""What keeps a row from being read, whatever the policy asks about."""


def _answers(
    candidate: Candidate, batch: pa.RecordBatch, now: datetime
) -> tuple[Cells, list[pa.ListArray]]:
    """The answer to each row, and its deciding rules."""
    codes: list[Cells] = [np.zeros(0, np.intp)]
    rules: list[pa.ListArray] = []
    for one in decide_batches(candidate.prepared, [batch], roles=candidate.roles, now=now):
        outcome = one.column("outcome")
        numbers = np.array([NUMBERS[word] for word in outcome.dictionary.to_pylist()], np.intp)
        codes.append(numbers.take(outcome.indices.to_numpy()))
        rules.append(one.column("rules"))
    answers = np.concatenate(codes)
    known = candidate.policy.tasks
    answers[one_of(batch.column("task"), lambda task: task not in known)] = NO_TASK
    return answers, rules


def _tally(
    candidate: Candidate, batch: pa.RecordBatch, cells: Cells, rules: list[pa.ListArray]
) -> Tally:
    tally = Tally(np.bincount(cells, minlength=CELLS).tolist())
    if not len(cells):
        return tally
    task = coded(decoded(batch.column("task")))
    _count(tally.tasks, task.at(EVERY), cells, len(task.values), _named(task.values))
    _agents(tally.agents, batch, cells)
    _rules(tally.rules, candidate, cells, rules)
    for name in candidate.amounts:
        if f"input.{name}" in batch.schema.names:
            _bands(tally.amounts, name, decoded(batch.column(f"input.{name}")), cells)
    return tally


def _agents(groups: Groups, batch: pa.RecordBatch, cells: Cells) -> None:
    who, kind = (coded(decoded(batch.column(name))) for name in ("principal", "kind"))
    kinds = len(kind.values)

    def name(code: int) -> str:
        id_, what = who.values[code // kinds], kind.values[code % kinds]
        return "(nobody)" if id_ is None or what is None else f"{what} {id_}"

    codes = who.at(EVERY) * kinds + kind.at(EVERY)
    _count(groups, codes, cells, len(who.values) * kinds, name)


def _rules(groups: Groups, candidate: Candidate, cells: Cells, rules: list[pa.ListArray]) -> None:
    names = _named(candidate.prepared.names.column.to_pylist())
    lengths = np.concatenate([one.value_lengths().to_numpy() for one in rules])
    codes = np.concatenate([one.flatten().indices.to_numpy() for one in rules]).astype(np.intp)
    size = len(candidate.prepared.names.column)
    _count(groups, codes, cells.repeat(lengths), size, names)
    by_none = cells[lengths == 0]
    _count(groups, np.zeros(len(by_none), np.intp), by_none, 1, lambda _: "")


def _bands(groups: Groups, name: str, column: pa.Array, cells: Cells) -> None:
    is_there = given(column)
    if not is_there.all():
        column, cells = column.drop_null(), cells[is_there]
    if not len(column):
        return
    sizes = _sizes(column)
    if sizes is not None:
        _count(groups, sizes + 2, cells, LARGEST + 3, lambda code: Band(name, "", code - 2))
        return
    try:
        found = coded(column)
        codes, values = found.at(EVERY), found.values
    except pa.ArrowNotImplementedError:
        values = data_of(column)
        codes = np.arange(len(values))
    bands = [band_of(name, value) for value in values]
    places = {band: place for place, band in enumerate(dict.fromkeys(bands))}
    moved = np.array([places[band] for band in bands], np.intp).take(codes)
    some = np.flatnonzero(moved != places.get(None, -1))
    _count(groups, moved[some], cells[some], len(places), _named([*places]))


def _sizes(column: pa.Array) -> Cells | None:
    """The sizes of a column of numbers, as `Band` has them; None where it is of another kind."""
    kind, is_ = column.type, pa.types
    if is_.is_boolean(kind):
        return None
    if is_.is_integer(kind) and not is_.is_uint64(kind):
        numbers = column.cast(pa.int64()).to_numpy()
        return _sized(np.searchsorted(_ROUND, np.abs(numbers), "right"), np.sign(numbers))
    if is_.is_decimal128(kind) and 0 <= kind.scale <= kind.precision <= _EXACT_DIGITS:
        digits = np.frombuffer(column.buffers()[1], np.int64)[2 * column.offset :: 2]
        digits = digits[: len(column)]
        whole = np.abs(digits) // 10**kind.scale
        return _sized(np.searchsorted(_ROUND, whole, "right"), np.sign(digits))
    if is_.is_floating(kind):
        numbers = column.cast(pa.float64()).to_numpy()
        if np.isfinite(numbers).all():
            return _sized(np.searchsorted(_ROUGH, np.abs(numbers), "right"), np.sign(numbers))
    return None


def _sized(sizes: Cells, signs: Any) -> Cells:
    found: Cells = np.select([signs < 0, signs == 0], [-2, -1], sizes).astype(np.intp)
    return found


def _count(
    groups: Groups, codes: Cells, cells: Cells, size: int, name: Callable[[int], Name | None]
) -> None:
    """Counts the cells of each code; there are `size` codes."""
    keys = codes * CELLS + cells
    if size * CELLS <= max(_MOST_CELLS, 4 * len(keys)):
        counts = np.bincount(keys, minlength=1)
        different = np.flatnonzero(counts)
        numbers = counts[different]
    else:
        different, numbers = np.unique(keys, return_counts=True)
    for key, number in zip(different.tolist(), numbers.tolist(), strict=True):
        code, cell = divmod(key, CELLS)
        named = name(code)
        groups.add("(none)" if named is None else named, cell, number)


def _named(values: Sequence[Any]) -> Callable[[int], Any]:
    return lambda code: values[code]


def one_of(column: pa.Array, is_one: Callable[[Any], bool]) -> Flags:
    """For each row whether its text is one of some."""
    found = coded(decoded(column))
    flags = np.array([is_one(value) for value in found.values], np.bool_)
    return flags.take(found.at(EVERY)) if flags.any() else np.zeros(len(column), np.bool_)


def _first(flags: Flags, most: int) -> list[int]:
    """The places of the first rows of some."""
    found: list[int] = np.flatnonzero(flags)[:most].tolist()
    return found
