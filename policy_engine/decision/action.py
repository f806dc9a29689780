"""What is asked: a principal proposes to use a task with an input."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar, TypeAlias

from policy_engine.foundation.canonical import decimal_text, digest
from policy_engine.language.policy import Kind
from policy_engine.values.conform import timestamp
from policy_engine.values.durations import duration, duration_text
from policy_engine.values.money import Money, money
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
    `chain` is who delegated it, outermost first; the principal itself is not in it.
    """

    principal: Principal
    task: str
    input: Mapping[str, object] = field(default_factory=dict)
    context: Mapping[str, object] = field(default_factory=dict)
    on_behalf_of: Human | None = None
    domain: str | None = None
    chain: tuple[Principal, ...] = ()

    @property
    def interested(self) -> frozenset[str]:
        """Who may not sign it, by `person_key`: who does it, who delegated it, for whom it is."""
        behalf = (self.on_behalf_of,) if self.on_behalf_of else ()
        return frozenset(person_key(who.id) for who in (self.principal, *self.chain, *behalf))


@lru_cache(maxsize=4096)
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
    chain = [plain(described(delegator)) for delegator in action.chain]
    return digest(
        {
            "principal": plain(described(action.principal)),
            "on_behalf_of": plain(described(behalf)) if behalf else None,
            "domain": action.domain,
            "task": action.task,
            "input": input_,
            **({"chain": chain} if chain else {}),
        }
    )


def proposal_digest(
    action: Action, input_: Mapping[str, object], doer: Principal | None = None
) -> str:
    """What a rejection is bound to: the same principal, task and input, whatever else changes.

    `doer` is who of those that do it (default: who acts in the end).
    Numbers, instants, money and durations count by value alone, so that a policy that retypes one
    lifts no rejection.
    """
    doer = doer or action.principal
    principal = {"kind": doer.kind, "id": doer.id}
    return digest({"principal": principal, "task": action.task, "input": _by_value(input_)})


def named(principal: Principal) -> str:
    """Kind and id, as in `agent bot-7`: what two principals are the same by."""
    return f"{principal.kind} {principal.id}"


def described(principal: Principal) -> dict[str, object]:
    return {
        "kind": principal.kind,
        "id": principal.id,
        "attributes": dict(principal.attributes),
    }


def _by_value(value: object) -> object:
    match value:
        case bool() | datetime():
            return value
        case int():
            return Decimal(value)
        case date():
            return value.isoformat()
        case timedelta():
            return duration_text(value)
        case str():
            return _instant_money_or_span(value)
        case list() | tuple():
            return [_by_value(item) for item in value]
        case Mapping():
            return _money(value) or {name: _by_value(item) for name, item in value.items()}
        case _:
            return value


def _instant_money_or_span(text: str) -> object:
    span = duration(text)
    return timestamp(text) or money(text) or (text if span is None else duration_text(span))


def _money(value: Mapping[str, object]) -> Money | None:
    """The money that an object is."""
    amount = value.get("amount")
    if value.keys() != {"amount", "currency"} or not isinstance(amount, (int, Decimal)):
        return None
    return money(f"{decimal_text(Decimal(amount))} {value['currency']}")


def _set(principal: Principal, id_: str, attributes: Mapping[str, object]) -> None:
    if not isinstance(id_, str) or not id_.strip():
        raise ValueError("a principal needs an id")
    object.__setattr__(principal, "id", id_)
    object.__setattr__(principal, "attributes", MappingProxyType(dict(attributes)))
