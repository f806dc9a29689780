"""A large ledger: whichever byte of it is changed in the store, it does not hold any more.

Exhaustively that is tried on small ones (`test_ledger.py`); here bytes are drawn by lot.
`POLICY_SOAK=1` takes 100,000 entries and more bytes.
"""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from policy_engine.foundation.database import Database
from policy_engine.foundation.signing import SigningKey
from policy_engine.ledger.ledger import Ledger, LedgerReader
from policy_engine.ledger.verify import Verification, verify
from policy_engine.ledger.verify_store import verify_store
from tests.fakes import FakeClock
from tests.fakes.stores import alter, copy_of

KEY = SigningKey.new("desk.example/ledger")
SOAK = bool(os.environ.get("POLICY_SOAK"))
ACTIONS = 33_334 if SOAK else 5_000
FLIPS = 20 if SOAK else 3
"""Of each column."""


class Column(NamedTuple):
    """What is kept, and by what its rows are told apart."""

    table: str
    name: str
    key: str


COLUMNS = (
    *(Column("ledger", n, "number") for n in ("at", "kind", "body", "salt", "digest", "head")),
    Column("ledger_tiles", "hashes", "rowid"),
    Column("ledger_checkpoints", "note", "size"),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "ledger.db"
    with closing(Database(path)) as database:
        ledger = Ledger(database, FakeClock())
        for thousand in range(0, ACTIONS, 1_000):
            with database.transaction():
                for number in range(thousand, min(thousand + 1_000, ACTIONS)):
                    carry_out(ledger, number)
            ledger.sign(KEY)
    return path


def carry_out(ledger: Ledger, number: int) -> None:
    """An action from its decision to its outcome, as the gate records it."""
    told = {"action": f"a{number}", "action_digest": f"d{number}", "policy": "p"}
    input_ = {"amount": number, "note": "for the second of two parcels"}
    ledger.record("decided", {**told, "outcome": "allow", "task": "pay", "input": input_})
    ledger.record("intent", {**told, "approvals": [], "by": "tool"})
    ledger.record("executed", {"action": f"a{number}", "ms": 3, "output_digest": "e"})


@pytest.fixture
def opened(store: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        yield connection


def verified(store: Path) -> Verification:
    with closing(Database(store, must_exist=True)) as database:
        reader = LedgerReader(database)
        return verify(reader.records(), beside=reader, keys=[KEY.verifying])


def test_it_holds(store: Path) -> None:
    found = verified(store)
    assert (found.holds, found.findings) == (True, ())
    assert found.entries == 3 * ACTIONS + 2
    assert found.signed == -(-ACTIONS // 1_000)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: f"{column.table}.{column.name}")
def test_no_byte_of_it_can_be_changed_unseen(
    store: Path, opened: sqlite3.Connection, column: Column
) -> None:
    table, name, key = column
    draw = random.Random(f"{table}.{name}")
    rows = opened.execute(f"SELECT {key}, length({name}) FROM {table}").fetchall()  # noqa: S608
    for row, length in draw.sample(rows, min(FLIPS, len(rows))):
        where = f"FROM {table} WHERE {key} = ?"
        ((before,),) = opened.execute(f"SELECT {name} {where}", (row,))
        update = f"UPDATE {table} SET {name} = ? WHERE {key} = ?"  # noqa: S608
        changed = flipped(before, draw.randrange(length))
        opened.execute(update, (changed, row))
        assert not verified(store).holds, (row, before, changed)
        opened.execute(update, (before, row))
    assert verified(store).holds


def flipped(value: str | bytes, at: int) -> str | bytes:
    """The same with the lowest bit of one byte turned."""
    data = bytearray(value if isinstance(value, bytes) else value.encode())
    data[at] ^= 1
    return bytes(data) if isinstance(value, bytes) else data.decode("utf-8")


DAMAGE = {
    "none": (),
    "an entry altered": ("UPDATE ledger SET body = '{}' WHERE number = 9000",),
    "one removed": ("DELETE FROM ledger WHERE number = 300",),
    "one of another type": ("UPDATE ledger SET digest = 'text' WHERE number = 8193",),
    "an early one of another type": ("UPDATE ledger SET digest = 'text' WHERE number = 300",),
    "one before the first": (
        "INSERT INTO ledger SELECT 0, at, kind, body, salt, digest, head FROM ledger LIMIT 1",
    ),
    "cut off": ("DELETE FROM ledger WHERE number > 8200",),
    "an intent without a decision": (
        "UPDATE ledger SET kind = 'noted' WHERE number = 8999",
        "UPDATE ledger SET kind = 'intent' WHERE number = 8998",
    ),
    "erased": ("UPDATE ledger SET body = NULL, salt = NULL WHERE number = 4000",),
    "a tile altered": ("UPDATE ledger_tiles SET hashes = x'00' WHERE level = 0 AND number = 3",),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_several_processes_find_what_one_finds(store: Path, tmp_path: Path, damage: str) -> None:
    other = tmp_path / "other.db"
    alter(copy_of(store, other), *DAMAGE[damage])
    head = verified(store).head
    with closing(Database(other, must_exist=True)) as database:
        reader = LedgerReader(database)
        alone = verify(reader.records(), pinned=head, beside=reader, keys=[KEY.verifying])
    keys = [KEY.verifying]
    together = verify_store(str(other), pinned=head, keys=keys, processes=2, least=1)
    assert together == alone
    assert alone.holds == (damage == "none")
