"""A new store that several processes open at the same time."""

from __future__ import annotations

import multiprocessing
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import StoreError

PROCESSES = 6
STORES = 60
PATIENCE = 60


def opening(folder: Path, together: Barrier, answers: Queue[list[str]]) -> None:
    """Opens one new store after the other, each as all others do; says what went wrong."""
    wrong = []
    for number in range(STORES):
        together.wait(PATIENCE)
        try:
            Database(folder / f"{number}.db").close()
        except StoreError as error:
            wrong.append(str(error))
    answers.put(wrong)


def test_everybody_opens_it(tmp_path: Path) -> None:
    """The first changes how the file is kept, which shuts the others out for a moment."""
    context = multiprocessing.get_context("forkserver")
    together, answers = context.Barrier(PROCESSES), context.Queue()
    crowd = [
        context.Process(target=opening, args=(tmp_path, together, answers))
        for _ in range(PROCESSES)
    ]
    for process in crowd:
        process.start()
    assert [answers.get(timeout=PATIENCE) for _ in crowd] == [[]] * PROCESSES
    for process in crowd:
        process.join(PATIENCE)
