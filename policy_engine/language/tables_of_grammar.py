"""The parser's tables, computed once and shipped: reading them is fifteen times faster.

They are data (JSON, packed), never code, and count only for the very grammar and version of Lark
that they were made of; for any other they are ignored and computed anew.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

from policy_engine.foundation.data import data_file

FILE = "grammar/tables.z"


def kept(state: str) -> dict[str, Any] | None:
    """The tables that ship, if they are of this state of the grammar."""
    file = data_file(FILE)
    if not file.is_file():
        return None
    found = json.loads(zlib.decompress(file.read_bytes()))
    if found["state"] != state:
        return None
    return {"data": _restored(found["data"]), "memo": _restored(found["memo"])}


def packed(state: str, tables: dict[str, Any]) -> bytes:
    """Tables as they are written to the file."""
    text = json.dumps({"state": state, **tables}, separators=(",", ":"), sort_keys=False)
    return zlib.compress(text.encode(), 9)


def _restored(value: Any) -> Any:
    """JSON knows only texts as names of members; Lark's states and memos are numbers."""
    if isinstance(value, dict):
        return {int(k) if k.isdecimal() else k: _restored(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_restored(item) for item in value]
    return value
