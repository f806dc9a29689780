"""What is asked: a principal proposes to use a task with an input."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, cast

from policy_engine.foundation.canonical import decimal_text, digest
from policy_engine.values.conform import timestamp
from policy_engine.values.durations import duration, duration_text
from policy_engine.values.money import Money, money
from policy_engine.values.numbers import LARGEST
from policy_engine.values.plain import plain
from policy_engine.values.readers import LONGEST_TEXT

if TYPE_CHECKING:
    from policy_engine.language.policy import Kind


SIMPLE = object()
"""Marks what generated code can take as it is; nothing that only looks like it has the mark."""


@dataclass(slots=True, frozen=True, init=False)
class Agent:
    """An AI agent: its id and the attributes that its host vouches for."""

    kind: ClassVar[Kind] = "agent"
    id: str
    attributes: Mapping[str, object] = field(hash=False)
    simple: object = field(init=False, compare=False, repr=False)
    """Itself where everything in it is of exact built-in types without parts; so whatever wraps
    it cannot pass for simple."""

    def __init__(self, id: str, /, **attributes: object) -> None:
        _set(self, id, attributes)


@dataclass(slots=True, frozen=True, init=False)
class Human:
    """A person: an id from the organisation's directory, and attributes."""

    kind: ClassVar[Kind] = "human"
    id: str
    attributes: Mapping[str, object] = field(hash=False)
    simple: object = field(init=False, compare=False, repr=False)
    """Itself where everything in it is of exact built-in types without parts; so whatever wraps
    it cannot pass for simple."""

    def __init__(self, id: str, /, **attributes: object) -> None:
        _set(self, id, attributes)


Principal: TypeAlias = Agent | Human

_NOBODY: tuple[Principal, ...] = ()


class _Draft:
    """The slots of an action, still open: filling them here takes half of the time."""

    __slots__ = (
        "chain",
        "context",
        "domain",
        "input",
        "on_behalf_of",
        "principal",
        "simple",
        "task",
    )


@dataclass(frozen=True, init=False)
class Action(_Draft):
    """A proposed use of a task. Nothing has happened yet.

    `input` is copied, what is inside of it is not. `context` is the gate's word about the
    circumstances, never the agent's; `on_behalf_of` is the person for whom the principal acts;
    `domain` is the tenant in whose directory roles are held. `chain` is who delegated it,
    outermost first; the principal itself is not in it.
    """

    __slots__ = ()

    principal: Principal
    task: str
    input: Mapping[str, object]
    context: Mapping[str, object]
    on_behalf_of: Human | None
    domain: str | None
    chain: tuple[Principal, ...]
    simple: object = field(init=False, compare=False, repr=False)
    """`SIMPLE` where nobody delegated it, all of it but the input is of exact built-in types
    without parts, and what text and numbers the input has can be taken as they are."""

    def __new__(
        cls,
        principal: Principal,
        task: str,
        input: Mapping[str, object] | None = None,
        context: Mapping[str, object] | None = None,
        on_behalf_of: Human | None = None,
        domain: str | None = None,
        chain: tuple[Principal, ...] = _NOBODY,
    ) -> Action:
        draft: Any = _new(_Draft)
        draft.principal = principal
        draft.task = task
        draft.on_behalf_of = on_behalf_of
        draft.domain = domain
        draft.chain = chain
        try:
            simple = principal.simple is principal and type(task) is str
        except Exception:  # noqa: BLE001 — no principal; the decision will say so
            simple = False
        if type(input) is dict:
            draft.input = input = input.copy()
            for value in input.values():
                if type(value) is str:
                    if not value.isascii() or len(value) > LONGEST_TEXT:
                        simple = simple and len(value) <= LONGEST_TEXT and is_simple(value)
                elif type(value) is int and not -_SMALL < value < _SMALL:
                    simple = simple and -LARGEST < value < LARGEST
        else:
            simple = simple and input is None
            draft.input = {} if input is None else input
        if context is None:
            draft.context = {}
        else:
            draft.context, is_taken = _taken(context)
            simple = simple and is_taken
        if chain is not _NOBODY or on_behalf_of is not None or domain is not None:
            simple = simple and _are_simple(on_behalf_of, domain, chain)
        draft.simple = SIMPLE if simple and cls is Action else None
        draft.__class__ = cls
        return cast(Action, draft)

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        behind = self.on_behalf_of, self.domain, self.chain
        return type(self), (self.principal, self.task, self.input, self.context, *behind)

    @property
    def interested(self) -> frozenset[str]:
        """Who may not sign it, by `person_key`: who does it, who delegated it, for whom it is."""
        behalf = (self.on_behalf_of,) if self.on_behalf_of else ()
        return frozenset(person_key(who.id) for who in (self.principal, *self.chain, *behalf))


_SMALL = 2**29
"""Integers on this side of it Python compares fastest; that saves a tenth of the time."""
_new = object.__new__


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


def _are_simple(behalf: object, domain: object, chain: object) -> bool:
    """Whether nobody delegated it, and whom it is for and where are as they should be."""
    return (
        type(chain) is tuple
        and not chain
        and (behalf is None or (type(behalf) is Human and behalf.simple is behalf))
        and (domain is None or (type(domain) is str and is_simple(domain)))
    )


def is_simple(value: object) -> bool:
    """Whether a datum is of an exact built-in type without parts and can be written down."""
    kind = type(value)
    if kind is str:
        return cast(str, value).isascii() or _is_plain(value)
    if kind is datetime:
        return type(cast(datetime, value).tzinfo) is timezone and _is_plain(value)
    return kind in _SCALARS and (value is None or kind is bool or _is_plain(value))


_SCALARS = frozenset({type(None), bool, int, float, Decimal, date, timedelta, Money})


def _is_plain(value: object) -> bool:
    try:
        plain(value, exactly=True)
    except ValueError:
        return False
    return True


def _taken(members: Mapping[str, object]) -> tuple[Mapping[str, object], bool]:
    """The members, and whether all of them are simple: then a copy of its own."""
    if type(members) is not dict:
        return members, False
    own = dict(members)
    simple = all(
        type(name) is str and is_simple(name) and is_simple(value) for name, value in own.items()
    )
    return (own, True) if simple else (members, False)


def _set(principal: Principal, id_: str, attributes: Mapping[str, object]) -> None:
    if not isinstance(id_, str) or not id_.strip():
        raise ValueError("a principal needs an id")
    own = dict(attributes)
    parts = (id_, *own, *own.values())
    simple = type(principal) in (Agent, Human) and all(map(is_simple, parts))
    object.__setattr__(principal, "id", id_)
    object.__setattr__(principal, "attributes", MappingProxyType(own))
    object.__setattr__(principal, "simple", principal if simple else None)
