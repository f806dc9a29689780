"""Paths in their one spelling, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from policy_engine.values.paths import extension_of, name_of, parent_of, path, under


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("/workspace/a.txt", "/workspace/a.txt"),
        ("//workspace///a/./b/", "/workspace/a/b"),
        ("/workspace/x/../../etc/passwd", "/etc/passwd"),
        ("a/b/..", "a"),
        ("a/..", "."),
        (".", "."),
        ("./", "."),
        ("/", "/"),
        ("//", "/"),
        ("/..a/...", "/..a/..."),
        ("été/日本", "été/日本"),
        ("a b/c d", "a b/c d"),
        ("%2e%2e/x", "%2e%2e/x"),
    ],
)
def test_a_path_has_one_spelling(text: str, normal: str) -> None:
    assert path(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        *("", "..", "../x", "a/../../x", "/..", "/../x", "/a/../../etc", "~", "~/x", "~root/x"),
        *("a/../~root", "a\\b", "..\\x", "a\0b", "a\nb", "a\x7f", "a\x85b", " /etc", "x ", "./ x"),
        *("\ud800", "a\u2028b", "\u00a0/x"),
    ],
)
def test_what_is_no_path(text: str) -> None:
    assert path(text) is None


PIECES = st.lists(st.sampled_from(["/", ".", "..", "a", "~", " ", "\\", "b.c", "\0"]))


@given(st.text(max_size=20) | PIECES.map("".join))
def test_normal_paths_stay(text: str) -> None:
    normal = path(text)
    if normal is not None:
        assert path(normal) == normal
        assert "//" not in normal and ".." not in normal.split("/")


@pytest.mark.parametrize(
    ("file", "folder", "result"),
    [
        ("/workspace/a", "/workspace", True),
        ("/workspace", "/workspace", True),
        ("/workspace-2/a", "/workspace", False),
        ("/etc", "/workspace", False),
        ("/etc", "/", True),
        ("a/b", "a", True),
        ("a", ".", True),
        (".", "a", False),
        ("a", "/a", None),
        ("/a", ".", None),
    ],
)
def test_below_a_folder(file: str, folder: str, result: bool | None) -> None:
    assert under(file, folder) is result


@pytest.mark.parametrize(
    ("file", "name", "extension", "parent"),
    [
        ("/a/b.TXT", "b.TXT", "txt", "/a"),
        ("a.tar.gz", "a.tar.gz", "gz", "."),
        ("/x/.bashrc", ".bashrc", "", "/x"),
        ("/x/.a.b", ".a.b", "b", "/x"),
        ("/x/y.", "y.", "", "/x"),
        ("/x", "x", "", "/"),
        ("/", "", "", None),
        (".", ".", "", None),
    ],
)
def test_parts(file: str, name: str, extension: str, parent: str | None) -> None:
    assert (name_of(file), extension_of(file), parent_of(file)) == (name, extension, parent)


def test_a_long_path_takes_linear_time() -> None:
    assert path("a/../" * 200_000) == "."
