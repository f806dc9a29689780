"""The record holds, or says exactly where it does not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy_engine import Human
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import Ledger, LedgerReader
from policy_engine.ledger.record import NO_HEAD
from policy_engine.ledger.verify import Verification, verify
from policy_engine.runtime.store import Status
from tests.fakes import Desk
from tests.fakes.desk import POLICY


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    made.pay(50)
    held = made.pay(500)
    made.gate.approve(str(held.ticket), by=Human("ann"))
    made.gate.resume(str(held.id))
    made.pay(9_000)
    yield made
    made.gate.close()


def verified(desk: Desk, pinned: str | None = None) -> Verification:
    database = Database(desk.store, must_exist=True)
    try:
        return verify(LedgerReader(database).records(), pinned=pinned)
    finally:
        database.close()


def tamper(desk: Desk, statement: str, *values: object) -> None:
    connection = sqlite3.connect(desk.folder / "desk.db")
    connection.execute(statement, values)
    connection.commit()
    connection.close()


def query(desk: Desk, select: str, *values: object) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(desk.folder / "desk.db")
    rows = connection.execute(select, values).fetchall()
    connection.close()
    return rows


def codes(result: Verification) -> set[str]:
    return {finding.code.id for finding in result.findings}


def test_an_honest_record_holds(desk: Desk) -> None:
    result = verified(desk)
    assert (result.holds, result.findings) == (True, ())


def altered(value: object) -> object:
    """The same but for one digit or byte."""
    if isinstance(value, bytes):
        return bytes((value[0] ^ 1,)) + value[1:]
    text = str(value)
    return text.replace("0", "1", 1) if "0" in text else f"{text} "


@pytest.mark.parametrize("column", ["at", "kind", "body", "salt", "digest", "head"])
def test_every_column_of_every_entry_is_covered(desk: Desk, column: str) -> None:
    for number in range(1, verified(desk).entries + 1):
        select = f"SELECT {column} FROM ledger WHERE number = ?"  # noqa: S608
        ((before,),) = query(desk, select, number)
        changed = altered(before)
        change = f"UPDATE ledger SET {column} = ? WHERE number = ?"  # noqa: S608
        tamper(desk, change, changed, number)
        assert not verified(desk).holds, f"{column} of entry {number}"
        tamper(desk, change, before, number)
    assert verified(desk).holds


def test_a_removed_entry_is_noticed(desk: Desk) -> None:
    tamper(desk, "DELETE FROM ledger WHERE number = 4")
    assert "L702" in codes(verified(desk))


def test_entries_in_another_order_are_noticed(desk: Desk) -> None:
    tamper(desk, "UPDATE ledger SET number = 100 WHERE number = 4")
    tamper(desk, "UPDATE ledger SET number = 4 WHERE number = 5")
    tamper(desk, "UPDATE ledger SET number = 5 WHERE number = 100")
    assert not verified(desk).holds


def test_a_record_cut_off_at_the_end_is_noticed_by_its_pinned_head(desk: Desk) -> None:
    pinned = verified(desk).head
    tamper(desk, "DELETE FROM ledger WHERE number = (SELECT max(number) FROM ledger)")
    assert verified(desk).holds
    assert "L703" in codes(verified(desk, pinned))


def test_a_pinned_head_of_the_past_is_found(desk: Desk) -> None:
    before = verified(desk)
    desk.pay(50)
    found = verified(desk, before.head)
    assert (found.holds, found.pinned_at) == (True, before.entries)
    assert found.entries > before.entries


def test_a_head_that_no_entry_has_pins_nothing(desk: Desk) -> None:
    """Nor does that of a record without entries: every record would have it."""
    found = verified(desk, NO_HEAD.hex())
    assert (found.holds, found.pinned_at) == (False, None)


def test_an_execution_without_a_decision_is_noticed(desk: Desk) -> None:
    """Somebody appends through the code itself: the chain holds, the story does not."""
    database = Database(desk.store)
    ledger = Ledger(database, desk.clock)
    ledger.record("executed", {"action": "made-up", "output_digest": "-", "ms": 1})
    ledger.record("intent", {"action": "other", "action_digest": "x", "policy": "y"})
    database.close()
    assert [f.code.id for f in verified(desk).findings] == ["L704", "L704", "L706"]


def test_an_approval_that_nobody_gave_is_noticed(desk: Desk) -> None:
    database = Database(desk.store)
    ledger = Ledger(database, desk.clock)
    told = {"action": "a", "action_digest": "x", "policy": "y"}
    ledger.record("decided", {**told, "outcome": "allow"})
    ledger.record("intent", {**told, "approvals": [{"by": "ann", "rule": "large"}]})
    ledger.record("executed", {"action": "a"})
    database.close()
    assert codes(verified(desk)) == {"L705"}


def test_a_confirmation_that_nobody_gave_is_noticed(desk: Desk) -> None:
    database = Database(desk.store)
    ledger = Ledger(database, desk.clock)
    told = {"action": "a", "action_digest": "x", "policy": "y"}
    ledger.record("decided", {**told, "outcome": "allow"})
    ledger.record("confirmed", {"action": "a", "action_digest": "another", "by": "mia"})
    ledger.record("intent", {**told, "approvals": [], "confirmations": ["mia"]})
    ledger.record("executed", {"action": "a"})
    database.close()
    assert codes(verified(desk)) == {"L705"}


def test_a_confirmation_that_was_given_counts_once(tmp_path: Path) -> None:
    text = POLICY + 'rule sure "The user says yes" require confirmation before pay\n'
    desk = Desk(tmp_path, text)
    held = desk.do("pay", user="mia", to="shop-1", amount=50)
    desk.gate.confirm(str(held.ticket), by=Human("mia"))
    assert desk.gate.resume(str(held.id)).status is Status.EXECUTED
    desk.gate.close()
    assert verified(desk).findings == ()
    tamper(desk, "DELETE FROM ledger WHERE kind = 'confirmed'")
    assert "L705" in codes(verified(desk))


def test_secrets_are_sealed(desk: Desk) -> None:
    desk.pay(60, pin="8642-secret")
    desk.pay(700, pin="8642-secret")
    bodies = query(desk, "SELECT body FROM ledger")
    assert bodies
    assert all("8642" not in str(body) for (body,) in bodies)


def test_the_request_is_recorded_as_a_digest_only(desk: Desk) -> None:
    bodies = str(query(desk, "SELECT body FROM ledger WHERE kind = 'session'"))
    assert "request_digest" in bodies
    assert "shop-1" not in bodies
