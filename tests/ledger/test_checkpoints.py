"""Checkpoints: one way to write them, and only the log's own word for them."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from policy_engine import LedgerError, SigningKey
from policy_engine.ledger.checkpoints import Checkpoint, open_checkpoint
from policy_engine.ledger.notes import Note, sign
from policy_engine.ledger.tree import EMPTY_ROOT

EXAMPLE = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
"""The example of C2SP tlog-checkpoint."""
ROOT = bytes.fromhex("0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62")
KEY = SigningKey.new("example.org/log")
WITNESS = SigningKey.new("witness.example")
HEAD = Checkpoint("example.org/log", 3, ROOT)


def test_the_example_of_the_specification_is_read() -> None:
    checkpoint = Checkpoint.from_text(EXAMPLE)
    assert checkpoint == Checkpoint("example.com/behind-the-sofa", 20_852_163, ROOT)
    assert checkpoint.text == EXAMPLE


CONTROLS = "".join(map(chr, range(32)))
LINES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=CONTROLS),
    min_size=1,
)


@given(LINES, st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32), st.lists(LINES))
def test_what_is_written_is_read_back(
    origin: str, size: int, root: bytes, extensions: list[str]
) -> None:
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))
    note = Note.parse(bytes(checkpoint.signed(KEY)))
    assert open_checkpoint(note, [KEY.verifying], origin) == checkpoint


CODED = EXAMPLE.split("\n")[2]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has the lines origin, size and root"),
        ("log\n3\n", "has the lines origin, size and root"),
        (f"log\n3\n{CODED}", "has the lines origin, size and root"),
        (f"\n3\n{CODED}\n", "'' cannot be a line"),
        (f"log\n3\n{CODED}\n\n", "'' cannot be a line"),
        (f"log\n3\n{CODED}\nmore\n\nmore\n", "'' cannot be a line"),
        (f"log\r\n3\n{CODED}\n", "cannot be a line"),
        (f"log\n\n{CODED}\n", "'' is no number of entries"),
        (f"log\n03\n{CODED}\n", "'03' is no number of entries"),
        (f"log\n-3\n{CODED}\n", "'-3' is no number of entries"),
        (f"log\n+3\n{CODED}\n", "no number of entries"),
        (f"log\n3 \n{CODED}\n", "'3 ' is no number of entries"),
        (f"log\n٣\n{CODED}\n", "is no number of entries"),
        (f"log\n1_0\n{CODED}\n", "is no number of entries"),
        (f"log\n{'9' * 5000}\n{CODED}\n", "is no number of entries"),
        (f"log\n{2**63}\n{CODED}\n", "no tree has the size 9223372036854775808"),
        (f"log\n0\n{CODED}\n", "not the root of the empty tree"),
        ("log\n3\n\n", "'' is no hash in base64|a hash has 32 bytes"),
        (f"log\n3\n{CODED[:-1]}\n", "is no hash in base64"),
        (f"log\n3\n{CODED[:-2]}J=\n", "is no hash in base64"),
        (f"log\n3\n {CODED}\n", "is no hash in base64"),
        ("log\n3\nAAAA\n", "a hash has 32 bytes"),
    ],
)
def test_what_is_no_checkpoint(text: str, why: str) -> None:
    with pytest.raises(LedgerError, match=why.replace("+", r"\+")):
        Checkpoint.from_text(text)


@pytest.mark.parametrize(
    ("origin", "size", "root", "extensions"),
    [
        ("", 3, ROOT, ()),
        ("a\nb", 3, ROOT, ()),
        ("log", -1, ROOT, ()),
        ("log", 2**63, ROOT, ()),
        ("log", 3, ROOT[:-1], ()),
        ("log", 0, ROOT, ()),
        ("log", 3, ROOT, ("",)),
        ("log", 3, ROOT, ("a\n\nb",)),
    ],
)
def test_what_no_log_can_have(
    origin: str, size: int, root: bytes, extensions: tuple[str, ...]
) -> None:
    with pytest.raises(LedgerError):
        Checkpoint(origin, size, root, extensions)


def test_an_empty_log_has_a_head() -> None:
    head = Checkpoint("log", 0, EMPTY_ROOT)
    assert head.text == "log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    assert Checkpoint.from_text(head.text) == head


def test_only_a_key_of_the_log_speaks_for_it() -> None:
    note = HEAD.signed(KEY, WITNESS)
    assert open_checkpoint(note, [KEY.verifying], HEAD.origin) == HEAD
    with pytest.raises(LedgerError, match="no known key has signed it"):
        open_checkpoint(HEAD.signed(WITNESS), [KEY.verifying], HEAD.origin)


def test_a_key_that_speaks_for_two_logs_speaks_for_one_at_a_time() -> None:
    with pytest.raises(LedgerError) as raised:
        open_checkpoint(HEAD.signed(KEY), [KEY.verifying], "example.org/other")
    assert str(raised.value) == (
        "the checkpoint is of the log `example.org/log`, not `example.org/other`"
    )


def test_what_a_key_of_the_log_signed_may_still_be_no_checkpoint() -> None:
    with pytest.raises(LedgerError, match="has the lines origin, size and root"):
        open_checkpoint(sign("hello\n", KEY), [KEY.verifying], HEAD.origin)


def test_somebody_signs() -> None:
    with pytest.raises(LedgerError, match="signed by one key at least"):
        HEAD.signed()
