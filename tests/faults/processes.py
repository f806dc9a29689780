"""Processes of their own that begin together, each with what it was told to do.

They come from a server of forks in which the reader of policies is warm already. A job prepares
itself in its process (opens its gate) and gives what it then does; it does it when all are ready.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from typing import Any, TypeAlias

Job: TypeAlias = Callable[[], Callable[[], object]]
"""Is pickled: a `functools.partial` of a function of a module."""

PATIENCE = 120.0
"""Seconds, for a machine that is busy."""

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.faults.warm"])


class Child:
    """A process, and what it answers."""

    def __init__(self, process: BaseProcess, answers: Connection) -> None:
        self._process = process
        self._answers = answers

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def answer(self, seconds: float = PATIENCE) -> Any:
        """What came of its job. Raises `AssertionError` where it does not say in time."""
        assert self._answers.poll(seconds), "a process does not answer"
        try:
            return self._answers.recv()
        except EOFError:
            self._process.join(PATIENCE)
            raise AssertionError(f"a process ended with {self._process.exitcode}") from None

    def kill(self) -> None:
        """As `kill -9` does."""
        self._process.kill()
        self._process.join()
        assert self._process.exitcode in (0, -signal.SIGKILL)

    def end(self) -> None:
        """Waits for its end; whoever does not come to one soon is killed."""
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()
        self._answers.close()


@contextmanager
def children(*jobs: Job) -> Iterator[list[Child]]:
    """Starts a process for each job. They are gone at the end of the block."""
    ready = _forks.Barrier(len(jobs))
    started = []
    try:
        for job in jobs:
            ours, theirs = _forks.Pipe(duplex=False)
            process = _forks.Process(target=_do, args=(job, ready, theirs))
            process.start()
            theirs.close()
            started.append(Child(process, ours))
        yield started
    finally:
        for child in started:
            child.end()


def together(*jobs: Job) -> list[Any]:
    """Does jobs in a process each, all at once; gives their answers, in order."""
    with children(*jobs) as started:
        return [child.answer() for child in started]


def apart(job: Job) -> Any:
    """Does a job in a process of its own."""
    return together(job)[0]


def rounds(parties: int) -> Barrier:
    """What so many processes wait at, so that each round begins for all at once."""
    return _forks.Barrier(parties)


def run_process(target: Callable[..., object], args: Sequence[object]) -> int | None:
    """Runs a function in a process; its exit code."""
    process = _forks.Process(target=target, args=tuple(args))
    process.start()
    process.join(PATIENCE)
    return process.exitcode


def _do(job: Job, ready: Any, answers: Connection) -> None:
    act = job()
    ready.wait(PATIENCE)
    answers.send(act())
    answers.close()
