"""Action files and session files: what the command line reads. Pydantic stands here, at the border.

An action file is one JSON object. A session file is JSON lines: first who asks for what, then the
proposed actions in order, with the outputs that the tools returned where they were recorded.
Both are read strictly: exact decimals, no duplicate and no unknown members.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from policy_engine.decision.action import Action, Agent, Human, Principal
from policy_engine.decision.history import History, PastAction, Status as PastStatus
from policy_engine.decision.session import Session
from policy_engine.foundation.errors import InputError
from policy_engine.foundation.reading import MAXIMUM_SIZE, read_json
from policy_engine.foundation.suggest import nearest
from policy_engine.values.conform import timestamp

_M = TypeVar("_M", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class PrincipalModel(_Strict):
    """`{"kind": "agent", "id": "bot-7", "attributes": {…}}`."""

    kind: Literal["agent", "human"] = "agent"
    id: str = Field(pattern=r"\S")
    attributes: dict[str, Any] = {}

    def principal(self) -> Principal:
        make = Agent if self.kind == "agent" else Human
        return make(self.id, **self.attributes)


class PersonModel(_Strict):
    """The person on whose behalf an agent acts."""

    id: str = Field(pattern=r"\S")
    attributes: dict[str, Any] = {}

    def human(self) -> Human:
        return Human(self.id, **self.attributes)


class OutputModel(_Strict):
    """An output that the session has seen."""

    task: str
    input: dict[str, Any] = {}
    output: Any = None


class SessionModel(_Strict):
    """What the session has seen, inside an action file; `attributes` are `session has` …"""

    id: str | None = None
    request: str | None = None
    outputs: list[OutputModel] = []
    attributes: dict[str, Any] = {}

    def session(self) -> Session:
        session = Session(self.request, id=self.id)
        for seen in self.outputs:
            session.record(seen.task, seen.output, seen.input)
        return session


def _instant(value: object) -> object:
    instant = timestamp(value) if isinstance(value, str) else None
    if instant is None:
        raise ValueError("must be a timestamp such as 2026-11-23T12:00:00Z")
    return instant


class PastModel(_Strict):
    """A past action, in the `history` of an action file."""

    task: str
    input: dict[str, Any] = {}
    principal: PrincipalModel
    at: Annotated[datetime, BeforeValidator(_instant)]
    status: PastStatus = "executed"
    approved: bool = False
    output: Any = None
    context: dict[str, Any] = {}
    session: str | None = None

    def past(self) -> PastAction:
        output = () if self.output is None else (self.output,)
        return PastAction(
            self.task,
            self.input,
            self.principal.principal(),
            self.at,
            self.status,
            self.approved,
            output,
            self.context,
            self.session,
        )


class ActionFile(_Strict):
    """One proposed action and its circumstances."""

    principal: PrincipalModel
    task: str
    input: dict[str, Any] = {}
    context: dict[str, Any] = {}
    on_behalf_of: PersonModel | None = None
    chain: list[PrincipalModel] = []
    """Who delegated it, outermost first."""
    domain: str | None = None
    roles: list[str] | None = None
    facts: dict[str, Any] = {}
    session: SessionModel | None = None
    now: Annotated[datetime, BeforeValidator(_instant)] | None = None
    history: list[PastModel] | None = None
    """What happened before; without it, the past is unknown."""

    def action(self) -> Action:
        behalf = self.on_behalf_of.human() if self.on_behalf_of else None
        principal, chain = self.principal.principal(), tuple(p.principal() for p in self.chain)
        return Action(principal, self.task, self.input, self.context, behalf, self.domain, chain)

    def past(self) -> History | None:
        if self.history is None:
            return None
        return History(tuple(past.past() for past in self.history))


class SessionHead(_Strict):
    """The first line of a session file."""

    session: str | None = None
    request: str | None
    principal: PrincipalModel
    context: dict[str, Any] = {}
    on_behalf_of: PersonModel | None = None
    domain: str | None = None


class SessionStep(_Strict):
    """A further line: a proposed action, and what its tool returned when it was recorded."""

    task: str
    input: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    output: Any = None
    error: str | None = None


class Recording:
    """A session file as read."""

    def __init__(self, id_: str, head: SessionHead, steps: list[SessionStep]) -> None:
        self.id = id_
        self.head = head
        self.steps = steps

    def action(self, step: SessionStep) -> Action:
        head = self.head
        behalf = head.on_behalf_of.human() if head.on_behalf_of else None
        principal = head.principal.principal()
        return Action(principal, step.task, step.input, head.context, behalf, head.domain)


def read_action(path: str | Path) -> ActionFile:
    """The action of a file. Raises `InputError` that says what is wrong and where."""
    return _model(ActionFile, read_json(_bytes(Path(path)), what=str(path)), str(path))


def read_session(path: str | Path) -> Recording:
    """The session of a file. Raises `InputError` that names the line."""
    data = _bytes(Path(path))
    lines = [(n, line) for n, line in enumerate(data.splitlines(), 1) if line.strip()]
    if not lines:
        raise InputError(f"{path}: an empty file is no session")
    values = [(f"{path}:{n}", read_json(line, what=f"{path}:{n}")) for n, line in lines]
    head = _model(SessionHead, values[0][1], values[0][0])
    steps = [_model(SessionStep, value, place) for place, value in values[1:]]
    id_ = head.session or f"{Path(path).stem}-{hashlib.sha256(data).hexdigest()[:12]}"
    return Recording(id_, head, steps)


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise InputError(f"{path} is no regular file" if path.exists() else f"no file {path}")
        with path.open("rb") as file:
            data = file.read(MAXIMUM_SIZE + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > MAXIMUM_SIZE:
        raise InputError(f"{path} is larger than {MAXIMUM_SIZE // 2**20} MiB")
    return data


def _model(model: type[_M], value: object, place: str) -> _M:
    if not isinstance(value, Mapping):
        raise InputError(f"{place}: an object must stand here")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        text = _PROBLEMS.get(first["type"], first["msg"].removeprefix("Value error, "))
        known = nearest(str(first["loc"][-1]), model.model_fields)
        if first["type"] == "extra_forbidden" and known:
            text += f"; `{known}`, perhaps?"
        raise InputError(f"{place}: `{where}` {text}") from error


_PROBLEMS = {
    "extra_forbidden": "is no member of this",
    "missing": "is missing",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "list_type": "must be a list",
    "string_type": "must be a text",
    "string_pattern_mismatch": "must not be blank",
}
