"""Signed notes: what is signed, what is read, and whose word counts."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given, settings, strategies as st

from policy_engine import LedgerError, SigningKey, VerifyingKey
from policy_engine.ledger.notes import MOST_SIGNATURES, Note, key_id, sign

PUBLISHED = VerifyingKey.from_text(
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
)
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotp"
    "RZb6KE6RyyBwJnAM=\n"
).encode()
"""The example in the documentation of Go's package `sumdb/note`."""
KEY = SigningKey.new("example.org/log")
OTHER = SigningKey.new("witness.example")
TEXT = "one\n\ntwo\n"


def refusal(data: bytes) -> str:
    with pytest.raises(LedgerError) as raised:
        Note.parse(data)
    return str(raised.value)


def test_a_note_of_another_program_holds() -> None:
    note = Note.parse(NOTE)
    assert note.verify([PUBLISHED]) == (PUBLISHED,)
    assert [one.name for one in note.signatures] == ["PeterNeumann"]
    assert note.signatures[0].key_id.hex() == "c74f20a3"
    assert bytes(note) == NOTE


def test_the_id_of_a_key_is_in_its_text() -> None:
    assert key_id(PUBLISHED).hex() == "c74f20a3"
    assert str(KEY.verifying).split("+")[1] == key_id(KEY.verifying).hex()


def test_a_note_is_its_text_an_empty_line_and_signatures() -> None:
    note = sign(TEXT, KEY)
    coded = b64encode(key_id(KEY.verifying) + KEY.sign(TEXT.encode())).decode()
    assert bytes(note).decode() == f"one\n\ntwo\n\n— example.org/log {coded}\n"
    assert Note.parse(bytes(note)) == note


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n")))
def test_any_text_is_read_as_it_was_signed(text: str) -> None:
    note = Note.parse(bytes(sign(f"{text}\n", KEY, OTHER)))
    assert note.text == f"{text}\n"
    assert note.verify([OTHER.verifying, KEY.verifying]) == (KEY.verifying, OTHER.verifying)


def test_unknown_signatures_are_kept_and_prove_nothing() -> None:
    unknown = b"\1\2\3\4" + b"of another kind, and longer than ours" * 100
    line = f"— ciò.example {b64encode(unknown).decode()}\n".encode()
    note = Note.parse(bytes(sign(TEXT, OTHER)) + line)
    assert bytes(note) == bytes(sign(TEXT, OTHER)) + line
    assert note.verify([OTHER.verifying]) == (OTHER.verifying,)
    with pytest.raises(LedgerError) as raised:
        note.verify([KEY.verifying])
    assert str(raised.value) == (
        "no known key has signed it; it says to be signed by `witness.example`, `ciò.example`"
    )


def test_a_key_is_known_by_name_and_id_together() -> None:
    note = sign(TEXT, KEY)
    for almost in (SigningKey.new(KEY.name).verifying, VerifyingKey("other", KEY.verifying.raw)):
        with pytest.raises(LedgerError, match="no known key has signed it"):
            note.verify([almost])
    with pytest.raises(LedgerError, match="no known key has signed it"):
        note.verify([])


def test_one_signature_that_does_not_hold_is_enough_to_refuse() -> None:
    stolen = Note("other\n", sign(TEXT, OTHER).signatures).signed(KEY)
    assert stolen.verify([KEY.verifying]) == (KEY.verifying,)
    with pytest.raises(LedgerError, match=r"the signature of `witness\.example` does not hold"):
        stolen.verify([KEY.verifying, OTHER.verifying])


def test_a_key_that_signed_twice_counts_once() -> None:
    assert sign(TEXT, KEY, KEY).verify([KEY.verifying]) == (KEY.verifying,)


SIGNED = bytes(sign(TEXT, KEY))


@settings(deadline=None)
@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_no_byte_can_be_altered(at: int, change: int) -> None:
    altered = bytearray(SIGNED)
    altered[at] ^= change
    with pytest.raises(LedgerError):
        Note.parse(bytes(altered)).verify([KEY.verifying])


LINE = SIGNED[SIGNED.rindex(b"\n\n") + 2 :]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "a note ends with an empty line and lines with signatures"),
        (b"text\n", "a note ends with an empty line and lines with signatures"),
        (b"text\n" + LINE, "a note ends with an empty line and lines with signatures"),
        (b"text\n\n", "a note ends with an empty line and lines with signatures"),
        (SIGNED[:-1], "a note ends with an empty line and lines with signatures"),
        (SIGNED + b"\n", "a note ends with an empty line and lines with signatures"),
        (SIGNED + b"more\n", "'more' is no line with a signature"),
        (b"text\n\n-- " + LINE[4:], f"'-- {LINE[4:-1].decode()}' is no line with a signature"),
        (b"te\rxt\n\n" + LINE, "a note has no control characters such as '\\r'"),
        (b"te\0xt\n\n" + LINE, "a note has no control characters such as '\\x00'"),
        (b"te\xffxt\n\n" + LINE, "a note is text in UTF-8: byte 2 is not"),
        (b"text\n\n" + LINE * (MOST_SIGNATURES + 1), "a note has at most 100 signatures"),
        (b"x" * 1_000_001, "a note of 1,000,001 bytes is larger than 1,000,000"),
    ],
)
def test_what_is_no_note(data: bytes, why: str) -> None:
    assert refusal(data) == why


@pytest.mark.parametrize(
    "line",
    [
        *("— ", "— name", "— name ", "—name AAAAAAA=", "— name  AAAAAAA=", "— name AAAAAAA= "),
        *(
            "— name AAAAAA==",
            "— name AAAA",
            "— name AAAAAAB=",
            "— name AAAAAAA",
            "— na+me AAAAAAA=",
        ),
        *(
            "— na\u2003me AAAAAAA=",
            "— na\x85me AAAAAAA=",
            "—  AAAAAAA=",
            "— name AAAA-_A=",
            "— n ü",
        ),
    ],
)
def test_what_is_no_line_with_a_signature(line: str) -> None:
    assert Note.parse(b"text\n\n\xe2\x80\x94 name AAAAAAA=\n").signatures[0].signature == b"\0"
    assert refusal(f"text\n\n{line}\n".encode()) == f"{line!r} is no line with a signature"


def test_a_note_as_large_as_may_be() -> None:
    text = "x" * (1_000_000 - len(LINE) - 2) + "\n"
    note = Note.parse(f"{text}\n".encode() + LINE)
    assert (note.text, len(bytes(note))) == (text, 1_000_000)


def test_as_many_signatures_as_may_be() -> None:
    note = Note.parse(b"text\n\n" + LINE * MOST_SIGNATURES)
    assert len(note.signatures) == MOST_SIGNATURES


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "ends with a newline"),
        ("text", "ends with a newline"),
        ("te\txt\n", "no control characters"),
        ("te\ud800xt\n", "cannot be written in UTF-8"),
    ],
)
def test_what_no_note_can_say(text: str, why: str) -> None:
    with pytest.raises(LedgerError, match=why):
        sign(text, KEY)


def test_somebody_signs() -> None:
    with pytest.raises(LedgerError, match="signed by one key at least"):
        sign(TEXT)
