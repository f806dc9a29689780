"""Replays tables: Parquet by batches on several threads, lines of JSON one by one.

Batches are added up in their order, so the answer does not depend on the threads. Rows whose
answer depends on the past are decided in the order of the table, between the batches.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import numpy as np

from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.cases import Answered, Case, answered, counted, remembered
from policy_engine.audit.replay.examples import Examples
from policy_engine.audit.replay.flips import pair_of
from policy_engine.audit.replay.kernel import Part, one_of, part_of
from policy_engine.audit.replay.past import Past
from policy_engine.audit.replay.source import ParquetTable, Unreads, lines
from policy_engine.audit.replay.tally import Tally
from policy_engine.audit.replay.told import case_of_line, cases_of_rows
from policy_engine.decision.columns.data import Places
from policy_engine.decision.history import History
from policy_engine.foundation.errors import InputError

THREADS = 2
_AHEAD = 2
"""So many batches more than threads are in memory."""

Advance = Callable[[int], None]
"""Is told how much more has been read: rows, or bytes."""


class Replayed:
    """What has been replayed so far."""

    def __init__(self, candidate: Candidate, now: datetime, most: int) -> None:
        """`now` is the time of what does not say its own, `most` how many actions of each flip are
        told."""
        self.candidate = candidate
        self.tally = Tally()
        self.examples = Examples(candidate, most)
        self.unreads = Unreads()
        self.with_past = 0
        self._now = now
        self._most = most
        self._past = Past(candidate)

    def table(self, table: ParquetTable, advance: Advance) -> None:
        """Takes all rows of a table. Raises `SourceError`."""
        for part in self._parts(table):
            self.part(part)
            advance(len(part.batch) + part.unreads.number)

    def lines(self, place: str, advance: Advance) -> None:
        """Takes all lines of a file. Raises `SourceError`."""
        known = 0
        for line in lines(place):
            try:
                case = case_of_line(self.candidate, line, self._now)
            except InputError as error:
                self.unreads.add(f"line {line.number}", str(error))
            else:
                self.case(case)
            advance(line.end - known)
            known = line.end

    def case(self, case: Case) -> None:
        """Takes the next action, which is decided by itself."""
        candidate, task = self.candidate, case.action.task
        history = self._past.of(task)
        if task in candidate.questions or task in candidate.remembered:
            self._past.follows(case.now, case.place)
        found = answered(candidate, case, history)
        self.with_past += task in candidate.questions
        told = counted(candidate, case, found)
        self.tally.add(told)
        if self.examples.wants(told.cell):
            self.examples.add(case, found, case.circumstances(history))
        if task in candidate.remembered:
            self._past.add(remembered(case, found))

    def part(self, part: Part) -> None:
        """Takes the next batch, which has been counted, and decides what is left of it."""
        self.tally.merge(part.tally)
        self._unread(part.unreads)
        wanted = [at for at in part.flipped if self.examples.wants(int(part.cells[at]))]
        rows = np.union1d(np.array(wanted, np.intp), self._with_past(part))
        if not len(rows):
            return
        cases = cases_of_rows(self.candidate, part.batch, rows, part.numbers, self._now)
        for at, case in zip(rows.tolist(), cases, strict=True):
            if isinstance(case, Case):
                self._row(case, int(part.cells[at]))
            elif part.cells[at] < 0:
                self.unreads.add(f"row {part.numbers[at]}", str(case))

    def _with_past(self, part: Part) -> Places:
        """The rows that are decided with the past, or that others see in theirs."""
        tasks = self.candidate.remembered
        if not tasks:
            return part.apart
        seen = np.flatnonzero(one_of(part.batch.column("task"), tasks.__contains__))
        return np.union1d(part.apart, seen).astype(np.intp)

    def _row(self, case: Case, cell: int) -> None:
        """A row of a batch; below 0, its cell is not known yet."""
        if cell < 0:
            self.case(case)
            return
        found = Answered(pair_of(cell)[1], ())
        if self.examples.wants(cell):
            history = History()
            found = answered(self.candidate, case, history)
            self.examples.add(case, found, case.circumstances(history))
        if case.action.task in self.candidate.remembered:
            self._past.follows(case.now, case.place)
            self._past.add(remembered(case, found))

    def _unread(self, more: Unreads) -> None:
        for one in more.first:
            self.unreads.add(*one)
        self.unreads.number += more.number - len(more.first)

    def _parts(self, table: ParquetTable) -> Iterator[Part]:
        """The batches, counted on several threads, in their order."""
        candidate = self.candidate
        candidate.prepared, candidate.questions, candidate.amounts  # noqa: B018 — made once
        waiting: deque[Future[Part]] = deque()
        with ThreadPoolExecutor(THREADS) as pool:
            try:
                for rows in table.batches():
                    waiting.append(pool.submit(part_of, candidate, rows, self._now, self._most))
                    if len(waiting) >= THREADS + _AHEAD:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for one in waiting:
                    one.cancel()
