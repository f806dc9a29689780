"""What the tree has of an entry: one way to write it, and nothing of what it tells."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given, strategies as st

from policy_engine import LedgerError
from policy_engine.foundation.canonical import canonical, timestamp_text
from policy_engine.ledger.leaf import Leaf, salted_digest

SALT = bytes(range(16))
DIGEST = salted_digest(SALT, b"{}")
LEAF = Leaf("decided", "2026-03-02T10:00:00Z", DIGEST)
WRITTEN = bytes(LEAF)


@given(
    st.from_regex(r"[a-z][a-z0-9_]{0,63}", fullmatch=True),
    st.datetimes(timezones=st.just(UTC)),
    st.binary(min_size=32, max_size=32),
)
def test_a_leaf_is_canonical_json_and_comes_back(kind: str, at: datetime, digest: bytes) -> None:
    leaf = Leaf(kind, timestamp_text(at), digest)
    members = {"kind": kind, "at": timestamp_text(at), "body": digest.hex()}
    assert bytes(leaf) == canonical(members)
    assert Leaf.from_bytes(bytes(leaf)) == leaf
    assert len(bytes(leaf)) < 220


def altered(old: str, new: str) -> bytes:
    text = WRITTEN.decode()
    assert old in text
    return text.replace(old, new).encode()


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{}", b"null", WRITTEN[:-1], WRITTEN + b"\n", b" " + WRITTEN, WRITTEN * 2),
        altered('"at"', '"At"'),
        altered(",", ", "),
        altered('"kind":"decided"', '"kind":"decided","more":1'),
        altered('"kind":"decided"', '"kind":null'),
        altered("decided", "Decided"),
        altered("decided", "1st"),
        altered("decided", ""),
        altered("decided", "d" * 65),
        altered("decided", "\\u0064ecided"),
        altered(DIGEST.hex(), DIGEST.hex().upper()),
        altered(DIGEST.hex(), DIGEST.hex()[:-2]),
        altered("10:00:00Z", "10:00:00"),
        altered("10:00:00Z", "10:00:00+00:00"),
        altered("10:00:00Z", "10:00:00.5Z"),
        altered("10:00:00Z", "10:00:00.000000Z"),
        altered("10:00:00Z", "25:00:00Z"),
        altered("10:00:00Z", "10:00:00.-Z.Z-T"),
        altered("2026-03-02", "2026-02-30"),
        altered("2026-03-02T", "2026-03-02 "),
        altered("2026-03-02T10:00:00Z", "20260302T100000Z"),
        altered("2026-03-02T10:00:00Z", "٢٠٢٦-03-02T10:00:00Z"),
    ],
)
def test_what_is_written_otherwise_is_no_leaf(data: bytes) -> None:
    with pytest.raises(LedgerError):
        Leaf.from_bytes(data)


@given(st.integers(0, len(WRITTEN) - 1), st.integers(0, 255))
def test_what_is_read_is_written_so(at: int, byte: int) -> None:
    data = bytes([*WRITTEN[:at], byte, *WRITTEN[at + 1 :]])
    try:
        leaf = Leaf.from_bytes(data)
    except LedgerError:
        return
    assert bytes(leaf) == data


@pytest.mark.parametrize(
    ("kind", "at", "digest"),
    [
        ("", LEAF.at, DIGEST),
        ('a","x":"', LEAF.at, DIGEST),
        ("decided\n", LEAF.at, DIGEST),
        ("decided", "", DIGEST),
        ("decided", "Z", DIGEST),
        ("decided", "2026-03-02T10:00:00+00:00Z", DIGEST),
        ("decided", "2026-03-02T10:00:00", DIGEST),
        ("decided", "2026-03-02", DIGEST),
        ("decided", LEAF.at, DIGEST[:-1]),
        ("decided", LEAF.at, b""),
    ],
)
def test_what_cannot_stand_in_a_leaf(kind: str, at: str, digest: bytes) -> None:
    with pytest.raises(LedgerError):
        Leaf(kind, at, digest)


def test_a_digest_is_of_the_salt_and_the_body() -> None:
    assert sha256(SALT + b"{}").digest() == DIGEST
    assert salted_digest(bytes(16), b"{}") != DIGEST
    assert salted_digest(SALT, b"{ }") != DIGEST


@pytest.mark.parametrize("salt", [b"", bytes(15), bytes(17), bytes(32)])
def test_a_salt_has_16_bytes(salt: bytes) -> None:
    with pytest.raises(LedgerError, match=f"a salt has 16 bytes, not {len(salt)}"):
        salted_digest(salt, b"{}")
