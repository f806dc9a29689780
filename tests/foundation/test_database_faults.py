"""What a store keeps when processes are killed, disks are full and servers go away."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Self

import psycopg
import pytest

from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import StoreError
from tests.foundation.crowd import PATIENCE, together, until
from tests.foundation.writer import prepare, write
from tests.postgres import Server

ENDLESS = 1_000_000


class Writer:
    """A writing process, and the lines that it has printed."""

    def __init__(self, store: str, name: str, threads: int, units: int, *more: str) -> None:
        command = [sys.executable, "-m", "tests.foundation.writer", store, name]
        self._process = subprocess.Popen(
            [*command, str(threads), str(units), *more], stdout=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []

    @property
    def told(self) -> set[str]:
        """The units that it was told are kept."""
        words = [line.split() for line in self.lines if line.endswith("\n")]
        return {unit for said, unit, *_ in words if said == "kept"}

    def listen(self, lines: int | None = None) -> None:
        """Waits for so many lines more, or for its end."""
        assert self._process.stdout is not None
        self.lines += islice(self._process.stdout, lines)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.listen()
        self._process.communicate()


def kept(store: str) -> set[str]:
    """The units in a store. Each is whole, and counted once."""
    with closing(Database(store)) as database:
        halves = [(str(id_), half) for id_, half in database.rows("SELECT id, half FROM pairs")]
        ids = {id_ for id_, _ in halves}
        assert sorted(halves) == sorted((id_, half) for id_ in ids for half in (1, 2))
        assert database.rows("SELECT number FROM counter") == [(len(ids),)]
    return ids


def test_two_processes_lose_no_update(store: str) -> None:
    prepare(store).close()
    with Writer(store, "a", 4, 25) as a, Writer(store, "b", 4, 25) as b:
        a.listen()
        b.listen()
    assert len(a.told | b.told) == 200
    assert kept(store) == a.told | b.told


@pytest.mark.parametrize("after", [1, 40, 200])
def test_a_killed_process_loses_nothing_that_it_was_told_is_kept(store: str, after: int) -> None:
    """Killed amid the batches of 16 threads, while another process writes too."""
    prepare(store).close()
    with Writer(store, "b", 2, ENDLESS) as b, Writer(store, "a", 16, ENDLESS) as a:
        a.listen(after)
        a.kill()
        with closing(prepare(store)) as database:
            write(database, "after")
    assert len(a.told) >= after
    assert a.told | b.told | {"after"} <= kept(store)


def test_a_full_disk_is_an_error_and_no_end(tmp_path: Path) -> None:
    store = str(tmp_path / "s.db")
    prepare(store).close()
    with Writer(store, "a", 8, 40, "--file-limit", "60000") as a:
        a.listen()
    assert len(a.lines) == 8 * 40 + 1
    assert any(line.startswith("failed") for line in a.lines)
    assert "after" in a.told
    assert kept(store) == a.told


def test_a_file_that_is_busy_is_waited_for_once_by_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policy_engine.foundation.database.sqlite.WAIT_SECONDS", 0.3)
    path = tmp_path / "s.db"
    with closing(prepare(str(path))) as database, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused: list[StoreError] = []

        def refuse() -> None:
            try:
                write(database, "a")
            except StoreError as error:
                refused.append(error)

        threads = [threading.Thread(target=refuse) for _ in range(16)]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed = time.monotonic() - started
        assert [str(error) for error in refused] == [f"{path}: database is locked"] * 16
        assert elapsed < 16 * 0.3
        other.rollback()
        write(database, "b")
    assert kept(str(path)) == {"b"}


def test_a_store_that_was_taken_away_is_not_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with closing(prepare(str(path))) as database:
        for file in tmp_path.iterdir():
            file.rename(tmp_path.parent / f"away-{file.name}")
        with pytest.raises(StoreError, match="cannot be opened as a store"):
            database.rows("SELECT 1 FROM counter")
        assert not path.exists()


@pytest.fixture
def server(postgresql: Server) -> Iterator[Server]:
    yield postgresql
    postgresql.start()


def test_a_server_that_is_gone_is_an_error_until_it_is_back(server: Server) -> None:
    store = server.new_store()
    with closing(prepare(store)) as database:
        database.rows("SELECT 1")
        server.stop()
        started = time.monotonic()
        for use in (lambda: write(database, "a"), lambda: database.rows("SELECT 1")):
            with pytest.raises(StoreError, match="cannot be opened as a store") as raised:
                use()
            assert "opensesame" not in str(raised.value) and "\n" not in str(raised.value)
        assert time.monotonic() - started < 10
        server.start()
        write(database, "b")
        assert database.rows("SELECT number FROM counter") == [(1,)]
    assert kept(store) == {"b"}


def test_a_server_that_was_away_while_nobody_asked_is_not_missed(server: Server) -> None:
    with closing(prepare(server.new_store())) as database:
        database.rows("SELECT 1")
        server.stop()
        server.start()
        assert database.rows("SELECT number FROM counter") == [(0,)]
        write(database, "a")


def end_of(server: Server, database: Database) -> None:
    """The server ends the connection that writes."""
    opened = database._connection._opened
    server.tell(f"SELECT pg_terminate_backend({opened.info.backend_pid}, 5000)")


def test_a_connection_lost_amid_a_batch_fails_all_of_it(server: Server) -> None:
    store = server.new_store()
    with closing(prepare(store)) as database:
        undone = database.undone

        def cut() -> None:
            end_of(server, database)
            write(database, "b")

        bodies = [lambda: write(database, "a"), cut, lambda: write(database, "c")]
        ended = together(database, bodies)
        assert [type(end) for end in ended] == [StoreError, StoreError, type(None)]
        assert "the connection was lost" in str(ended[0])
        assert database.undone > undone
    assert kept(store) == {"c"}


def test_a_commit_whose_answer_is_lost_is_neither_a_yes_nor_a_no(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has committed; what it says never arrives."""
    store = server.new_store()
    with closing(prepare(store)) as database:
        opened = database._connection._opened
        execute = opened.execute

        def deaf(statement: object, *values: object) -> object:
            answer = execute(statement, *values)
            if statement == "COMMIT":
                opened.close()
                raise psycopg.OperationalError("consuming input failed")
            return answer

        monkeypatch.setattr(opened, "execute", deaf)
        undone = database.undone
        with pytest.raises(StoreError, match="nobody knows whether this was kept"):
            write(database, "a")
        assert database.undone == undone + 1
        write(database, "b")
    assert kept(store) == {"a", "b"}


def test_a_connection_lost_before_the_commit_keeps_nothing(server: Server) -> None:
    store = server.new_store()
    with closing(prepare(store)) as database:
        with pytest.raises(StoreError), database.transaction():
            write(database, "a")
            end_of(server, database)
        write(database, "b")
    assert kept(store) == {"b"}


def test_two_hosts_never_decide_at_once(server: Server) -> None:
    """Two stores opened on one schema, as by two hosts: the second waits for the first."""
    store = server.new_store()
    with closing(prepare(store)) as one, closing(Database(store)) as two:
        order: list[str] = []

        def second() -> None:
            with two.transaction():
                order.append("second begins")

        thread = threading.Thread(target=second)
        with one.transaction():
            thread.start()
            until(lambda: bool(server.tell("SELECT 1 FROM pg_locks WHERE NOT granted")))
            order.append("first ends")
        thread.join(PATIENCE)
        assert order == ["first ends", "second begins"]


def test_a_host_that_freezes_does_not_keep_the_store(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from policy_engine.foundation.database import postgres

    settings = {**postgres._SETTINGS, "idle_in_transaction_session_timeout": "50ms"}
    monkeypatch.setattr(postgres, "_SETTINGS", settings)
    store = server.new_store()
    lost = pytest.raises(StoreError, match="connection was lost")
    with closing(prepare(store)) as frozen, closing(Database(store)) as other:
        with lost, frozen.transaction():
            write(frozen, "a")
            write(other, "b")
            write(frozen, "c")
        write(frozen, "d")
    assert kept(store) == {"b", "d"}


def test_a_commit_is_durable_though_the_server_is_set_otherwise(server: Server) -> None:
    store = f"{server.new_store()}%20-csynchronous_commit%3Doff"
    with closing(Database(store)) as database, database.transaction():
        assert database.rows("SHOW synchronous_commit") == [("on",)]
