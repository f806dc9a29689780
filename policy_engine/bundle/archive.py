"""The file format of a bundle: a zip that can be written in one way only.

Members are stored, not compressed, in the order of their names, with one fixed time and no more
than a zip must have. So the same members always give the same bytes. Reading relies on that: it
takes the members out, writes them anew, and refuses whatever is not the same byte for byte. No
duplicate, link, comment, compressed or hidden member can get through. Any zip program can read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from struct import Struct
from zlib import crc32

from policy_engine.bundle.flaw import Flaw

LARGEST_BUNDLE = 64 * 1024 * 1024
MOST_MEMBERS = 10_000
LONGEST_NAME = 400

_LOCAL = Struct("<4s5H3L2H")
_CENTRAL = Struct("<4s6H3L5H2L")
_END = Struct("<4s4H2LH")
_VERSION, _MADE_BY_UNIX, _UTF8, _STORED = 20, 3 << 8 | 20, 0x800, 0
_TIME, _DATE = 0, 1 << 5 | 1
"""Midnight of 1 January 1980, the first that a zip can say."""
_REGULAR_FILE = 0o100644 << 16
_PART = re.compile(r'[^\x00-\x1f\x7f/\\:*?"<>|]+')

_ANEW = "get it anew from where it was built"


def write_archive(members: Mapping[str, bytes | memoryview]) -> bytes:
    """The bytes of an archive with these members, at their paths.

    Raises `Flaw` for a path that is none, and for more than a bundle may hold.
    """
    _check_bounds(members)
    ordered = sorted((_encoded(path), data) for path, data in members.items())
    parts: list[bytes | memoryview] = []
    central: list[bytes] = []
    offset = 0
    for name, data in ordered:
        size, check = len(data), crc32(data)
        shared = (_VERSION, _UTF8, _STORED, _TIME, _DATE, check, size, size, len(name), 0)
        header = _LOCAL.pack(b"PK\3\4", *shared) + name
        rest = (0, 0, 0, _REGULAR_FILE, offset)
        central.append(_CENTRAL.pack(b"PK\1\2", _MADE_BY_UNIX, *shared, *rest) + name)
        parts += header, data
        offset += len(header) + size
    listing = b"".join(central)
    count = len(ordered)
    end = _END.pack(b"PK\5\6", 0, 0, count, count, len(listing), offset, 0)
    return b"".join((*parts, listing, end))


def read_archive(data: bytes) -> dict[str, memoryview]:
    """The members by their paths, as views into the bytes. Raises `Flaw`."""
    if len(data) > LARGEST_BUNDLE:
        raise Flaw(f"it is larger than {LARGEST_BUNDLE // 2**20} MiB", "ship fewer policies in one")
    members: dict[str, memoryview] = {}
    last = b""
    for name, content in _members(data):
        if name <= last:
            raise Flaw("its members are not in order, or one is there twice", _ANEW)
        if len(members) == MOST_MEMBERS:
            raise Flaw(f"it has more than {MOST_MEMBERS} members", "ship fewer policies in one")
        members[_decoded(name)] = content
        last = name
    if not members or write_archive(members) != data:
        raise Flaw("it is no bundle, or it was edited, damaged or packed by something else", _ANEW)
    return members


def is_path(path: str) -> bool:
    """Whether this can be a member's path: plain names, none of which leads up or elsewhere."""
    return (
        all(_PART.fullmatch(part) and part not in (".", "..") for part in path.split("/"))
        and 0 < len(path.encode("utf-8", "surrogatepass")) <= LONGEST_NAME
    )


def _members(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """What stands one after the other from the beginning; what comes behind it is not looked at."""
    view = memoryview(data)
    offset = 0
    while data.startswith(b"PK\3\4", offset):
        if offset + _LOCAL.size > len(data):
            raise Flaw("it ends too early", _ANEW)
        header = _LOCAL.unpack_from(data, offset)
        method, compressed, size, length, extra = header[3], *header[7:]
        if method != _STORED or compressed != size or extra:
            raise Flaw("a member is compressed, or has more to it than a bundle has", _ANEW)
        start = offset + _LOCAL.size + length
        offset = start + size
        if offset > len(data):
            raise Flaw("it ends too early", _ANEW)
        yield bytes(view[start - length : start]), view[start:offset]


def _check_bounds(members: Mapping[str, bytes | memoryview]) -> None:
    size = sum(len(data) for data in members.values())
    if len(members) > MOST_MEMBERS or size > LARGEST_BUNDLE:
        limit = f"{MOST_MEMBERS} members and {LARGEST_BUNDLE // 2**20} MiB"
        raise Flaw(f"a bundle holds no more than {limit}", "ship fewer policies in one")


def _encoded(path: str) -> bytes:
    if not is_path(path):
        raise Flaw(f"{path!r} cannot be the path of a member", "rename the file")
    return path.encode()


def _decoded(name: bytes) -> str:
    try:
        path = name.decode()
    except UnicodeDecodeError as error:
        raise Flaw("the path of a member is not UTF-8", _ANEW) from error
    if not is_path(path):
        raise Flaw(f"{path!r} leads out of the bundle, or is no path", _ANEW)
    return path
