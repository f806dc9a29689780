"""Single rows as actions: what no table can tell is decided like any other action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import pyarrow as pa

from policy_engine.decision.action import Action, Agent, Human, Principal
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.code.verdicts import Verdicts
from policy_engine.decision.columns.data import Places, data_of, decoded
from policy_engine.decision.columns.holders import RolesOf, asked
from policy_engine.decision.columns.shape import ROOTS, Shape
from policy_engine.decision.verdict import Verdict
from policy_engine.language.policy import Kind

_PRINCIPALS: Mapping[object, type[Principal]] = {"agent": Agent, "human": Human}
Cells = Sequence[object]
Members = Sequence[dict[str, object]]


def verdicts_of_rows(
    batch: pa.RecordBatch,
    shape: Shape,
    rows: Places,
    verdicts: Verdicts,
    roles_of: RolesOf | None,
    now: datetime,
) -> list[Verdict | None]:
    """The verdicts of these rows, each with all deciding rules.

    None for a row of which no action can be made, since nobody acts. `now` is the time of rows
    that do not say theirs.
    """
    taken = _Taken(batch, shape, rows)
    found: list[Verdict | None] = []
    for place in range(len(rows)):
        action = taken.action(place)
        if action is None:
            found.append(None)
            continue
        roles = taken.roles(place, roles_of)
        given = taken.circumstances(place, roles, now)
        found.append(verdicts.first("complete", action, roles, given))
    return found


class _Taken:
    """Some rows of a batch as Python data."""

    def __init__(self, batch: pa.RecordBatch, shape: Shape, rows: Places) -> None:
        self._batch = batch
        self._shape = shape
        self._rows = pa.array(rows)
        self._what = {name: self._cells(place) for name, place in shape.places.items()}
        self._data = {root: self._members(shape.data[root]) for root in ROOTS}

    def action(self, place: int) -> Action | None:
        """The action of a row; None where nobody acts."""
        kind, id_ = self._what["kind"][place], self._what["principal"][place]
        make: Any = _PRINCIPALS.get(kind)
        if make is None or not isinstance(id_, str) or not id_.strip():
            return None
        domain = self._what["domain"][place] if "domain" in self._what else None
        return Action(
            make(id_, **self._data[cast(str, kind)][place]),
            cast(str, self._what["task"][place]),
            self._data["input"][place],
            self._data["context"][place],
            domain=cast("str | None", domain),
        )

    def roles(self, place: int, roles_of: RolesOf | None) -> frozenset[str] | None:
        """The roles that a row says or, where it says none, that somebody knows."""
        listed = self._what["roles"][place] if "roles" in self._what else None
        if isinstance(listed, list):
            return None if None in listed else frozenset(listed)
        id_, kind = self._what["principal"][place], self._what["kind"][place]
        domain = self._what["domain"][place] if "domain" in self._what else None
        return asked(roles_of, cast(str, id_), cast(Kind, kind), domain)

    def circumstances(
        self, place: int, roles: frozenset[str] | None, now: datetime
    ) -> Circumstances:
        """When it is decided, and what is known besides."""
        at = self._what["now"][place] if "now" in self._what else None
        return Circumstances(
            now if at is None else cast(datetime, at),
            roles,
            facts=self._data["fact"][place],
            attributes=self._data["session"][place],
        )

    def _cells(self, place: int) -> Cells:
        return data_of(decoded(self._batch.column(place)).take(self._rows))

    def _members(self, places: Mapping[str, int]) -> Members:
        """For each row the members that it has."""
        members: list[dict[str, object]] = [{} for _ in range(len(self._rows))]
        for name, place in places.items():
            if self._batch.column(place).null_count < len(self._batch):
                for row, cell in zip(members, self._cells(place), strict=True):
                    if cell is not None:
                        row[name] = cell
        return members
