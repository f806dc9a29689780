"""A sealed record that was damaged, by whoever: no byte of it can be altered."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from policy_engine import LedgerError
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.export import CHECKPOINT
from policy_engine.ledger.leaf import entry_bytes, salted_digest
from policy_engine.ledger.notes import Note
from policy_engine.ledger.seal import check_seal
from policy_engine.ledger.sealed import SealedReader
from policy_engine.ledger.sealed_folder import digest_of, places_of, seal_lines
from policy_engine.ledger.tree import leaf_hash
from policy_engine.ledger.verify import verify
from tests.ledger.sealed_book import FIRST, KEY, KEYS, SECOND, STRANGER, Book, contents

pytestmark = pytest.mark.usefixtures("small_segments")


# Damage


def test_no_byte_can_be_altered(book: Book) -> None:
    book.upto(700).seal()
    rng = random.Random(7)
    for name, data in contents(book.folder).items():
        path = book.folder / name
        for at in sorted(rng.sample(range(len(data)), min(200, len(data)))):
            altered = bytearray(data)
            altered[at] ^= 1 << rng.randrange(8)
            path.write_bytes(altered)
            assert name in book.refusal()
        path.write_bytes(data)
    assert book.check().size == 700


@pytest.mark.parametrize("kept", [0, 3, 4, 100, -1, -8])
def test_a_file_that_is_cut_off_is_refused(book: Book, kept: int) -> None:
    book.upto(700).seal()
    path = book.folder / SECOND
    path.write_bytes(path.read_bytes()[:kept])
    assert SECOND in book.refusal()


def test_files_are_missing_or_too_many(book: Book, another: Book) -> None:
    book.upto(700).seal()
    another.upto(1300).seal()
    extra = book.folder / "segment-000002.parquet"
    shutil.copy(another.folder / extra.name, extra)
    assert "segment-000002.parquet is not signed" in book.refusal()
    extra.unlink()
    (book.folder / SECOND).unlink()
    assert SECOND in book.refusal()


def test_segments_of_two_records_or_places_are_not_mixed(book: Book, another: Book) -> None:
    book.upto(1100).seal()
    another.upto(1100).seal()
    own = (book.folder / SECOND).read_bytes()
    for foreign in (another.folder / SECOND, book.folder / FIRST):
        (book.folder / SECOND).write_bytes(foreign.read_bytes())
        assert book.refusal().startswith(f"{SECOND} is not as it was")
        resign(book)
        assert book.refusal().startswith(f"{SECOND} says `")
        (book.folder / SECOND).write_bytes(own)


def test_a_checkpoint_is_signed_by_a_key_that_counts(book: Book) -> None:
    book.upto(700).seal(STRANGER)
    assert "checkpoint: no known key has signed it" in book.refusal()


def test_a_checkpoint_names_its_segments_and_nothing_else(book: Book) -> None:
    done = book.upto(700).seal()
    lines = done.checkpoint.extensions
    for wrong in ((), lines[:1], lines[::-1], (*lines, "more"), (lines[0].upper(), lines[1])):
        lying = Checkpoint(done.checkpoint.origin, 700, done.checkpoint.root, wrong)
        (book.folder / CHECKPOINT).write_bytes(bytes(lying.signed(KEY)))
        assert book.refusal() == f"{CHECKPOINT} does not name the segments of 700 entries"


def test_a_record_goes_on_from_an_earlier_checkpoint(book: Book, another: Book) -> None:
    earlier = {size: book.upto(size).seal().checkpoint for size in (1, 500, 512, 700, 1300)}
    for checkpoint in earlier.values():
        assert check_seal(book.folder, KEYS, checkpoint).checkpoint.size == 1300
    wrong = Checkpoint(book.reader.origin, 700, bytes(32))
    larger = Checkpoint(book.reader.origin, 1301, bytes(32))
    foreign = another.upto(700).seal().checkpoint
    for checkpoint, why in ((wrong, "anew"), (larger, "was cut off"), (foreign, "and was")):
        with pytest.raises(LedgerError, match=why):
            check_seal(book.folder, KEYS, checkpoint)


# What whoever holds the key could sign


def resign(book: Book) -> None:
    """Signs the files as they are, with the root as it was."""
    old = Checkpoint.from_text(Note.parse((book.folder / CHECKPOINT).read_bytes()).text)
    names = [place.name for place in places_of(old.size)]
    lines = seal_lines((name, digest_of(book.folder / name)) for name in names)
    signed = Checkpoint(old.origin, old.size, old.root, lines).signed(KEY)
    (book.folder / CHECKPOINT).write_bytes(bytes(signed))


def rewritten(book: Book, change: Callable[[pa.Table], pa.Table]) -> str:
    """Why the second segment is refused when its table is changed and the folder signed anew."""
    path = book.folder / SECOND
    pq.write_table(change(pq.read_table(path)), path)
    resign(book)
    return book.refusal()


def cell(column: str, row: int, value: object) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        field = table.schema.field(column)
        values = table[column].to_pylist()
        values[row] = value
        at = table.schema.get_field_index(column)
        return table.set_column(at, field, pa.array(values, field.type))

    return change


def typed(column: str, type_: pa.DataType) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        at = table.schema.get_field_index(column)
        field = pa.field(column, type_, nullable=table.schema.field(column).nullable)
        return table.set_column(at, field, table[column].cast(type_))

    return change


def says(name: str, value: str) -> Callable[[pa.Table], pa.Table]:
    more = {name.encode(): value.encode()}
    return lambda table: table.replace_schema_metadata({**table.schema.metadata, **more})


def told_otherwise(table: pa.Table) -> pa.Table:
    """A body with a digest and a leaf that fit it."""
    row = table.to_pylist()[9]
    digest = salted_digest(row["salt"], b"{}")
    leaf = leaf_hash(entry_bytes(row["kind"], row["at"], digest))
    for column, value in (("body", "{}"), ("digest", digest), ("leaf", leaf)):
        table = cell(column, 9, value)(table)
    return table


ROWS = 188
CHANGES: dict[str, tuple[Callable[[pa.Table], pa.Table], str]] = {
    "a row removed": (
        lambda t: pa.concat_tables([t.slice(0, 9), t.slice(10)]),
        "says `188` as its count, not `187`",
    ),
    "a row removed, and told so": (
        lambda t: says("count", "187")(pa.concat_tables([t.slice(0, 9), t.slice(10)])),
        "has 187 entries, not 188",
    ),
    "two rows swapped": (
        lambda t: t.take(pa.array([1, 0, *range(2, ROWS)])),
        "entry 513: it is not there: another stands in its place",
    ),
    "a row twice": (
        lambda t: t.take(pa.array([0, 0, *range(2, ROWS)])),
        "entry 514: it is not there: another stands in its place",
    ),
    "a column missing": (lambda t: t.drop_columns(["kind"]), "has not one column `kind`"),
    "a column more": (
        lambda t: t.append_column("note", pa.nulls(len(t), pa.string())),
        "has a column `note`, which no segment has",
    ),
    "a column twice": (
        lambda t: t.append_column(t.schema.field("body"), t["body"]),
        "has not one column `body`",
    ),
    "columns in another order": (
        lambda t: t.select(t.schema.names[::-1]),
        "its columns are not in the order of a segment",
    ),
    "numbers of another type": (
        typed("number", pa.int32()),
        "the column `number` is int32, not int64",
    ),
    "text as bytes": (typed("body", pa.binary()), "the column `body` is binary, not string"),
    "local time": (
        typed("instant", pa.timestamp("us")),
        "the column `instant` is timestamp[us], not timestamp[us, tz=UTC]",
    ),
    "digests of any length": (
        typed("digest", pa.binary()),
        "the column `digest` is binary, not fixed_size_binary[32]",
    ),
    "a kind may be null": (
        lambda t: t.set_column(3, pa.field("kind", pa.string()), t["kind"]),
        "the column `kind` may be null",
    ),
    "another origin": (says("origin", "policy-engine/ledger/x"), "as its origin, not"),
    "another first": (says("first", "512"), "says `512` as its first, not `513`"),
    "another format": (says("format", "2"), "as its format, not"),
    "a body": (cell("body", 9, "{}"), "entry 522: what it tells is not what its digest says"),
    "a salt": (cell("salt", 9, bytes(16)), "entry 522: what it tells is not what its digest says"),
    "a short salt": (cell("salt", 9, b"short"), "entry 522: its salt has not 16 bytes"),
    "a body alone erased": (cell("body", 9, None), "entry 522: what it tells or its salt is"),
    "a salt alone erased": (cell("salt", 9, None), "entry 522: what it tells or its salt is"),
    "a digest": (cell("digest", 9, bytes(32)), "entry 522: what it tells is not what"),
    "a leaf": (cell("leaf", 187, bytes(32)), "entry 700: its leaf does not have the hash"),
    "a kind": (cell("kind", 9, "other"), "entry 522: its leaf does not have the hash"),
    "a kind that is no word": (cell("kind", 9, 'a","b'), "is no kind of entry"),
    "a time": (
        cell("at", 9, "2026-05-04T09:00:00Z"),
        "entry 522: its time and its instant are not the same",
    ),
    "an instant": (
        lambda t: cell("instant", 9, t["instant"][8].as_py())(t),
        "entry 522: its time and its instant are not the same",
    ),
    "an entry that tells something else": (
        told_otherwise,
        "checkpoint does not have the root of the entries",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_does_not_follow_is_refused_whoever_signs_it(book: Book, name: str) -> None:
    change, why = CHANGES[name]
    book.upto(512 + ROWS).seal()
    assert why in rewritten(book, change)


def test_whatever_the_bytes_they_are_refused_in_words(book: Book) -> None:
    """A file that is signed, and is not Parquet any more or another table."""
    book.upto(700).seal()
    path = book.folder / SECOND
    data, rng = path.read_bytes(), random.Random(11)
    for at in sorted(rng.sample(range(len(data)), 200)):
        altered = bytearray(data)
        altered[at] ^= 1 << rng.randrange(8)
        path.write_bytes(altered)
        resign(book)
        try:
            book.check()
        except LedgerError as error:
            assert SECOND in str(error) or CHECKPOINT in str(error)
        else:  # the byte says nothing of the entries
            assert list(SealedReader(book.folder).records()) == list(book.reader.records())


def test_entries_that_do_not_lead_to_the_signed_root_are_found(book: Book) -> None:
    book.upto(700).seal()
    assert "does not have the root" in rewritten(book, told_otherwise)
    reader = SealedReader(book.folder)
    found = verify(reader.records())
    assert [one.text.split(": ")[-1] for one in found.findings] == [
        "the entries do not lead to the signed root"
    ]
