"""Proofs inside the page: what stands there is enough to check an entry, without the store."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from policy_engine.audit.page import page, sampled
from policy_engine.audit.proving import proofs
from policy_engine.audit.report import Report, report
from policy_engine.cli.main import main
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import LedgerError
from policy_engine.foundation.signing import SigningKey, VerifyingKey
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.evidence import ENTRY, PROOF, check_proof
from policy_engine.ledger.leaf import Leaf
from policy_engine.ledger.ledger import Ledger, LedgerReader
from policy_engine.ledger.notes import Note
from policy_engine.ledger.proofs import Proof
from tests.audit.busy import BusyDesk
from tests.audit.test_page import WRITTEN, Reader
from tests.fakes.clock import FakeClock
from tests.fakes.stores import alter

Pair = tuple[bytes, bytes]
"""An entry, and its proof."""


class Copied(HTMLParser):
    """The texts of `pre` elements as somebody copies them from the page, by class."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.texts: list[tuple[str | None, str]] = []
        self._class: str | None = None
        self._open = False
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre":
            self._open, self._class = True, dict(attrs).get("class")
            self.texts.append((self._class, ""))

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "pre"

    def handle_data(self, data: str) -> None:
        if self._open:
            name, text = self.texts[-1]
            self.texts[-1] = name, text + data

    def of(self, name: str | None) -> list[str]:
        return [text for found, text in self.texts if found == name]

    def pairs(self) -> list[Pair]:
        entries, proved = self.of("entry"), self.of("proof")
        return [(e.encode(), p.encode()) for e, p in zip(entries, proved, strict=True)]


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey.new("acme.example/ledger")


def made(store: str | Path, signer: SigningKey | None = None) -> tuple[Report, str]:
    with closing(Database(store, must_exist=True)) as database:
        reader = LedgerReader(database)
        found = report(reader.records(), written=WRITTEN, beside=reader)
        return found, page(found, proofs=proofs(reader, found, sampled(found), signer))


@pytest.fixture(scope="module")
def document(desk: BusyDesk, key: SigningKey) -> str:
    return made(desk.store, key)[1]


@pytest.fixture(scope="module")
def pairs(document: str) -> list[Pair]:
    return Copied(document).pairs()


def verified(pair: Pair, key: VerifyingKey, origin: str) -> int:
    """The number of the entry. Uses nothing but the two texts and the key."""
    proof = Proof.parse(pair[1])
    proof.verify(pair[0], [key], origin)
    return proof.index + 1


def origin_of(desk: BusyDesk) -> str:
    with closing(Database(desk.store, must_exist=True)) as database:
        return LedgerReader(database).origin


def test_every_sample_has_its_decision_proved_and_what_ran_its_execution(
    desk: BusyDesk, key: SigningKey, pairs: list[Pair]
) -> None:
    found, _ = made(desk.store)
    expected = {
        (number, kind)
        for story in sampled(found)
        for number, kind in (
            (story.evidence.decision, "decided"),
            (story.evidence.executed, "executed"),
        )
        if number is not None
    }
    proved = {
        (verified(pair, key.verifying, origin_of(desk)), Leaf.from_bytes(pair[0]).kind)
        for pair in pairs
    }
    assert proved == expected
    assert len(expected) == 13, "eleven decisions, two executions"


def test_a_proof_and_an_entry_from_the_page_are_what_the_command_reads(
    key: SigningKey, pairs: list[Pair], tmp_path: Path
) -> None:
    for entry, proof in pairs:
        (tmp_path / ENTRY).write_bytes(entry)
        (tmp_path / PROOF).write_bytes(proof)
        said, told = check_proof(tmp_path, [key.verifying])
        assert (said.startswith("entry "), told) == (True, None)


def test_a_byte_that_was_altered_is_refused(
    desk: BusyDesk, key: SigningKey, pairs: list[Pair]
) -> None:
    origin = origin_of(desk)
    for entry, proof in pairs[::4]:
        for part, whole in enumerate((entry, proof)):
            for place in range(0, len(whole), 7):
                other = bytearray(whole)
                other[place] ^= 1
                spoilt = (bytes(other), proof) if part == 0 else (entry, bytes(other))
                with pytest.raises(LedgerError):
                    verified(spoilt, key.verifying, origin)


def test_the_proof_of_one_entry_proves_no_other(
    desk: BusyDesk, key: SigningKey, pairs: list[Pair]
) -> None:
    with pytest.raises(LedgerError):
        verified((pairs[0][0], pairs[-1][1]), key.verifying, origin_of(desk))


def test_another_key_proves_nothing(desk: BusyDesk, pairs: list[Pair]) -> None:
    other = SigningKey.new("acme.example/ledger").verifying
    with pytest.raises(LedgerError):
        verified(pairs[0], other, origin_of(desk))


def test_the_checkpoint_is_that_of_the_record_that_was_verified(
    desk: BusyDesk, key: SigningKey, document: str
) -> None:
    found, _ = made(desk.store)
    (note,) = Copied(document).of(None)
    Note.parse(note.encode()).verify([key.verifying])
    head = Checkpoint.from_text(Note.parse(note.encode()).text)
    assert (head.size, head.root.hex()) == (found.verification.entries, found.verification.root)
    assert f"{head.size} entries, root {head.root.hex()}" in Reader(document).text
    assert str(key.verifying) in Reader(document).text


def test_the_entries_of_a_sample_are_named_with_kind_and_time(document: str) -> None:
    text = Reader(document).text
    assert (
        "entry 23 validated 2026-05-05T12:01:00Z entry 24 decided 2026-05-05T12:01:00Z"
        " entry 25 held 2026-05-05T12:01:00Z entry 26 approved 2026-05-05T12:31:00Z"
    ) in text


def test_neither_bodies_nor_salts_are_on_the_page(desk: BusyDesk, document: str) -> None:
    with closing(Database(desk.store, must_exist=True)) as database:
        records = list(LedgerReader(database).records())
    for record in records:
        assert record.text is not None
        assert record.salt is not None
        assert record.salt.hex() not in document
        assert record.text not in document


def test_without_a_key_the_checkpoint_is_said_to_be_unsigned(
    desk: BusyDesk, key: SigningKey
) -> None:
    _, document = made(desk.store)
    text = Reader(document).text
    assert "This checkpoint is not signed: whoever made this page could have made it up." in text
    assert "policy ledger sign --key FILE" in text
    entry, proof = Copied(document).pairs()[0]
    with pytest.raises(LedgerError):
        Proof.parse(proof)
    (head,) = Copied(document).of(None)
    signature = bytes(Checkpoint.from_text(head).signed(key)).removeprefix(head.encode())
    assert signature.startswith(b"\n")
    assert proof.endswith(f"{head}\n".encode())
    assert verified((entry, proof + signature[1:]), key.verifying, origin_of(desk)) > 0


def sign(store: Path, key: SigningKey) -> None:
    with closing(Database(str(store))) as database:
        Ledger(database, FakeClock()).sign(key)


def test_a_signed_checkpoint_of_the_store_stands_for_what_it_covers(
    desk: BusyDesk, store: Path, key: SigningKey
) -> None:
    sign(store, key)
    found, document = made(store)
    assert len(Copied(document).of(None)) == 1, "it covers everything"
    assert verified(Copied(document).pairs()[0], key.verifying, origin_of(desk)) > 0
    with closing(Database(str(store))) as database:
        for name in ("late", "later"):
            Ledger(database, FakeClock()).record(
                "decided", {"action": name, "task": "pay", "outcome": "deny", "reasons": []}
            )
    later, document = made(store)
    assert later.verification.entries == found.verification.entries + 2
    signed, whole = Copied(document).of(None)
    assert Checkpoint.from_text(Note.parse(signed.encode()).text).size == 43
    assert Checkpoint.from_text(whole).size == 45
    by_signed = [p for _, p in Copied(document).pairs() if signed.encode() in p]
    unsigned = [e for e, p in Copied(document).pairs() if signed.encode() not in p]
    assert (len(by_signed), len(unsigned)) == (13, 2)
    assert "by the unsigned checkpoint of 45 entries" in Reader(document).text


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_checkpoints SET note = replace(note, 'acme', 'acne')",
        "UPDATE ledger_checkpoints SET note = 'nonsense'",
    ],
)
def test_a_signature_of_the_store_that_does_not_hold_stands_for_nothing(
    store: Path, key: SigningKey, statement: str
) -> None:
    sign(store, key)
    alter(store, statement)
    _, document = made(store)
    assert "The record does not hold, so there is nothing to prove by it." in document
    assert Copied(document).texts == []


def test_an_entry_that_was_altered_since_is_not_proved(store: Path, key: SigningKey) -> None:
    with closing(Database(str(store), must_exist=True)) as database:
        reader = LedgerReader(database)
        found = report(reader.records(), written=WRITTEN, beside=reader)
        alter(store, "UPDATE ledger SET at = '2020-01-01T00:00:00Z' WHERE number = 8")
        said = proofs(reader, found, sampled(found), key)
    assert said.problem is not None
    assert "is not at index 7 of the tree with this root" in said.problem
    assert dict(said.of) == {}


# The command


@pytest.fixture
def run(tmp_path: Path, key: SigningKey, desk: BusyDesk) -> Callable[..., tuple[int, str, str]]:
    def report_with(*arguments: str) -> tuple[int, str, str]:
        command = ["audit", "report", "--store", desk.store, *arguments]
        result = CliRunner().invoke(main, command, catch_exceptions=False)
        written = tmp_path / "r.html"
        return result.exit_code, result.output, written.read_text() if written.exists() else ""

    return report_with


def test_the_command_signs_with_a_key(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, desk: BusyDesk
) -> None:
    made = CliRunner().invoke(main, ["keys", "new", "acme.example/x", "-o", str(tmp_path / "k")])
    public = VerifyingKey.from_text(made.output.strip().splitlines()[-1])
    code, _, document = run("--html", str(tmp_path / "r.html"), "--key", str(tmp_path / "k"))
    assert code == 0
    for pair in Copied(document).pairs():
        assert verified(pair, public, origin_of(desk)) > 0


def test_a_key_without_a_page_is_wrong_use(run: Callable[..., tuple[int, str, str]]) -> None:
    code, said, _ = run("--key", "k.pem")
    assert (code, said.count("\n")) == (2, 1)
    assert "give --html too" in said
