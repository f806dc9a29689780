"""One e-mail address, in one spelling.

The `dot-atom@domain` of RFC 5322 in ASCII: no quotes, comments, display name or literal address.
The domain is in lower case; the local part is kept, for only its own server knows what it means.
"""

from __future__ import annotations

import re

from policy_engine.values.urls import host, is_address

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*", re.ASCII)
_LONGEST_LOCAL = 64
_LONGEST = 254


def email(text: str) -> str | None:
    """The normal spelling of an address whose domain has a dot, else `None`."""
    if len(text) > _LONGEST + 1:
        return None
    local, _, domain = text.rpartition("@")
    if len(local) > _LONGEST_LOCAL or not _LOCAL.fullmatch(local):
        return None
    place = host(domain)
    if place is None or "." not in place or is_address(place):
        return None
    normal = f"{local}@{place}"
    return normal if len(normal) <= _LONGEST else None


def local_of(normal: str) -> str:
    """What stands before the `@`."""
    return normal.rpartition("@")[0]


def domain_of(normal: str) -> str:
    """The host behind the `@`."""
    return normal.rpartition("@")[2]
