"""Verifies a ledger in its store with several processes: each reads pages, one holds them together.

The processes say which pages are in order. Whatever is not, or does not follow, is read again here
and looked at closely, so what is found is what `verify` finds.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing

from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import LedgerError
from policy_engine.foundation.signing import VerifyingKey
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.pages import Sound, sound
from policy_engine.ledger.record import NO_HEAD
from policy_engine.ledger.tiles import FULL
from policy_engine.ledger.verify import Reading, Verification

_PART = 32 * FULL
"""Entries that a process reads at once."""
_LEAST = 16 * _PART
"""Of fewer entries, other processes would take longer to start than to help."""


def verify_store(
    store: str,
    *,
    pinned: str | None = None,
    checkpoint: Checkpoint | None = None,
    keys: Iterable[VerifyingKey] = (),
    processes: int | None = None,
    least: int = _LEAST,
    progress: Callable[[int], None] = lambda number: None,
) -> Verification:
    """What `verify` finds in all that the store keeps of its ledger.

    As many `processes` as this machine has processors, unless told otherwise, read a ledger of
    `least` entries or more. They import the main module of the program, as `multiprocessing` does.
    Raises `LedgerError` where there is no ledger, `StoreError` where it cannot be read.
    """
    with closing(Database(store, must_exist=True)) as database:
        reader = LedgerReader(database)
        reading = Reading(pinned, checkpoint, reader, tuple(keys))
        size, processes = reader.count(), processes or _processors()
        if processes > 1 and size >= least:
            reading.take_all(reader.records(last=0), progress)
            for first, page in _pages(store, size // _PART, processes):
                if not reading.can_go_on:
                    break
                if page is not None and reading.follows(page):
                    reading.take_sound(page)
                else:
                    reading.take_all(reader.records(first=first, last=first + FULL - 1), progress)
                progress(reading.number)
            if reading.can_go_on:
                reading.take_all(reader.records(first=size // _PART * _PART + 1), progress)
        else:
            reading.take_all(reader.records(), progress)
        reading.expect(size)
        return reading.finished()


def _pages(store: str, parts: int, processes: int) -> Iterator[tuple[int, Sound | None]]:
    """The number of the first entry of each page of so many parts, and the page if it is sound."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        ahead: deque[tuple[int, Future[list[Sound | None]]]] = deque()
        for part in range(parts):
            ahead.append((part * _PART + 1, pool.submit(_read, store, part * _PART + 1)))
            if len(ahead) > 2 * processes:
                yield from _read_by(*ahead.popleft())
        while ahead:
            yield from _read_by(*ahead.popleft())


def _read_by(first: int, future: Future[list[Sound | None]]) -> Iterator[tuple[int, Sound | None]]:
    try:
        pages = future.result()
    except BrokenProcessPool:  # whoever read it is gone: it is read here
        pages = [None] * (_PART // FULL)
    yield from zip(range(first, first + _PART, FULL), pages, strict=True)


def _read(store: str, first: int) -> list[Sound | None]:
    """In a process of its own: the pages of the part that begins with this entry."""
    with closing(Database(store, must_exist=True)) as database:
        reader = LedgerReader(database)
        return [_page(reader, at) for at in range(first, first + _PART, FULL)]


def _page(reader: LedgerReader, first: int) -> Sound | None:
    try:
        before = (
            next(reader.records(first=first - 1, last=first - 1)).head if first > 1 else NO_HEAD
        )
        page = list(reader.records(first=first, last=first + FULL - 1))
    except (LedgerError, StopIteration):
        return None
    return sound(page, first - 1, before) if len(page) == FULL else None


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
