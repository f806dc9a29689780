"""What is asked: a principal proposes to use a task with an input."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar, TypeAlias

from policy_engine.foundation.canonical import digest
from policy_engine.language.policy import Kind
from policy_engine.values.conform import timestamp
from policy_engine.values.plain import plain


@dataclass(slots=True, frozen=True, init=False)
class Agent:
    """An AI agent: its id and the attributes that its host vouches for."""

    kind: ClassVar[Kind] = "agent"
    id: str
    attributes: Mapping[str, object] = field(hash=False)

    def __init__(self, id: str, /, **attributes: object) -> None:
        _set(self, id, attributes)


@dataclass(slots=True, frozen=True, init=False)
class Human:
    """A person: an id from the organisation's directory, and attributes."""

    kind: ClassVar[Kind] = "human"
    id: str
    attributes: Mapping[str, object] = field(hash=False)

    def __init__(self, id: str, /, **attributes: object) -> None:
        _set(self, id, attributes)


Principal: TypeAlias = Agent | Human


@dataclass(slots=True)
class Action:
    """A proposed use of a task. Nothing has happened yet.

    `context` is the gate's word about the circumstances, never the agent's; `on_behalf_of` is the
    person for whom the principal acts; `domain` is the tenant in whose directory roles are held.
    """

    principal: Principal
    task: str
    input: Mapping[str, object] = field(default_factory=dict)
    context: Mapping[str, object] = field(default_factory=dict)
    on_behalf_of: Human | None = None
    domain: str | None = None

    @property
    def interested(self) -> frozenset[str]:
        """Who may not sign it: the principal, and on whose behalf it acts, by `person_key`."""
        behalf = {person_key(self.on_behalf_of.id)} if self.on_behalf_of else set()
        return frozenset({person_key(self.principal.id), *behalf})


def person_key(id_: str) -> str:
    """One key for all spellings that could be one person: case, spacing, variants of letters."""
    text = unicodedata.normalize("NFKC", id_).casefold()
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) != "Cf")


def action_digest(action: Action, input_: Mapping[str, object]) -> str:
    """What an approval is bound to: who, for whom, in which domain, what, with which input.

    SHA-256 over canonical JSON. `input_` is the input in the engine's terms, so two spellings of
    one number are one action.
    """
    behalf = action.on_behalf_of
    return digest(
        {
            "principal": plain(described(action.principal)),
            "on_behalf_of": plain(described(behalf)) if behalf else None,
            "domain": action.domain,
            "task": action.task,
            "input": input_,
        }
    )


def proposal_digest(action: Action, input_: Mapping[str, object]) -> str:
    """What a rejection is bound to: the same principal, task and input, whatever else changes.

    Numbers and instants count by value alone, so that a policy that retypes one lifts no
    rejection.
    """
    principal = {"kind": action.principal.kind, "id": action.principal.id}
    return digest({"principal": principal, "task": action.task, "input": _by_value(input_)})


def described(principal: Principal) -> dict[str, object]:
    return {
        "kind": principal.kind,
        "id": principal.id,
        "attributes": dict(principal.attributes),
    }


def _by_value(value: object) -> object:
    match value:
        case bool():
            return value
        case int():
            return Decimal(value)
        case str():
            return timestamp(value) or value
        case list() | tuple():
            return [_by_value(item) for item in value]
        case Mapping():
            return {name: _by_value(item) for name, item in value.items()}
        case _:
            return value


def _set(principal: Principal, id_: str, attributes: Mapping[str, object]) -> None:
    if not isinstance(id_, str) or not id_.strip():
        raise ValueError("a principal needs an id")
    object.__setattr__(principal, "id", id_)
    object.__setattr__(principal, "attributes", MappingProxyType(dict(attributes)))
