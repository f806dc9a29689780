"""Entries a tile's worth at a time: is everything in order with them?

Reading a page in one go takes half the time of looking at each entry by itself, and several
processes can read several pages. What this does not find in order is looked at more closely
(`verify.py`), so nothing is found wrong here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

from pydantic_core import SchemaValidator, core_schema

from policy_engine.foundation.errors import LedgerError
from policy_engine.ledger.authorised import MEMBERS
from policy_engine.ledger.leaf import SALT_SIZE
from policy_engine.ledger.record import Record, head_after
from policy_engine.ledger.tree import leaf_hash

Told: TypeAlias = tuple[int, str, Mapping[str, object]]
"""An entry's number and kind, and of what it tells the members that verifying asks for."""

FIRST = "opened"
"""The kind of the first entry."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Entries, each of which follows from the one before it and is as its digest says."""

    after: tuple[int, bytes]
    """Number and head of the entry that they follow."""
    leaves: Sequence[bytes]
    heads: Sequence[bytes]
    told: Sequence[Told]

    @property
    def end(self) -> tuple[int, bytes]:
        """Number and head of the last of them."""
        return self.after[0] + len(self.heads), self.heads[-1]


def sound(page: Sequence[Record], number: int, head: bytes) -> Sound | None:
    """What these entries (one at least) are, if all is in order with them and they follow the entry
    with this number and head. None where that is not so, or only a closer look can tell."""
    if number == 0 and page[0].kind != FIRST:
        return None
    after, leaves, told = (number, head), list[bytes](), list[Told]()
    for record in page:
        number += 1
        text, salt = record.text, record.salt
        if text is None or salt is None or len(salt) != SALT_SIZE or record.number != number:
            return None
        if type(record.number) is not int:
            return None
        try:
            data = text.encode()
            body = _members(data)
            leaf = leaf_hash(record.entry)
        except (ValueError, LedgerError):
            return None
        head = head_after(head, leaf)
        if sha256(salt + data).digest() != record.digest or head != record.head:
            return None
        leaves.append(leaf)
        told.append((number, record.kind, body))
    return Sound(after, leaves, [record.head for record in page], told)


def _reader() -> Callable[[bytes], dict[str, object]]:
    """Reads a JSON object to its end, and makes Python of some of its members alone: a quarter of
    the time. Raises `ValueError` for what is no JSON object."""
    member = core_schema.typed_dict_field(core_schema.any_schema(), required=False)
    names = (*MEMBERS, *ITS_OWN)
    schema = core_schema.typed_dict_schema(dict.fromkeys(names, member), extra_behavior="ignore")
    return SchemaValidator(schema).validate_json


ITS_OWN = ("entry", "key")
"""Members of what the record says of itself: what was erased, and who signs."""

_members = _reader()
