"""The file format: any zip program reads it, and nothing but what was written so is read."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, strategies as st

from policy_engine.bundle import archive
from policy_engine.bundle.archive import is_path, read_archive, write_archive
from policy_engine.bundle.flaw import Flaw

MEMBERS = {"manifest.json": b"{}", "policies/a.policy": b"policy", "policies/ü.json": b""}
DATA = write_archive(MEMBERS)
LOCAL_HEADER = 30


def refusal(data: bytes) -> str:
    with pytest.raises(Flaw) as raised:
        read_archive(data)
    assert raised.value.advice
    return raised.value.problem


def entry(name: str, content: bytes) -> bytes:
    """The part of an archive that holds this member."""
    whole = write_archive({"a": content})
    path = name.encode()
    return whole[:26] + len(path).to_bytes(2, "little") + whole[28:LOCAL_HEADER] + path + content


def zipped(**changes: object) -> bytes:
    """The members as Python's own module writes them, with this in the description of the last."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in sorted(MEMBERS.items()):
            info = zipfile.ZipInfo(name)
            for attribute, value in changes.items():
                setattr(info, attribute, value)
            file.writestr(info, content)
    return out.getvalue()


def test_members_come_back() -> None:
    assert {path: bytes(view) for path, view in read_archive(DATA).items()} == MEMBERS


def test_other_programs_read_it() -> None:
    with zipfile.ZipFile(io.BytesIO(DATA)) as file:
        assert file.testzip() is None
        assert {name: file.read(name) for name in file.namelist()} == MEMBERS
        assert {info.external_attr >> 16 for info in file.infolist()} == {0o100644}


def test_the_order_in_which_members_are_given_does_not_matter() -> None:
    assert write_archive(dict(reversed(MEMBERS.items()))) == DATA


def test_every_other_byte_is_refused() -> None:
    for place in range(len(DATA)):
        other = bytes((DATA[place] ^ (1 + place % 255),))
        data = DATA[:place] + other + DATA[place + 1 :]
        try:
            found = read_archive(data)
        except Flaw:
            continue
        assert {path: bytes(view) for path, view in found.items()} == MEMBERS, place
        pytest.fail(f"byte {place} can be another")


def test_cut_off_or_longer_it_is_refused() -> None:
    for length in range(len(DATA)):
        assert refusal(DATA[:length])
    assert "edited" in refusal(DATA + b"\0")
    assert "no bundle" in refusal(b"#!/bin/sh\n" + DATA)
    assert "no bundle" in refusal(b"")


def test_a_member_twice_or_out_of_order_is_refused() -> None:
    one, two = entry("a", b"1"), entry("b", b"2")
    for data in (one + one, two + one, one + two + two):
        assert "not in order, or one is there twice" in refusal(data)


@pytest.mark.parametrize(
    "name",
    [
        "../a",
        "/a",
        "a/../b",
        "a//b",
        "a/",
        ".",
        "a/./b",
        "C:a",
        "a\\b",
        "a\0b",
        "a\nb",
        "x" * 401,
        "ü" * 201,
    ],
)
def test_a_path_that_leads_out_is_refused(name: str) -> None:
    assert is_path(name) is False
    assert "leads out" in refusal(entry(name, b""))
    with pytest.raises(Flaw, match="cannot be the path"):
        write_archive({name: b""})


def test_a_name_that_is_no_text_is_refused() -> None:
    assert "not UTF-8" in refusal(entry("a", b"").replace(b"\0a", b"\0\xff"))


def test_nothing_is_unpacked() -> None:
    """A few bytes that would become many are refused before anything is made of them."""
    bomb = zipped(compress_type=zipfile.ZIP_DEFLATED)
    assert "compressed" in refusal(bomb)
    long = write_archive({"a": b"x"})
    assert "compressed" in refusal(long[:22] + b"\xff\xff\xff\xff" + long[26:])
    both = long[:18] + b"\xff\xff\xff\xff" * 2 + long[26:]
    assert "ends too early" in refusal(both)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"external_attr": 0o120777 << 16},
        {"comment": b"hello"},
        {"date_time": (2026, 1, 1, 0, 0, 0)},
        {"create_system": 0},
    ],
    ids=["as it comes", "link", "comment", "time", "system"],
)
def test_what_another_program_has_packed_is_refused(changes: dict[str, object]) -> None:
    assert "packed by something else" in refusal(zipped(**changes))


def test_extra_fields_are_refused() -> None:
    assert "more to it" in refusal(zipped(extra=b"\x99\x99\x01\x00x"))


def test_there_are_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_MEMBERS", 2)
    assert "more than 2 members" in refusal(DATA)
    with pytest.raises(Flaw, match="no more than 2 members"):
        write_archive(MEMBERS)
    monkeypatch.setattr(archive, "LARGEST_BUNDLE", len(DATA) - 1)
    assert "larger than" in refusal(DATA)


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b"PK\3\4" + tail))
def test_any_bytes_are_refused_and_nothing_else_happens(data: bytes) -> None:
    assert refusal(data)
