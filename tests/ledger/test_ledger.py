"""The ledger in a store: one tree, whoever appends to it; nothing in it can be changed unseen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import LedgerError
from policy_engine.foundation.signing import SigningKey, VerifyingKey
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.ledger import Ledger, LedgerReader
from policy_engine.ledger.record import NO_HEAD, Record, head_after
from policy_engine.ledger.tree import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from policy_engine.ledger.verify import Verification, verify
from tests.fakes import FakeClock

KEY = SigningKey.new("desk.example/ledger")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "ledger.db")) as database:
        yield database


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database, FakeClock())


def fill(ledger: Ledger, database: Database, upto: int) -> None:
    with database.transaction():
        for number in range(LedgerReader(database).count() + 1, upto + 1):
            ledger.record("note", {"number": number})


def verified(
    database: Database, keys: tuple[VerifyingKey, ...] = (), pin: Checkpoint | None = None
) -> Verification:
    reader = LedgerReader(database)
    return verify(reader.records(), beside=reader, keys=keys, checkpoint=pin)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 700])
def test_the_tree_in_the_store_is_that_of_its_entries(
    ledger: Ledger, database: Database, size: int
) -> None:
    fill(ledger, database, size)
    reader = LedgerReader(database)
    leaves = [leaf_hash(entry) for entry in reader.entries()]
    assert len(leaves) == size
    frontier, roots, heads, head = Frontier(), [], [], NO_HEAD
    for leaf in leaves:
        frontier.append(leaf)
        roots.append(frontier.root())
        head = head_after(head, leaf)
        heads.append(head)
    assert [record.head for record in reader.records()] == heads
    for length in {1, size // 2 or 1, size - 1 or 1, size}:
        assert root_of(length, reader.hashes(length)) == roots[length - 1]
    for index in {0, size // 3, size - 1}:
        path = inclusion_proof(index, size, reader.hashes(size))
        verify_inclusion(leaves[index], index, size, path, roots[-1])
    path = consistency_proof(1, size, reader.hashes(size))
    verify_consistency(1, size, path, roots[0], roots[-1])
    found = verified(database)
    assert (found.findings, found.head, found.root) == ((), heads[-1].hex(), roots[-1].hex())
    assert reader.checkpoint().root == roots[-1]


def test_many_levels_of_tiles_are_kept_right(database: Database) -> None:
    """65,793 entries: a full tile of the second level, and one more above it."""
    ledger = Ledger(database, FakeClock())
    fill(ledger, database, 65_793)
    kept = LedgerReader(database).kept_tiles().keys()
    assert {(0, 256), (1, 0), (1, 1), (2, 0)} <= kept
    assert verified(database).holds


def test_two_ledgers_over_one_store_go_on_where_the_other_was(
    database: Database, tmp_path: Path
) -> None:
    with closing(Database(tmp_path / "ledger.db")) as other:
        both = [Ledger(database, FakeClock()), Ledger(other, FakeClock())]
        for number in range(600):
            both[number % 2 if number % 7 else 0].record("note", {"number": number})
    assert verified(database).findings == ()
    assert LedgerReader(database).count() == 601


def test_no_log_is_made_of_entries_that_do_not_follow(ledger: Ledger, database: Database) -> None:
    fill(ledger, database, 5)
    database.execute("UPDATE ledger SET at = '2026-01-01T00:00:00Z' WHERE number = 3")
    with pytest.raises(LedgerError, match="entry 3 does not follow"):
        list(LedgerReader(database).entries())


def test_no_checkpoint_is_signed_of_what_is_no_entry(ledger: Ledger, database: Database) -> None:
    fill(ledger, database, 5)
    database.execute("UPDATE ledger SET at = x'00' WHERE number = 3")
    with closing(Database(database.place)) as again, pytest.raises(LedgerError, match="not kept"):
        Ledger(again, FakeClock()).sign(KEY)


def test_what_is_undone_was_never_in_the_tree(ledger: Ledger, database: Database) -> None:
    for number in range(300):
        ledger.record("note", {"number": number})
        with pytest.raises(ZeroDivisionError), database.transaction():
            ledger.record("note", {"undone": number})
            raise ZeroDivisionError
    assert verified(database).findings == ()
    assert LedgerReader(database).count() == 301


def test_a_kind_is_a_word_of_small_letters(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="no kind"):
        ledger.record("No Kind", {})


def test_a_checkpoint_pins_what_was_signed(ledger: Ledger, database: Database) -> None:
    fill(ledger, database, 20)
    note = ledger.sign(KEY)
    fill(ledger, database, 40)
    pin = Checkpoint.from_text(note.text)
    assert verified(database, (KEY.verifying,), pin).findings == ()
    assert verified(database, (KEY.verifying,), pin).signed == 1
    with database.transaction():
        database.execute("DELETE FROM ledger WHERE number > 10")
    codes = {finding.code.id for finding in verified(database, (KEY.verifying,), pin).findings}
    assert codes == {"L703"}


def test_a_key_is_named_in_the_record_once(ledger: Ledger, database: Database) -> None:
    ledger.sign(KEY)
    ledger.sign(KEY)
    named = [record.body["key"] for record in LedgerReader(database).records("signing_key")]
    assert named == [str(KEY.verifying)]


def test_whoever_rewrites_the_record_cannot_sign_it(
    ledger: Ledger, database: Database, tmp_path: Path
) -> None:
    """All of it is written anew, with tiles and roots that fit, but without the key."""
    fill(ledger, database, 10)
    ledger.sign(KEY)
    with closing(Database(tmp_path / "forged.db")) as forged:
        again = Ledger(forged, FakeClock())
        for record in list(LedgerReader(database).records())[1:]:
            again.record(record.kind, {**record.body, "number": 0})
        for size, note in LedgerReader(database).checkpoints():
            forged.execute("INSERT INTO ledger_checkpoints VALUES (?, ?)", (size, note))
        codes = {finding.code.id for finding in verified(forged, (KEY.verifying,)).findings}
    assert "L703" in codes


def test_an_entry_that_was_erased_says_who_did_it(ledger: Ledger, database: Database) -> None:
    fill(ledger, database, 5)
    before = LedgerReader(database).record(5).head
    ledger.erase(3, "ann", "asked by the person")
    found = verified(database)
    assert (found.holds, found.erased, found.findings) == (True, 1, ())
    record = LedgerReader(database).record(3)
    assert (record.text, record.salt, dict(record.body)) == (None, None, {})
    assert LedgerReader(database).record(5).head == before
    assert LedgerReader(database).record(6).body["entry"] == 3


@pytest.mark.parametrize("number", [1, 3, 99], ids=["opening", "erased already", "not there"])
def test_what_cannot_be_erased(ledger: Ledger, database: Database, number: int) -> None:
    fill(ledger, database, 5)
    ledger.erase(3, "ann", "asked")
    with pytest.raises(LedgerError):
        ledger.erase(number, "ann", "asked")


@pytest.mark.parametrize("member", ["at", "kind", "text", "salt", "digest", "head"])
@pytest.mark.parametrize("number", [2, 256, 257, 300, 512, 600])
def test_wherever_an_entry_is_altered_it_is_named(
    ledger: Ledger, database: Database, member: str, number: int
) -> None:
    """In whichever tile; the entries beside it are not accused."""
    whole = copied(ledger, database, 600)
    place = number - 1
    other = replace(
        whole.records[place], **{member: flipped(getattr(whole.records[place], member), 0)}
    )
    found = replace(whole, records=(*whole.records[:place], other, *whole.records[place + 1 :]))
    named = {f.number for f in found.verified().findings if f.text.startswith("entry ")}
    assert named == ({number, number + 1} if member == "head" else {number})


def test_an_entry_that_nobody_says_to_have_erased_is_noticed(
    ledger: Ledger, database: Database
) -> None:
    fill(ledger, database, 5)
    database.execute("UPDATE ledger SET body = NULL, salt = NULL WHERE number = 3")
    assert {finding.code.id for finding in verified(database).findings} == {"L701"}


@dataclass(frozen=True)
class Copied:
    """All that a ledger keeps, to be changed."""

    records: tuple[Record, ...]
    tiles: Mapping[tuple[int, int], bytes]
    notes: tuple[tuple[int, str], ...]

    def kept_tiles(self) -> Mapping[tuple[int, int], object]:
        return self.tiles

    def checkpoints(self) -> tuple[tuple[int, str], ...]:
        return self.notes

    def verified(self) -> Verification:
        return verify(self.records, beside=self, keys=[KEY.verifying])

    @property
    def holds(self) -> bool:
        return self.verified().holds


def copied(ledger: Ledger, database: Database, size: int) -> Copied:
    fill(ledger, database, size)
    ledger.sign(KEY)
    reader = LedgerReader(database)
    tiles = {place: data for place, data in reader.kept_tiles().items() if isinstance(data, bytes)}
    return Copied(tuple(reader.records()), tiles, tuple(reader.checkpoints()))


def flipped(value: str | bytes, at: int) -> str | bytes:
    """The same with one bit of one byte turned."""
    data = bytearray(value if isinstance(value, bytes) else value.encode())
    data[at] ^= 1
    return bytes(data) if isinstance(value, bytes) else data.decode("utf-8", "surrogateescape")


MEMBERS = ("at", "kind", "text", "salt", "digest", "head")


def test_no_byte_of_an_entry_can_be_changed_unseen(ledger: Ledger, database: Database) -> None:
    """Each byte of each member of each entry, one after the other."""
    whole = copied(ledger, database, 6)
    assert whole.holds
    changes = 0
    for place, record in enumerate(whole.records):
        for member in MEMBERS:
            value = getattr(record, member)
            for at in range(len(value)):
                other = replace(record, **{member: flipped(value, at)})
                others = (*whole.records[:place], other, *whole.records[place + 1 :])
                assert not replace(whole, records=others).holds, (record.number, member, at)
                changes += 1
    assert changes > 900


def test_no_byte_of_a_tile_or_a_checkpoint_can_be_changed_unseen(
    ledger: Ledger, database: Database
) -> None:
    """Each byte of the checkpoint; of the tiles, which take long to verify, many."""
    whole = copied(ledger, database, 300)
    assert whole.holds
    ((size, note),) = whole.notes
    for at in range(len(note.encode())):
        changed = replace(whole, notes=((size, str(flipped(note, at))),))
        assert not changed.holds, at
    for place, hashes in whole.tiles.items():
        for at in range(0, len(hashes), 251):
            tiles = {**whole.tiles, place: flipped(hashes, at)}
            assert not replace(whole, tiles=tiles).holds, (place, at)  # type: ignore[arg-type]


def test_no_tile_can_be_missing_or_too_many(ledger: Ledger, database: Database) -> None:
    whole = copied(ledger, database, 300)
    assert not replace(whole, tiles={}).holds
    assert not replace(whole, tiles={**whole.tiles, (5, 0): bytes(32)}).holds
