"""Whoever watches the record is told of what is kept, in order, and of nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import StoreError
from policy_engine.runtime.watching import Watched


class Book:
    """A recorder that remembers."""

    def __init__(self) -> None:
        self.kinds: list[str] = []

    def record(self, kind: str, body: Mapping[str, object]) -> None:
        self.kinds.append(kind)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(tmp_path / "store.db")
    database.execute("CREATE TABLE noted (kind TEXT NOT NULL)")
    return database


def test_whoever_watches_after_is_told_once_all_is_kept(database: Database) -> None:
    told: list[str] = []
    watched = Watched(Book(), database, after=[lambda kind, body: told.append(kind)])
    with database.transaction():
        watched.record("decided", {})
        watched.record("intent", {})
        assert told == []
    assert told == ["decided", "intent"]


def test_nobody_is_told_of_what_was_undone(database: Database) -> None:
    told: list[str] = []
    watched = Watched(Book(), database, after=[lambda kind, body: told.append(kind)])
    with pytest.raises(ZeroDivisionError), database.transaction():
        watched.record("decided", {})
        raise ZeroDivisionError
    watched.record("denied", {})
    assert told == ["denied"]


def test_what_a_watcher_within_writes_is_kept_with_the_entry_or_not_at_all(
    database: Database,
) -> None:
    def note(kind: str, body: Mapping[str, object]) -> None:
        database.execute("INSERT INTO noted VALUES (?)", (kind,))

    watched = Watched(Book(), database, within=[note])
    watched.record("held", {})
    with pytest.raises(ZeroDivisionError), database.transaction():
        watched.record("decided", {})
        raise ZeroDivisionError
    assert database.rows("SELECT kind FROM noted") == [("held",)]


def test_an_entry_is_not_kept_where_a_watcher_within_fails(database: Database) -> None:
    def fail(kind: str, body: Mapping[str, object]) -> None:
        database.execute("INSERT INTO nowhere VALUES (1)")

    watched = Watched(Book(), database, within=[fail])
    with pytest.raises(StoreError):
        watched.record("held", {})


def test_a_watcher_that_fails_after_stops_nobody(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []

    def fail(kind: str, body: Mapping[str, object]) -> None:
        raise ZeroDivisionError

    watched = Watched(Book(), database, after=[fail, lambda kind, body: told.append(kind)])
    watched.record("held", {})
    assert told == ["held"]
    assert "failed at an entry `held`" in caplog.text


def test_nothing_comes_after_where_there_is_no_transaction(database: Database) -> None:
    with pytest.raises(StoreError, match="no transaction"):
        database.afterwards(lambda: None)
