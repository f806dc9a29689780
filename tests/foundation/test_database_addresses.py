"""Where a store may be, and how its statements are said in another dialect."""

from __future__ import annotations

import importlib
import sys
from contextlib import closing
from pathlib import Path

import pytest

from policy_engine.foundation.database import Database, store_path
from policy_engine.foundation.database.postgres import translated
from policy_engine.foundation.errors import StoreError
from tests.postgres import Server


@pytest.mark.parametrize(
    ("store", "path"),
    [
        ("sqlite:///a/b.db", "a/b.db"),
        ("sqlite:////a/b.db", "/a/b.db"),
        ("b.db", "b.db"),
        (Path("b.db"), "b.db"),
    ],
)
def test_a_store_in_a_file(store: str | Path, path: str) -> None:
    assert store_path(store) == Path(path)


@pytest.mark.parametrize("store", ["", ":memory:", "sqlite:///", "mysql://u:p@h/db"])
def test_a_store_that_would_be_lost_or_is_unknown_is_refused(store: str) -> None:
    with pytest.raises(StoreError) as raised:
        Database(store)
    assert "p@h" not in str(raised.value)


def test_a_file_whose_name_is_full_of_marks(tmp_path: Path) -> None:
    path = tmp_path / "a b?c#d%20e.db"
    with closing(Database(path)) as database:
        assert database.rows("SELECT 1") == [(1,)]
        assert database.place == str(path)
    assert path.is_file()


def test_a_store_that_must_exist_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store at"):
        Database(tmp_path / "s.db", must_exist=True)
    assert list(tmp_path.iterdir()) == []


def test_the_password_of_a_server_is_never_shown(postgresql: Server) -> None:
    address = postgresql.url.replace("opensesame", "wrong-word")
    with pytest.raises(StoreError, match="password authentication failed") as raised:
        Database(address)
    assert "wrong-word" not in str(raised.value)
    with closing(Database(postgresql.url)) as database:
        assert database.place == postgresql.url.replace("tester:opensesame@", "")


@pytest.mark.parametrize(
    "address", ["postgresql://u:s3cret@h:port/db", "postgresql://u:s3cret@[h/db?x", "postgres://%"]
)
def test_an_address_that_cannot_be_read_is_not_repeated(address: str) -> None:
    with pytest.raises(StoreError) as raised:
        Database(address)
    assert "s3cret" not in str(raised.value)


def test_without_its_driver_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "policy_engine.foundation.database.postgres"
    monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"pip install 'agent-policy-engine\[runtime\]'"):
        importlib.import_module(name)


@pytest.mark.parametrize(
    ("said", "there"),
    [
        ("SELECT 1 WHERE a = ? AND b = ?", "SELECT 1 WHERE a = %s AND b = %s"),
        ("SELECT '?' WHERE a = ?", "SELECT '?' WHERE a = %s"),
        ("SELECT 'it''s ?', ?", "SELECT 'it''s ?', %s"),
        ('SELECT "a?" WHERE a = ?', 'SELECT "a?" WHERE a = %s'),
        ("SELECT 1 WHERE a LIKE '5%' AND b = ?", "SELECT 1 WHERE a LIKE '5%%' AND b = %s"),
        ("SELECT 'INTEGER TEXT'", "SELECT 'INTEGER TEXT'"),
        (
            "CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, t TEXT NOT NULL, b BLOB)",
            "CREATE TABLE IF NOT EXISTS t "
            '(n BIGINT PRIMARY KEY, t TEXT COLLATE "C" NOT NULL, b BYTEA)',
        ),
    ],
)
def test_a_statement_in_the_dialect_of_postgresql(said: str, there: str) -> None:
    assert translated(said).decode() == there
