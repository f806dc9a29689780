"""Absolute URLs and host names, in one spelling.

RFC 3986 read strictly: what two programs could understand differently is no URL here. So there is
no user information, no character outside the standard's, no path that climbs above its root, and
no odd spelling of an IP address (`2130706433`, `0x7f.1`, `127.1`, `::ffff:7f00:1`). Only the
brackets that many queries contain (`?filter[a]=1`) are allowed beyond the standard.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple

_SHAPE = re.compile(
    r"([A-Za-z][A-Za-z0-9+.\-]*)://"
    r"(\[[0-9A-Fa-f:.]*\]|[A-Za-z0-9._\-]+)(?::([0-9]{0,5}))?"
    r"((?:/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*)?)"
    r"((?:\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?\[\]]*)?(?:#[A-Za-z0-9\-._~!$&'()*+,;=:@%/?\[\]]*)?)",
    re.ASCII,
)
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}", re.ASCII)
_NO_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})", re.ASCII)
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_LONGEST_HOST = 253
_LARGEST_PORT = 65_535

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}


class Parts(NamedTuple):
    """What a normal URL is made of; the port is that of its scheme where none is written."""

    scheme: str
    host: str
    port: int | None
    path: str


def url(text: str) -> str | None:
    """The normal spelling of an absolute URL with a host, else `None`."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    scheme, place, port = match[1].lower(), host(match[2]), int(match[3] or -1)
    path, behind = _unescaped(match[4]), _unescaped(match[5])
    resolved = _without_dots(path) if path is not None else None
    if place is None or port > _LARGEST_PORT or resolved is None or behind is None:
        return None
    shown = f"[{place}]" if ":" in place else place
    suffix = "" if port in (-1, DEFAULT_PORTS.get(scheme)) else f":{port}"
    return f"{scheme}://{shown}{suffix}{resolved}{behind}"


def parts(normal: str) -> Parts | None:
    """The parts of what `url` gave."""
    match = _SHAPE.fullmatch(normal)
    if match is None:
        return None
    scheme = match[1]
    port = int(match[3]) if match[3] else DEFAULT_PORTS.get(scheme)
    return Parts(scheme, match[2].strip("[]"), port, match[4])


def host(text: str) -> str | None:
    """The normal spelling of a host name or an IP address, else `None`.

    Lower case, without the dot that may end it; IPv6 without its brackets.
    """
    if len(text) > _LONGEST_HOST + 1 or not text.isascii():
        return None
    name = text.lower()
    if ":" in name:
        bracketed = name.startswith("[") and name.endswith("]")
        return _ipv6(name[1:-1] if bracketed else name)
    name = name.removesuffix(".")
    labels = name.split(".")
    if len(name) > _LONGEST_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    return _ipv4(name) if _NUMERIC_LABEL.fullmatch(labels[-1]) else name


def is_address(normal: str) -> bool:
    """Whether what `host` gave is an IP address."""
    return ":" in normal or normal.rpartition(".")[2].isdecimal()


def _ipv4(text: str) -> str | None:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        return None


def _ipv6(text: str) -> str | None:
    if "%" in text:
        return None
    try:
        address = IPv6Address(text)
    except AddressValueError:
        return None
    return str(address) if address.ipv4_mapped is None else None


def _unescaped(text: str) -> str | None:
    """Percent-encodings in upper case, those of unreserved characters undone."""
    return None if _NO_ESCAPE.search(text) else _ESCAPE.sub(_unescaped_one, text)


def _unescaped_one(match: re.Match[str]) -> str:
    character = chr(int(match[0][1:], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _without_dots(path: str) -> str | None:
    """RFC 3986 section 5.2.4, but a path that climbs above its root is none."""
    segments = path.split("/")[1:] or [""]
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            if not kept:
                return None
            kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
