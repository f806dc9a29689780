"""Past actions as tables and lines tell them, one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import pyarrow as pa

from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.cases import Case
from policy_engine.audit.replay.flips import NUMBERS
from policy_engine.audit.replay.source import STATUSES, Line
from policy_engine.decision.action import Action, Agent, Human, Principal
from policy_engine.decision.columns.data import Places, data_of, decoded
from policy_engine.decision.columns.holders import RolesOf, asked
from policy_engine.decision.columns.shape import ROOTS, shape_of
from policy_engine.decision.history import Status
from policy_engine.foundation.errors import InputError
from policy_engine.foundation.reading import MAXIMUM_SIZE, read_json
from policy_engine.language.policy import Kind
from policy_engine.runtime.files import ActionFile
from policy_engine.values.plain import Unwritable

PRINCIPALS: Mapping[object, type[Principal]] = {"agent": Agent, "human": Human}
NO_TASK_SAID = "`task` is missing"
NOBODY = "nobody acts: `principal` and `kind` must say who"
NO_TIME = "`now` is beyond the calendar"


def case_of_line(candidate: Candidate, line: Line, now: datetime) -> Case:
    """The action of a line; `now` is the time of one that does not say its own.

    Raises `InputError` that says what is wrong with it.
    """
    if line.text is None:
        raise InputError(f"the line is larger than {MAXIMUM_SIZE // 2**20} MiB")
    value = _json_of(line.text)
    if not isinstance(value, dict):
        raise InputError("an object must stand here")
    value.pop("id", None)
    recorded, status = _outcome(value.pop("outcome", None)), _status(value.pop("status", None))
    try:
        file = ActionFile.model_validate(value)
    except ValueError as error:
        raise InputError(_first_of(error)) from error
    if file.history is not None:
        raise InputError("`history` has no place here: the past is what stands in the lines above")
    if not file.task.strip():
        raise InputError(NO_TASK_SAID)
    _refuse_timeless(candidate, file.task, file.now)
    action, session = file.action(), file.session
    who = action.principal
    return Case(
        f"line {line.number}",
        action,
        recorded,
        file.now or now,
        asked(candidate.roles, who.id, who.kind, action.domain)
        if file.roles is None
        else candidate.policy.including(frozenset(file.roles), who.kind),
        file.facts,
        session.attributes if session else {},
        session.session() if session else None,
        tuple(asked(candidate.roles, one.id, one.kind, action.domain) for one in action.chain),
        status,
    )


def _json_of(text: bytes) -> object:
    """What a line says. Raises `InputError` that counts columns: the line is named already."""
    try:
        return read_json(text.rstrip(b"\r\n"), what="it")
    except InputError as error:
        why = str(error).removeprefix("it: ").replace(", line 1 column ", ", column ")
        raise InputError(why) from error


def cases_of_rows(
    candidate: Candidate, batch: pa.RecordBatch, rows: Places, numbers: Places, now: datetime
) -> list[Case | InputError]:
    """The actions of some rows of a batch; `numbers` are those of all its rows in the table.

    Where a row tells none, what is wrong with it.
    """
    taken = _Taken(batch, rows)
    places = [f"row {number}" for number in numbers[rows].tolist()]
    found: list[Case | InputError] = []
    for at, place in enumerate(places):
        try:
            found.append(taken.case(candidate, at, place, now))
        except InputError as error:
            found.append(error)
    return found


class _Taken:
    """Some rows of a batch as Python data."""

    def __init__(self, batch: pa.RecordBatch, rows: Places) -> None:
        shape = shape_of(batch.schema)
        self._rows = pa.array(rows, pa.int64())
        self._number = len(rows)
        names = set(batch.schema.names) & {"outcome", "status"}
        self._what: dict[str, Sequence[object]] = {
            **{name: self._cells(batch.column(place)) for name, place in shape.places.items()},
            **{name: self._cells(batch.column(name)) for name in names},
        }
        self._data = {root: self._members(batch, shape.data[root], len(batch)) for root in ROOTS}

    def case(self, candidate: Candidate, at: int, place: str, now: datetime) -> Case:
        kind, id_ = self._what["kind"][at], self._what["principal"][at]
        make: Any = PRINCIPALS.get(kind)
        if make is None or not isinstance(id_, str) or not id_.strip():
            raise InputError(NOBODY)
        own, domain = self._one("now", at), cast("str | None", self._one("domain", at))
        task = self._what["task"][at]
        if own is not None and not isinstance(own, datetime):
            raise InputError(f"`now` is {own.why}" if isinstance(own, Unwritable) else NO_TIME)
        _refuse_timeless(candidate, task, own)
        return Case(
            place,
            Action(
                make(id_, **self._data[cast(str, kind)][at]),
                cast(str, task),
                self._data["input"][at],
                self._data["context"][at],
                domain=domain,
            ),
            _outcome(self._one("outcome", at)),
            own or now,
            self._roles(at, candidate.roles, id_, cast(Kind, kind), domain),
            self._data["fact"][at],
            self._data["session"][at],
            status=_status(self._one("status", at)),
        )

    def _roles(
        self, at: int, roles_of: RolesOf | None, id_: str, kind: Kind, domain: str | None
    ) -> frozenset[str] | None:
        """All that the row says, as columns read it: those that others include are said too."""
        listed = self._one("roles", at)
        if isinstance(listed, list):
            return None if None in listed else frozenset(listed)
        return asked(roles_of, id_, kind, domain)

    def _one(self, name: str, at: int) -> object:
        cells = self._what.get(name)
        return None if cells is None else cells[at]

    def _cells(self, column: pa.Array) -> Sequence[object]:
        return data_of(decoded(column).take(self._rows))

    def _members(
        self, batch: pa.RecordBatch, places: Mapping[str, int], whole: int
    ) -> list[dict[str, object]]:
        members: list[dict[str, object]] = [{} for _ in range(self._number)]
        for name, place in places.items():
            column = batch.column(place)
            if column.null_count < whole:
                for row, cell in zip(members, self._cells(column), strict=True):
                    if cell is not None:
                        row[name] = cell
        return members


def _refuse_timeless(candidate: Candidate, task: object, now: datetime | None) -> None:
    if now is None and (task in candidate.questions or task in candidate.remembered):
        raise InputError(f"`now` is missing, and the policy asks about the past of `{task}`")


def _outcome(word: object) -> int:
    number = NUMBERS.get(word) if isinstance(word, str) else None
    if number is None:
        raise InputError(no_outcome(word))
    return number


def no_outcome(word: object) -> str:
    """What is wrong with what should be an outcome."""
    given = "is missing" if word is None else f"is `{str(word)[:40]}`"
    return f"`outcome` {given}; it is one of {', '.join(NUMBERS)}"


def _status(word: object) -> Status | None:
    if word is None or (isinstance(word, str) and word in STATUSES):
        return cast("Status | None", word)
    raise InputError(f"`status` is `{str(word)[:40]}`; it is one of {', '.join(sorted(STATUSES))}")


def _first_of(error: ValueError) -> str:
    """The first of what Pydantic found, in a line."""
    found = getattr(error, "errors", None)
    if found is None:
        return str(error)
    first = found()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"`{where}`: {first['msg'].removeprefix('Value error, ')}"
