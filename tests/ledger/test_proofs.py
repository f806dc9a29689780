"""Proofs that stand alone: with the entry and the log's keys, nobody else is asked."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from policy_engine import LedgerError, SigningKey
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.proofs import Proof, prove
from tests.ledger import trees

KEY = SigningKey.new("example.org/log")
KEYS = (KEY.verifying,)
ORIGIN = KEY.name
ALL = trees.entries(40)
STORED = trees.Stored(ALL)


def head(size: int) -> Checkpoint:
    return Checkpoint(ORIGIN, size, trees.mth(ALL[:size]))


NOTES = [head(size).signed(KEY) for size in range(41)]


def made(index: int, size: int, extra: bytes = b"") -> Proof:
    return prove(index, NOTES[size], STORED, extra)


@settings(deadline=None)
@given(st.data())
def test_a_proof_comes_back_and_holds_for_its_entry_alone(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 40))
    index = data.draw(st.integers(0, size - 1))
    proof = made(index, size, data.draw(st.binary(max_size=40)))
    assert Proof.parse(bytes(proof)) == proof
    assert proof.verify(ALL[index], KEYS, ORIGIN) == head(size)
    other = data.draw(st.integers(0, 39).filter(lambda place: place != index))
    with pytest.raises(LedgerError, match=f"the entry is not at index {index}"):
        proof.verify(ALL[other], KEYS, ORIGIN)


def test_how_a_proof_is_written() -> None:
    proof = made(2, 3, b"extra")
    assert bytes(proof).decode() == (
        "c2sp.org/tlog-proof@v1\n"
        "extra ZXh0cmE=\n"
        "index 2\n"
        f"{b64encode(trees.mth(ALL[:2])).decode()}\n"
        "\n"
        f"{bytes(NOTES[3]).decode()}"
    )
    assert bytes(made(0, 1)).decode() == (
        f"c2sp.org/tlog-proof@v1\nindex 0\n\n{bytes(NOTES[1]).decode()}"
    )


WRITTEN = bytes(made(5, 11))


def test_no_byte_of_a_proof_can_be_altered() -> None:
    for at in range(len(WRITTEN)):
        for change in (1, 2, 32, 128):
            altered = bytearray(WRITTEN)
            altered[at] ^= change
            with pytest.raises(LedgerError):
                Proof.parse(bytes(altered)).verify(ALL[5], KEYS, ORIGIN)


def test_a_proof_cut_anywhere_is_none() -> None:
    for end in range(len(WRITTEN)):
        with pytest.raises(LedgerError):
            Proof.parse(WRITTEN[:end]).verify(ALL[5], KEYS, ORIGIN)


@settings(deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda data: WRITTEN[:60] + data))
def test_bytes_of_any_kind_are_a_proof_or_a_ledger_error(data: bytes) -> None:
    with pytest.raises(LedgerError):
        Proof.parse(data)


TEXT = WRITTEN.decode()
HASH = TEXT.split("\n")[2]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("proof@v1", "proof@v2", "begins with the line c2sp.org/tlog-proof@v1"),
        ("index 5", "index 05", "'05' is no number of entries"),
        ("index 5", "index -5", "'-5' is no number of entries"),
        ("index 5", "index", "a proof has a line `index` above its hashes"),
        ("index 5\n", "", "a proof has a line `index` above its hashes"),
        ("index 5", "extra \nindex 5", "'extra ' is no line with extra data"),
        ("index 5", "extra A\nindex 5", "'extra A' is no line with extra data"),
        ("index 5", "extra YQ==\nextra YQ==\nindex 5", "a line `index` above its hashes"),
        ("index 5", "index 5\nextra YQ==", "'extra YQ==' is no hash in base64"),
        (HASH, HASH[:-1], "is no hash in base64"),
        (HASH, "AAAA", "a hash has 32 bytes"),
        (HASH, "é", "a proof begins in ASCII: byte 31 is not"),
        (f"{HASH}\n", f"{HASH}\n" * 70, "a proof has at most 63 hashes"),
        ("\n\n", "\n", "begins in ASCII"),
        ("\n", "\r\n", "begins"),
    ],
)
def test_what_is_no_proof(old: str, new: str, why: str) -> None:
    assert old in TEXT
    with pytest.raises(LedgerError, match=why):
        Proof.parse(TEXT.replace(old, new).encode())


def test_a_proof_of_the_largest_tree_is_read() -> None:
    assert len(Proof.parse(TEXT.replace(f"{HASH}\n", f"{HASH}\n" * 60).encode()).path) == 63
    with pytest.raises(LedgerError, match="at most 63 hashes"):
        Proof.parse(TEXT.replace(f"{HASH}\n", f"{HASH}\n" * 61).encode())


def test_a_proof_has_a_largest_size() -> None:
    with pytest.raises(LedgerError, match="a proof of 2,000,001 bytes is larger than 2,000,000"):
        Proof.parse(b"x" * 2_000_001)


def test_a_proof_holds_for_the_log_that_is_asked_for() -> None:
    proof = made(5, 11)
    with pytest.raises(LedgerError, match="no known key has signed it"):
        proof.verify(ALL[5], [SigningKey.new(ORIGIN).verifying], ORIGIN)
    with pytest.raises(LedgerError, match=r"is of the log `example\.org/log`, not `other`"):
        proof.verify(ALL[5], KEYS, "other")


def test_a_proof_holds_with_the_head_it_was_made_for() -> None:
    for size in range(12, 41):
        with pytest.raises(LedgerError):
            replace(made(5, 11), checkpoint=NOTES[size]).verify(ALL[5], KEYS, ORIGIN)


def test_no_proof_is_made_of_hashes_that_are_not_those_of_the_head() -> None:
    others = trees.Stored([b"other", *ALL[1:]])
    with pytest.raises(LedgerError, match="the entry is not at index 5"):
        prove(5, NOTES[11], others)
    with pytest.raises(LedgerError, match="a tree of 11 has no index 11"):
        prove(11, NOTES[11], STORED)
