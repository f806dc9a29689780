"""Which processes live: each holds a lock by its name, and a lock ends with its process.

Whoever can take the lock of another knows that it is dead, and while it holds that lock, that
nobody else is taking over from it. Names are never used twice. Who cannot be asked is not dead.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from policy_engine.foundation.database import is_postgres, store_path


class Alive(Protocol):
    """The locks of those who share a store. May be shared among threads."""

    def hold(self, name: str) -> bool:
        """Takes one's own lock, or makes sure of it; whether it is held."""

    def dead(self, name: str) -> AbstractContextManager[bool]:
        """Whether another is dead; if it is, its lock is held for the length of the block."""

    def close(self) -> None:
        """Gives up one's own lock."""


def alive_for(store: str | Path) -> Alive:
    """The locks of a store: in `<store>.workers` beside SQLite, on the server of PostgreSQL."""
    if is_postgres(store):
        from policy_engine.runtime.alive_postgres import AdvisoryLocks

        return AdvisoryLocks(str(store))
    return FileLocks(Path(f"{store_path(store)}.workers"))


class FileLocks:
    """Locks on files of a directory, for processes on one host."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: tuple[Path, int] | None = None
        self._one_at_a_time = threading.Lock()

    def hold(self, name: str) -> bool:
        with self._one_at_a_time:
            if self._own is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                file = self._lock(name)
                if file is None:
                    return False
                self._own = (self._folder / name, file)
                for other in sorted(self._folder.iterdir()):
                    with self.dead(other.name):
                        pass  # the file of one who is dead goes with its lock
            return True

    @contextmanager
    def dead(self, name: str) -> Iterator[bool]:
        file = self._lock(name)
        try:
            yield file is not None
        finally:
            if file is not None:
                self._remove(self._folder / name, file)

    def close(self) -> None:
        with self._one_at_a_time:
            if self._own is not None:
                self._remove(*self._own)
                self._own = None

    def _lock(self, name: str) -> int | None:
        path = self._folder / name
        while True:
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                return None
            if _is_at(path, file):
                return file
            os.close(file)  # somebody else removed it in between: this lock locks nothing

    def _remove(self, path: Path, file: int) -> None:
        with suppress(FileNotFoundError):
            path.unlink()
        os.close(file)


def _is_at(path: Path, file: int) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(file))
