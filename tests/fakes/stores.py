"""Stores as somebody leaves them who writes to the file past the engine."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from sqlite3 import connect


def alter(store: Path, *statements: str) -> None:
    """Runs statements of SQL in the file of a store."""
    with closing(connect(store)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def copy_of(store: Path, target: Path) -> Path:
    """A copy to spoil, in a new file."""
    with closing(connect(store)) as source, closing(connect(target)) as copy:
        source.backup(copy)
    return target
