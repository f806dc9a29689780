"""Paths of files, in one spelling.

POSIX paths, read without looking at any disk: repeated slashes and `.` fall away and `..` is
resolved by name alone. A path that climbs above where it starts is none, nor is one that some
shell or system would read otherwise: with a backslash, a leading `~`, control characters, white
space around it.
"""

from __future__ import annotations

import re

_REFUSED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\\]")


def path(text: str) -> str | None:
    """The normal spelling: no `//`, `.`, `..` or trailing slash; `.` is where relative ones start.

    `None` where the text is no path or escapes its start.
    """
    if not text or text.startswith("~") or text != text.strip() or _REFUSED.search(text):
        return None
    kept: list[str] = []
    for part in text.split("/"):
        if part == "..":
            if not kept:
                return None
            kept.pop()
        elif part not in ("", "."):
            kept.append(part)
    normal = ("/" if text.startswith("/") else "") + "/".join(kept) or "."
    # `a/../~root` leaves `~root`, so the outcome must be a path in its own right.
    return normal if normal == text else path(normal)


def under(file: str, folder: str) -> bool | None:
    """Whether a normal path is the folder or below it; `None`: one is absolute, one is not."""
    if file.startswith("/") != folder.startswith("/"):
        return None
    if folder in ("/", "."):
        return True
    return file == folder or file.startswith(f"{folder}/")


def name_of(file: str) -> str:
    """The last part of a normal path; that of `/` is empty."""
    return file.rpartition("/")[2]


def extension_of(file: str) -> str:
    """What follows the last dot of the name, in lower case; `.bashrc` has none."""
    stem, _, extension = name_of(file).lstrip(".").rpartition(".")
    return extension.lower() if stem else ""


def parent_of(file: str) -> str | None:
    """The folder of a normal path; `None` where it is not known or there is none."""
    if file in ("/", "."):
        return None
    folder, slash, _ = file.rpartition("/")
    return folder or slash or "."
