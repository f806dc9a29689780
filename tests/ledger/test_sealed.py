"""A sealed record: what is written, how it grows, what a killed writer leaves, how it is read."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from policy_engine import LedgerError
from policy_engine.ledger import seal as sealing, segments
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.export import CHECKPOINT, export
from policy_engine.ledger.record import Record, Tail
from policy_engine.ledger.seal import check_seal, seal
from policy_engine.ledger.sealed import SealedReader
from policy_engine.ledger.sealed_folder import places_of, read_seal
from policy_engine.ledger.tree import leaf_hash
from policy_engine.ledger.verify import verify
from tests.ledger.sealed_book import FIRST, KEY, KEYS, SECOND, STRANGER, Book, contents, cut

pytestmark = pytest.mark.usefixtures("small_segments")


# What is written


@pytest.mark.parametrize("size", [1, 2, 127, 128, 129, 511, 512, 513, 1024, 1100])
def test_what_is_sealed_is_the_record(book: Book, size: int) -> None:
    done = book.upto(size).seal()
    assert (done.checkpoint.size, done.erased) == (size, 0)
    assert (done.checkpoint.origin, done.checkpoint.root) == (
        book.reader.origin,
        book.reader.checkpoint().root,
    )
    assert book.check() == done.checkpoint
    assert set(contents(book.folder)) == {CHECKPOINT, *(place.name for place in places_of(size))}
    reader = SealedReader(book.folder)
    assert (reader.count(), reader.origin) == (size, book.reader.origin)
    assert list(reader.records()) == list(book.reader.records())


def test_what_a_segment_is(book: Book) -> None:
    book.upto(600).seal()
    with pq.ParquetFile(book.folder / SECOND) as file:
        schema, metadata = file.schema_arrow, file.metadata
        table = file.read()
    assert schema.equals(segments.SCHEMA)
    assert {name.decode(): value.decode() for name, value in schema.metadata.items()} == {
        "format": "policy-engine/segment/1",
        "origin": book.reader.origin,
        "first": "513",
        "count": "88",
    }
    assert {metadata.row_group(0).column(at).compression for at in range(8)} == {"ZSTD"}
    last, record = table.to_pylist()[-1], book.reader.record(600)
    assert last["instant"].isoformat().replace("+00:00", "Z") == last["at"]
    assert last == {
        "number": 600,
        "at": record.at,
        "instant": last["instant"],
        "kind": "note",
        "body": record.text,
        "salt": record.salt,
        "digest": record.digest,
        "leaf": leaf_hash(record.entry),
    }


def test_row_groups_are_of_one_size(book: Book) -> None:
    book.upto(600).seal()
    metadata = pq.read_metadata(book.folder / FIRST)
    groups = [metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)]
    assert groups == [128, 128, 128, 128]


def test_other_tools_query_all_segments_as_one_table(book: Book) -> None:
    book.upto(1100).seal()
    table = ds.dataset(sorted(book.folder.glob("*.parquet"))).to_table()
    assert table.num_rows == 1100
    assert pc.value_counts(table["kind"]).to_pylist() == [
        {"values": "opened", "counts": 1},
        {"values": "note", "counts": 1099},
    ]


def test_a_segment_in_full_is_one_tile_of_the_second_level(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut(monkeypatch, 65_536, 16_384)
    tail = Tail()
    records = [tail.append("2026-05-04T09:00:00Z", "note", "{}")[0] for _ in range(65_537)]
    done = seal(tmp_path, Listed(records), KEY)
    assert done.checkpoint.root == tail.root()
    assert check_seal(tmp_path, KEYS).checkpoint == done.checkpoint
    assert SealedReader(tmp_path).record(65_537) == records[-1]
    assert [pq.read_metadata(tmp_path / name).num_rows for name in (FIRST, SECOND)] == [65_536, 1]


class Listed:
    """A record that is a list of entries."""

    origin = "policy-engine/ledger/listed"

    def __init__(self, records: list[Record]) -> None:
        self._records = records

    def count(self) -> int:
        return len(self._records)

    def records(self, *, first: int, last: int) -> Iterator[Record]:
        return iter(self._records[first - 1 : last])


# Growth


def test_a_folder_grows_to_what_a_new_one_would_be(book: Book, tmp_path: Path) -> None:
    for size in (1, 300, 511, 512, 513, 600, 1024, 1300):
        grown = book.upto(size).seal()
        assert book.check() == grown.checkpoint
    anew = seal(tmp_path / "anew", book.reader, KEY)
    assert anew.checkpoint == grown.checkpoint
    assert contents(tmp_path / "anew") == contents(book.folder)


def test_only_what_changes_is_written_again(book: Book) -> None:
    assert book.upto(600).seal().written == 2
    places = {name: (book.folder / name).stat().st_ino for name in (FIRST, SECOND)}
    assert book.seal().written == 0
    assert book.upto(700).seal().written == 1
    after = {name: (book.folder / name).stat().st_ino for name in (FIRST, SECOND)}
    assert after[FIRST] == places[FIRST]
    assert after[SECOND] != places[SECOND]


def test_another_key_may_go_on(book: Book) -> None:
    book.upto(600).seal(STRANGER)
    book.upto(700).seal(KEY)
    assert book.check().size == 700


def refused(book: Book) -> str:
    """Why a seal is refused; the folder is as it was."""
    before = contents(book.folder)
    with pytest.raises(LedgerError) as raised:
        book.seal()
    assert contents(book.folder) == before
    return str(raised.value).replace(f"{book.folder}/", "").replace(str(book.folder), "FOLDER")


def test_a_folder_of_another_record_is_refused(book: Book, another: Book) -> None:
    another.upto(600).seal()
    book.upto(700).folder = another.folder
    assert "FOLDER holds the record" in refused(book)
    (another.folder / CHECKPOINT).unlink()
    assert f"{FIRST} says `{another.reader.origin}` as its origin" in refused(book)


def test_a_record_that_was_shortened_is_refused(book: Book) -> None:
    book.upto(600).seal()
    book.database.execute("DELETE FROM ledger WHERE number > 590")
    assert refused(book) == "FOLDER holds 600 entries already, not 590"


def test_a_record_that_was_rewritten_is_refused(book: Book) -> None:
    book.upto(600).seal()
    tail = Tail()
    entries = [(one.at, one.kind, one.text or "{}") for one in book.reader.records()]
    listed = Listed([tail.append(*entry)[0] for entry in entries])
    listed.origin = book.reader.origin
    with pytest.raises(LedgerError, match="holds another record: entry 1 differs"):
        seal(book.folder, listed, KEY)
    assert book.check().size == 600


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE ledger SET body = '{}' WHERE number = 100", "entry 100 was altered"),
        ("UPDATE ledger SET kind = 'other' WHERE number = 100", "entry 100 does not follow"),
        ("UPDATE ledger SET head = zeroblob(32) WHERE number = 100", "entry 100 does not follow"),
        ("UPDATE ledger SET number = 9000 WHERE number = 600", "has no entry 600"),
    ],
)
def test_what_does_not_hold_is_not_sealed(book: Book, change: str, why: str) -> None:
    book.upto(600).folder.mkdir()
    book.database.execute(change)
    assert why in refused(book)


def test_a_checkpoint_that_lies_about_the_root_is_not_grown(book: Book) -> None:
    done = book.upto(600).seal()
    lying = Checkpoint(book.reader.origin, 600, bytes(32), done.checkpoint.extensions)
    (book.folder / CHECKPOINT).write_bytes(bytes(lying.signed(KEY)))
    book.upto(700)
    assert refused(book) == f"{CHECKPOINT} does not have the root of the entries"


def test_a_folder_with_a_log_for_static_hosting_is_refused(book: Book) -> None:
    book.upto(600)
    export(book.folder, book.reader.entries(), book.reader.origin, KEY)
    shutil.rmtree(book.folder / "tile")
    assert refused(book) == f"{CHECKPOINT} does not name the segments of 600 entries"


# Erasure


def test_what_was_erased_since_is_erased_in_the_folder(book: Book) -> None:
    book.upto(1100).seal()
    told = book.reader.record(100).text
    assert told is not None
    book.ledger.erase(100, "ana", "asked to")
    book.ledger.erase(700, "ana", "asked to")
    done = book.seal()
    assert (done.erased, done.written, book.check().size) == (2, 3, 1102)
    assert check_seal(book.folder, KEYS).erased == 2
    assert SealedReader(book.folder).record(100).is_erased
    assert list(SealedReader(book.folder).records()) == list(book.reader.records())
    assert book.seal().erased == 0


def test_what_was_erased_is_never_told_again(book: Book) -> None:
    book.upto(600)
    row = book.database.rows("SELECT body, salt FROM ledger WHERE number = 100")[0]
    book.ledger.erase(100, "ana", "asked to")
    book.seal()
    book.database.execute("UPDATE ledger SET body = ?, salt = ? WHERE number = 100", row)
    assert refused(book) == f"{FIRST}: entry 100 was erased, and the record tells it"


# A writer that is killed


class Killed(BaseException):
    """Stands for a process that ends on the spot."""


def test_whoever_is_killed_leaves_what_was_signed(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each step that touches the disk. Nothing is tidied up, as nobody is there any more."""
    book.upto(500).seal()
    before, entries = contents(book.folder), list(book.reader.records())
    book.upto(1100)
    for step in range(1, 100):
        shutil.rmtree(book.folder)
        book.folder.mkdir()
        for name, data in before.items():
            (book.folder / name).write_bytes(data)
        with monkeypatch.context() as patch:
            kill_at(step, patch)
            try:
                book.seal()
                break
            except Killed:
                pass
        signed = read_seal(book.folder).checkpoint.size
        if signed == 1100 or contents(book.folder).items() >= before.items():
            assert book.check().size == signed
        else:
            assert "is not as it was when it was signed" in book.refusal() or (
                "is not signed by the checkpoint" in book.refusal()
            )
        assert signed in (500, 1100)
        assert book.seal().checkpoint.size == 1100
        assert book.check().size == 1100
        assert set(contents(book.folder)) == {CHECKPOINT, *(p.name for p in places_of(1100))}
    assert step > 8
    assert list(SealedReader(book.folder).records())[:500] == entries


def kill_at(step: int, patch: pytest.MonkeyPatch) -> None:
    """Ends the process at this step: before a file is synced, or before it gets its name."""
    left = [step]

    def counted(done: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            return done(*arguments)

        return run

    patch.setattr(segments.os, "fsync", counted(segments.os.fsync))
    patch.setattr(Path, "replace", counted(Path.replace))
    patch.setattr(sealing._Staging, "__exit__", lambda *_: None)


def test_a_writer_that_fails_leaves_nothing_behind(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.upto(600).seal()
    book.upto(1300)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(segments.os, "fsync", full)
        assert "No space left on device" in refused(book)
    assert book.check().size == 600


# Reading


def test_the_reader_gives_what_the_store_gives(book: Book) -> None:
    book.upto(1100)
    book.ledger.erase(300, "ana", "asked to")
    book.seal()
    reader, store = SealedReader(book.folder), book.reader
    assert verify(reader.records(), beside=reader) == verify(store.records(), beside=store)
    assert list(reader.records("erased")) == list(store.records("erased"))
    for number in (1101, 1, 300, 512, 513, 640, 641, 1100):
        assert reader.record(number) == store.record(number)
    assert reader.kept_tiles() == store.kept_tiles()
    for place in ((0, 0), (0, 1100), (3, 5), (8, 1), (9, 0), (9, 1), (10, 0)):
        assert reader.hashes(1101)(*place) == store.hashes(1101)(*place)
    for number in (0, 1102):
        with pytest.raises(LedgerError, match=f"the record has no entry {number}"):
            reader.record(number)


def test_the_reader_refuses_a_file_that_was_altered(book: Book) -> None:
    book.upto(700).seal()
    path = book.folder / SECOND
    path.write_bytes(path.read_bytes().replace(b"PAR1", b"PAR2"))
    reader = SealedReader(book.folder)
    assert len([reader.record(number) for number in (1, 512)]) == 2
    with pytest.raises(LedgerError, match="is not as it was when it was signed"):
        list(reader.records())
