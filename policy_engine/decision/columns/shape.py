"""The shape of a table of actions: which column says what.

A table has one row for each action, and these columns in any order:

    task        text    the task
    principal   text    the id of who acts
    kind        text    `agent` or `human`
    roles       list of text, optional: all roles held, those that others include too
    domain      text, optional: the tenant in whose directory roles are held
    now         timestamp with a time zone, optional: when it is decided
    ROOT.NAME   a datum; ROOT is `input`, `context`, `agent`, `human`, `session` or `fact`

Texts may be dictionary-encoded, and so may everything else. Null means not given. Other columns
without a point in their name (an id, a note) are left alone; a point behind an unknown root is a
slip that would silently take data away, so such a table is not decided at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from policy_engine.foundation.errors import InputError

ROOTS = ("input", "context", "agent", "human", "session", "fact")
_NEEDED = ("task", "principal", "kind")
_KNOWN = (*_NEEDED, "roles", "domain", "now")


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the columns of a table are."""

    places: Mapping[str, int]
    """By name, those that say who, what and when."""
    data: Mapping[str, Mapping[str, int]]
    """By root, the columns of its members by name."""


def shape_of(schema: pa.Schema) -> Shape:
    """The shape of a table. Raises `InputError` where it is none of actions."""
    places: dict[str, int] = {}
    data: dict[str, dict[str, int]] = {root: {} for root in ROOTS}
    for place, name in enumerate(schema.names):
        root, point, member = name.partition(".")
        if point and root not in data:
            raise InputError(f"the column `{name}` has a root that is none of {', '.join(ROOTS)}")
        into = data[root] if point else places
        key = member if point else name
        if key in into and (point or key in _KNOWN):
            raise InputError(f"the column `{name}` is there twice")
        if point or key in _KNOWN:
            into[key] = place
    for problem in _problems(schema, places):
        raise InputError(problem)
    return Shape(places, data)


def _problems(schema: pa.Schema, places: Mapping[str, int]) -> Iterator[str]:
    for name in _NEEDED:
        if name not in places:
            yield f"a table of actions needs a column `{name}`"
    for name in (*_NEEDED, "domain"):
        if name in places and not _is_text(schema.field(places[name]).type):
            yield f"the column `{name}` must be text"
    if "roles" in places and not _is_list_of_text(schema.field(places["roles"]).type):
        yield "the column `roles` must be a list of text"
    if "now" in places:
        type_ = schema.field(places["now"]).type
        if not (pa.types.is_null(type_) or (pa.types.is_timestamp(type_) and type_.tz)):
            yield "the column `now` must be a timestamp with its time zone"


def _is_text(type_: pa.DataType) -> bool:
    if pa.types.is_dictionary(type_) or pa.types.is_run_end_encoded(type_):
        return _is_text(type_.value_type)
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return pa.types.is_null(type_) or any(is_kind(type_) for is_kind in kinds)


def _is_list_of_text(type_: pa.DataType) -> bool:
    if pa.types.is_null(type_):
        return True
    is_list = pa.types.is_list(type_) or pa.types.is_large_list(type_)
    return is_list and _is_text(type_.value_type)
