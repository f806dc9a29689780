"""What a store promises, of whatever kind it is: the rules of transactions that share commits."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import StoreError
from tests.foundation.crowd import COUNTER, PATIENCE, commits, together, until


@pytest.fixture
def database(store: str) -> Iterator[Database]:
    with closing(Database(store)) as database:
        database.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        yield database


def note(database: Database, id_: int) -> Callable[[], object]:
    return lambda: database.execute("INSERT INTO notes VALUES (?, ?)", (id_, f"note {id_}"))


def kept(database: Database) -> list[object]:
    return [id_ for (id_,) in database.rows("SELECT id FROM notes ORDER BY id")]


class Refused(Exception):
    """What a body raises of itself."""


def refuse(database: Database, id_: int) -> Callable[[], object]:
    def body() -> None:
        note(database, id_)()
        raise Refused

    return body


def test_no_update_of_64_threads_is_lost(database: Database) -> None:
    database.execute(COUNTER)
    database.execute("INSERT INTO counter VALUES (0)")

    def count() -> None:
        for _ in range(5):
            with database.transaction():
                ((number,),) = database.rows("SELECT number FROM counter")
                assert isinstance(number, int)
                database.execute("UPDATE counter SET number = ?", (number + 1,))

    threads = [threading.Thread(target=count) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.rows("SELECT number FROM counter") == [(320,)]


def test_who_writes_at_the_same_time_shares_a_commit(database: Database) -> None:
    done = commits(database)
    assert together(database, [note(database, id_) for id_ in range(10)]) == [None] * 10
    assert (kept(database), len(done)) == (list(range(10)), 1)


def test_a_batch_has_a_most(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policy_engine.foundation.database.batches._MOST_UNITS", 4)
    done = commits(database)
    together(database, [note(database, id_) for id_ in range(10)])
    assert (kept(database), len(done)) == (list(range(10)), 3)


def test_a_batch_that_is_old_waits_for_nobody(database: Database) -> None:
    done = commits(database)
    together(database, [note(database, id_) for id_ in range(4)], oldest=0)
    assert len(done) == 4


@pytest.mark.parametrize("raising", [0, 1, 3], ids=["first", "amid", "last"])
def test_a_body_that_raises_undoes_itself_alone(database: Database, raising: int) -> None:
    bodies = [note(database, id_) for id_ in range(4)]
    bodies[raising] = refuse(database, raising)
    undone = database.undone
    ended = together(database, bodies)
    assert [type(end) for end in ended if end is not None] == [Refused]
    assert isinstance(ended[raising], Refused)
    assert kept(database) == [id_ for id_ in range(4) if id_ != raising]
    assert database.undone == undone + 1


def test_a_batch_of_which_all_raise_leaves_nothing(database: Database) -> None:
    ended = together(database, [refuse(database, id_) for id_ in range(3)])
    assert [type(end) for end in ended] == [Refused] * 3
    assert kept(database) == []


def test_a_body_in_which_a_statement_failed_is_not_kept_though_it_goes_on(
    database: Database,
) -> None:
    """Databases differ in what is left of a transaction then; here nothing is."""

    def stubborn() -> None:
        note(database, 1)()
        with pytest.raises(StoreError):
            database.execute("INSERT INTO nowhere VALUES (1)")
        with pytest.raises(StoreError, match="a statement before this one has failed"):
            note(database, 2)()

    ended = together(database, [note(database, 0), stubborn, note(database, 3)])
    assert [type(end) for end in ended] == [type(None), StoreError, type(None)]
    assert kept(database) == [0, 3]


def test_a_commit_that_fails_fails_all_of_the_batch(database: Database) -> None:
    """A promise to be met at the commit is broken by the second of three."""
    database.execute(
        "CREATE TABLE answers (note INTEGER REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED)"
    )
    undone = database.undone

    def dangling() -> None:
        database.execute("INSERT INTO answers VALUES (99)")

    ended = together(database, [note(database, 0), dangling, note(database, 2)])
    assert [type(end) for end in ended] == [StoreError] * 3
    assert all("\n" not in str(end) for end in ended)
    assert (kept(database), database.rows("SELECT * FROM answers")) == ([], [])
    assert database.undone > undone
    note(database, 4)()
    assert kept(database) == [4]


def test_nobody_outside_sees_what_is_not_kept(database: Database) -> None:
    seen: dict[str, list[object]] = {}

    def other_thread(name: str) -> None:
        thread = threading.Thread(target=lambda: seen.update({name: kept(database)}))
        thread.start()
        thread.join()

    with database.transaction():
        note(database, 1)()
        other_thread("during")
        inside = kept(database)
    other_thread("after")
    assert (inside, seen) == ([1], {"during": [], "after": [1]})


def test_a_body_sees_those_before_it_in_the_batch(database: Database) -> None:
    seen: list[object] = []
    together(database, [note(database, 1), lambda: seen.extend(kept(database))])
    assert seen == [1]


def test_an_inner_transaction_is_part_of_the_outer(database: Database) -> None:
    with pytest.raises(Refused), database.transaction():
        with database.transaction():
            note(database, 1)()
        raise Refused
    assert kept(database) == []


def test_a_thread_knows_whether_it_is_in_a_transaction(database: Database) -> None:
    outside = database.in_transaction
    with database.transaction():
        inside = database.in_transaction
    assert (outside, inside, database.in_transaction) == (False, True, False)


def test_the_state_of_the_store_says_whether_others_may_have_written(
    database: Database, store: str
) -> None:
    assert database.state is None
    with database.transaction():
        first = database.state
        with database.transaction():
            assert database.state == first
    with closing(Database(store)) as other:
        note(other, 1)()
    with database.transaction():
        assert database.state not in (None, first)


def test_what_is_undone_changes_the_state_of_the_store(database: Database) -> None:
    states: list[object] = []

    def raising() -> None:
        states.append(database.state)
        raise Refused

    def following() -> None:
        states.append(database.state)

    together(database, [following, raising, following])
    assert len(states) == 3
    assert states[0] == states[1] != states[2]


def test_two_stores_do_not_wait_for_each_other(
    database: Database, stores: Callable[[], str]
) -> None:
    with closing(Database(stores())) as other, database.transaction():
        other.execute(COUNTER)
        assert (other.has_table("counter"), database.has_table("counter")) == (True, False)


def test_whoever_is_interrupted_while_waiting_keeps_nobody_else_from_the_store(
    database: Database,
) -> None:
    entered, go_on = threading.Event(), threading.Event()
    main = threading.main_thread().ident
    assert main == threading.get_ident()

    def hold() -> None:
        with database.transaction():
            entered.set()
            until(lambda: bool(database._batches._queue))
            signal.pthread_kill(main, signal.SIGINT)
            assert go_on.wait(PATIENCE)

    holder = threading.Thread(target=hold)
    holder.start()
    assert entered.wait(PATIENCE)
    with pytest.raises(KeyboardInterrupt), database.transaction():
        pass
    go_on.set()
    holder.join()
    note(database, 1)()
    assert kept(database) == [1]


def test_whoever_waits_too_long_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policy_engine.foundation.database.batches.WAIT_SECONDS", 0.01)
    entered, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with database.transaction():
            entered.set()
            assert go_on.wait(PATIENCE)

    holder = threading.Thread(target=hold)
    holder.start()
    assert entered.wait(PATIENCE)
    with pytest.raises(StoreError, match="busy"), database.transaction():
        pass
    go_on.set()
    holder.join()
    note(database, 1)()
    assert kept(database) == [1]


def test_values_come_back_as_they_went_in(database: Database) -> None:
    database.execute("CREATE TABLE kinds (i INTEGER, t TEXT, b BLOB)")
    rows = [(2**63 - 1, "€ % ? 'x'", b"\x00\xff"), (-(2**63), "", b""), (0, None, None)]
    for row in rows:
        assert database.execute("INSERT INTO kinds VALUES (?, ?, ?)", row) == 1
    assert database.rows("SELECT * FROM kinds ORDER BY i DESC") == [rows[0], rows[2], rows[1]]
    database.execute("INSERT INTO kinds VALUES (?, 'is it 100%?', NULL)", (True,))
    assert database.rows("SELECT * FROM kinds WHERE i = ?", (True,)) == [(1, "is it 100%?", None)]


def test_text_is_ordered_by_its_bytes(database: Database) -> None:
    for id_, text in enumerate(["b", "a", "Z", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00Z"]):
        database.execute("INSERT INTO notes VALUES (?, ?)", (id_, text))
    ordered = [text for (text,) in database.rows("SELECT text FROM notes ORDER BY text")]
    assert ordered == sorted(ordered)
    above = database.rows("SELECT text FROM notes WHERE text > ? ORDER BY text", ("Z",))
    assert above == [("a",), ("b",)]


def test_a_closed_store_says_so(store: str) -> None:
    database = Database(store)
    database.rows("SELECT 1")
    database.close()
    database.close()
    for use in (database.execute, database.rows):
        with pytest.raises(StoreError, match="closed"):
            use("SELECT 1")
