"""Who acts, row by row: a number for each kind of principal with the same roles.

Only roles that some rule is about make a difference here; single rows are given all of them. A
row whose principal has no id, or is neither agent nor human, is nobody's: it is denied by no rule.
Where the roles of somebody are not known, no table can tell the answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
import pyarrow as pa

from policy_engine.decision.columns.data import (
    A_PART,
    EVERY,
    Coded,
    Codes,
    Flags,
    Part,
    Places,
    Words,
    coded,
    decoded,
    given,
    parts,
)
from policy_engine.decision.columns.numbering import numbered
from policy_engine.decision.columns.shape import Shape
from policy_engine.decision.columns.sheets import KINDS, Sheet, words_of
from policy_engine.language.policy import Kind

RolesOf: TypeAlias = Callable[[str, Kind, str | None], frozenset[str] | None]
"""The roles of a principal by id, kind and domain; None where nobody knows them."""

_NOBODY = len(KINDS)
_MOST_KEYS = 1 << 20
"""Words of a table of all pairs of a task and a holder, and of what it is made of."""
_EVERYWHERE = np.zeros(1, np.intp)


@dataclass(frozen=True, slots=True)
class Holders:
    """The different holders of a batch, and which of them each row has."""

    rows: Codes
    kinds: Places
    """Of each holder: its place in `KINDS`, or one more for nobody."""
    roles: Words
    """Of each holder: a bit for each role."""
    known: Flags
    """Of each holder, whether its roles are known."""

    def keys(self, sheet: Sheet) -> Callable[[Places, Places], Words]:
        """The first key by task and holder; where there are few, from a table of all pairs."""
        holders, roles = self._held(EVERY)
        tasks, count = len(sheet.tasks), len(self.kinds)
        if tasks * (count + len(roles)) * sheet.words > _MOST_KEYS:
            return lambda task, holder: self._pairs(sheet, task, holder)
        keys = sheet.subjects.reshape(tasks, len(KINDS), -1)[:, np.minimum(self.kinds, 1)]
        if len(roles):
            starts = np.flatnonzero(np.diff(holders, prepend=-1))
            about = sheet.roles.reshape(tasks, -1, sheet.words)[:, roles]
            keys[:, holders[starts]] |= np.bitwise_or.reduceat(about, starts, axis=1)
        table = keys.reshape(-1, sheet.words)
        self._settle(table, sheet, np.arange(tasks).repeat(count), np.tile(np.arange(count), tasks))
        return lambda task, holder: table.take(task * count + holder, axis=0, mode="clip")

    def _pairs(self, sheet: Sheet, tasks: Places, holders: Places) -> Words:
        """The same, pair by pair."""
        kinds = np.minimum(self.kinds.take(holders), 1)
        keys = sheet.subjects.take(tasks * len(KINDS) + kinds, axis=0)
        pairs, roles = self._held(holders)
        if len(roles):
            starts = np.flatnonzero(np.diff(pairs, prepend=-1))
            about = sheet.roles.reshape(len(sheet.tasks), -1, sheet.words)[tasks[pairs], roles]
            keys[pairs[starts]] |= np.bitwise_or.reduceat(about, starts, axis=0)
        self._settle(keys, sheet, tasks, holders)
        return keys

    def _held(self, holders: Part) -> tuple[Places, Places]:
        """All pairs of a place among these holders and a role that it has, in order."""
        bits = np.unpackbits(self.roles[holders].view(np.uint8), axis=1, bitorder="little")
        places, roles = np.nonzero(bits)
        return places, roles

    def _settle(self, keys: Words, sheet: Sheet, tasks: Places, holders: Places) -> None:
        """Nobody has no rules; of whom the roles are not known no table can tell the answer."""
        nobody, top = self.kinds.take(holders) == _NOBODY, np.uint64(1 << 63)
        keys[nobody] = 0
        keys[nobody, -1] = top | (tasks[nobody].astype(np.uint64) << np.uint64(sheet.shift))
        keys[~self.known.take(holders) & ~nobody, -1] &= ~top


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that say who acts."""

    principal: Coded
    kind: Coded
    domain: Coded | None
    roles: pa.Array | None


def columns_of(batch: pa.RecordBatch, shape: Shape) -> Columns:
    """The columns of a batch that say who acts."""

    def column(name: str) -> pa.Array | None:
        place = shape.places.get(name)
        return decoded(batch.column(place)) if place is not None else None

    roles, domain = column("roles"), column("domain")
    return Columns(
        coded(column("principal")),
        coded(column("kind")),
        coded(domain) if domain is not None else None,
        roles if roles is not None and roles.null_count < len(roles) else None,
    )


def holders_of(columns: Columns, roles: Sequence[str], roles_of: RolesOf | None) -> Holders:
    """The holders of a batch. `roles` are those that rules are about; what the table does not say
    of them, `roles_of` does."""
    places = {role: place for place, role in enumerate(roles)}
    words = len(roles) // 64 + 1
    if columns.roles is None:
        return _asked(columns, places, words, roles_of)
    listed = _listed(columns, places, words)
    if not columns.roles.null_count:
        return listed
    asked = _asked(columns, places, words, roles_of)
    says, count = given(columns.roles), len(listed.kinds)
    return Holders(
        lambda part: np.where(says[part], listed.rows(part), asked.rows(part) + count),
        np.concatenate([listed.kinds, asked.kinds]),
        np.concatenate([listed.roles, asked.roles]),
        np.concatenate([listed.known, asked.known]),
    )


def _asked(
    columns: Columns, places: Mapping[str, int], words: int, roles_of: RolesOf | None
) -> Holders:
    """By the principal's id, kind and domain; asked once for each."""
    some = [columns.principal, columns.kind, columns.domain or Coded(_EVERYWHERE, [None])]
    many = len(columns.kind.values), len(some[2].values)
    different, rows = _different(some)
    found: dict[tuple[int, frozenset[str] | None], int] = {}
    numbers: list[int] = []
    for code in different.tolist():
        rest, at = divmod(code, many[1])
        id_, kind = (columns.principal.values[rest // many[0]], columns.kind.values[rest % many[0]])
        place = _kind_place(id_, kind)
        held = None
        if place != _NOBODY:
            held = asked(roles_of, cast(str, id_), cast(Kind, kind), some[2].values[at])
            held = None if held is None else held.intersection(places)
        numbers.append(found.setdefault((place, held), len(found)))
    masks = (sum(1 << places[role] for role in held or ()) for _, held in found)
    holders = np.array(numbers, np.intp)
    return Holders(
        lambda part: holders.take(rows(part)),
        np.array([place for place, _ in found], np.intp),
        words_of(masks, words),
        np.array([held is not None for _, held in found], np.bool_),
    )


def asked(roles_of: RolesOf | None, id_: str, kind: Kind, domain: object) -> frozenset[str] | None:
    """The roles of a principal, if somebody knows them."""
    if roles_of is None:
        return None
    try:
        held = roles_of(id_, kind, cast("str | None", domain))
    except Exception:  # noqa: BLE001 — foreign code; what it cannot say is not known
        return None
    return held if type(held) is frozenset else None


def _listed(columns: Columns, places: Mapping[str, int], words: int) -> Holders:
    """By the lists of roles in the table."""
    column = columns.roles
    assert column is not None
    names = coded(decoded(column.flatten()))
    lengths = column.value_lengths().fill_null(0).to_numpy().astype(np.intp)
    # A bit beyond all roles stands for one that is null: then nobody knows what was meant.
    last = 64 * words - 1
    bits = [places.get(name) if isinstance(name, str) else last for name in names.values]
    table = words_of((0 if bit is None else 1 << bit for bit in bits), words)
    held = np.zeros((len(column), words), np.uint64)
    some = np.flatnonzero(lengths)
    if len(some):
        starts = np.cumsum(lengths)[some] - lengths[some]
        held[some] = np.bitwise_or.reduceat(table.take(names.at(EVERY), axis=0), starts, axis=0)
    numbers, sets = numbered(held)
    known = sets[:, -1] >> np.uint64(63) == 0
    sets = np.where(known[:, None], sets, np.uint64(0))
    persons, count = _persons(columns), len(KINDS) + 1
    return Holders(
        lambda part: numbers[part].astype(np.intp) * count + persons(part),
        np.tile(np.arange(count), len(sets)),
        np.repeat(sets, count, axis=0),
        np.repeat(known, count),
    )


def _persons(columns: Columns) -> Codes:
    """By row the place of the kind in `KINDS`, or one more for nobody."""
    kinds = np.array([_kind_place("?", kind) for kind in columns.kind.values], np.intp)
    named = np.array([_kind_place(id_, KINDS[0]) for id_ in columns.principal.values], np.intp)

    def persons(part: Part) -> Places:
        nobody = named.take(columns.principal.at(part)) == _NOBODY
        return np.where(nobody, _NOBODY, kinds.take(columns.kind.at(part)))

    return persons


def _kind_place(id_: object, kind: object) -> int:
    is_named = isinstance(id_, str) and bool(id_.strip())
    return KINDS.index(kind) if is_named and kind in KINDS else _NOBODY


def _different(columns: Sequence[Coded]) -> tuple[Places, Codes]:
    """The different rows of columns, each as one code, and which of them each row is."""
    rows, sizes = len(columns[0].codes), [len(column.values) for column in columns]
    varied = [column.codes.any() for column in columns]

    def combined(part: Part) -> Places:
        whole = columns[0].at(part)
        for column, size, varies in zip(columns[1:], sizes[1:], varied[1:], strict=True):
            whole = whole * size
            if varies:
                whole += column.at(part)
        return whole

    size = math.prod(sizes)
    if size > 4 * rows + (1 << 16):
        different, places = np.unique(combined(EVERY), return_inverse=True)
        return different, lambda part: places[part]
    is_there = np.zeros(size, np.bool_)
    for part in parts(rows, A_PART):
        is_there[combined(part)] = True
    different = np.flatnonzero(is_there)
    numbers = np.empty(size, np.intp)
    numbers[different] = np.arange(len(different))
    return different, lambda part: numbers.take(combined(part))
