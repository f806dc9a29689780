"""A `decided` entry as an action that can be decided again, as far as the record tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from policy_engine.audit.reading import UNDECLARED, is_sealed, objects, readable, text
from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.cases import Case
from policy_engine.audit.replay.flips import NUMBERS
from policy_engine.audit.replay.unchanged import Since
from policy_engine.decision import codes
from policy_engine.decision.action import Action, Agent, Human, Principal
from policy_engine.decision.columns.holders import asked
from policy_engine.decision.session import Session
from policy_engine.foundation.errors import InputError
from policy_engine.ledger.record import Record
from policy_engine.values.plain import Unwritable
from policy_engine.values.types import Field

SAID_BY_OTHERS = frozenset(
    code.id for code in (codes.REJECTED, codes.SUSPENDED, codes.CASBIN, codes.NO_CANONICAL_FORM)
)
"""Reasons to deny that no edit of the policy lifts."""

SEALED = "sealed in the record"
"""What is said of a value that the record does not tell."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An action of the record, and what of it is not known."""

    case: Case
    sealed: frozenset[str]
    """The inputs whose values are not known."""
    is_whole: bool
    """Whether everything is there that a decision rests on, but for the past."""
    may_misfit: bool
    """Whether inputs were given whose names are not known."""
    said_by_others: bool
    """Whether it was denied by others than the policy."""
    unchanged: frozenset[str]
    """The rules of the candidate that were there then, and of which the record says all."""
    applied: frozenset[str]
    """The rules that the record says to have applied."""


def entry_of(
    candidate: Candidate,
    since: Since,
    record: Record,
    at: datetime,
    session: str | None,
    attributes: Mapping[str, object],
) -> Entry:
    """The action of an entry. `since` is what the candidate has in common with the policy of then,
    `attributes` are what the record says of its session.

    Raises `InputError` that says what the entry lacks.
    """
    body = record.body
    if not readable(body):
        raise InputError("it is no object")
    task, recorded = text(body, "task"), NUMBERS.get(text(body, "outcome") or "")
    if task is None:
        raise InputError("it names no task")
    if recorded is None:
        raise InputError("it has no outcome")
    told = _told(candidate, since, body, task, attributes)
    chain = told.action.chain
    case = Case(
        f"entry {record.number}",
        told.action,
        recorded,
        at,
        _roles(candidate, body.get("roles"), told.action.principal),
        told.facts.members,
        told.said.members,
        None if session is None else Session.of(None, (), id=session, complete=False),
        _chain_roles(candidate, body, told.action),
    )
    reasons = objects(body, "reasons")
    knows_facts = candidate.policy.facts.keys() <= told.facts.members.keys()
    return Entry(
        case,
        told.input.sealed,
        session is None and not chain and told.is_whole and (since.declarations or knows_facts),
        told.input.lacks,
        any(text(one, "code") in SAID_BY_OTHERS for one in reasons),
        # What is delegated is asked of several, and the record does not say of whom a rule was.
        frozenset() if chain else since.rules,
        frozenset(text(one, "rule") or "" for one in reasons),
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """The data of an entry, as far as they are told."""

    action: Action
    input: _Opened
    facts: _Opened
    said: _Opened
    is_whole: bool
    """Whether nothing of them is missing."""


def _told(
    candidate: Candidate,
    since: Since,
    body: Mapping[str, object],
    task: str,
    attributes: Mapping[str, object],
) -> _Told:
    policy, same = candidate.policy, since.declarations
    declared = policy.tasks[task].inputs if task in policy.tasks else ()
    input_ = _opened(_object(body, "input"), declared, same=same)
    context = _opened(_object(body, "context"), policy.context, same=same)
    said = _opened(attributes, policy.session, same=same)
    facts = _opened(_object(body, "facts"), (), same=True)
    principal, is_whole = _principal(candidate, _object(body, "principal"), same=same)
    behalf = text(body, "on_behalf_of")
    chain = [_principal(candidate, one, same=same)[0] for one in objects(body, "chain")]
    action = Action(
        principal,
        task,
        input_.members,
        context.members,
        Human(behalf) if behalf else None,
        text(body, "domain"),
        tuple(chain),
    )
    opened = (input_, context, said, facts)
    is_whole = is_whole and not any(one.sealed or one.lacks for one in opened)
    return _Told(action, input_, facts, said, is_whole)


@dataclass(frozen=True, slots=True)
class _Opened:
    """Members as far as they are told."""

    members: dict[str, object]
    sealed: frozenset[str]
    """Those whose values are not known."""
    lacks: bool
    """Whether there were more, whose names are not known."""


def _opened(told: Mapping[str, object], fields: Iterable[Field], *, same: bool) -> _Opened:
    """Members of the record. `same`: they were declared then as they are now (`fields`).

    What is sealed is there and not known. Were more given than the record names, each that is
    declared now and not named may have been among them.
    """
    found = {name: value for name, value in told.items() if name != UNDECLARED}
    hidden = {name for name, value in found.items() if is_sealed(value)}
    lacks = UNDECLARED in told
    if lacks and same:
        found[UNDECLARED] = ""
    elif lacks:
        hidden |= {field.name for field in fields if field.name not in found}
    for name in hidden:
        found[name] = Unwritable(SEALED)
    return _Opened(found, frozenset(hidden), lacks and not same)


def _principal(
    candidate: Candidate, told: Mapping[str, object], *, same: bool
) -> tuple[Principal, bool]:
    """Who it was, and whether all is known of it."""
    id_, kind = text(told, "id"), text(told, "kind")
    if id_ is None or not id_.strip() or kind not in ("agent", "human"):
        raise InputError("it does not say who acted")
    policy = candidate.policy
    fields = policy.agents if kind == "agent" else policy.humans
    opened = _opened(_object(told, "attributes"), fields, same=same)
    make: Any = Agent if kind == "agent" else Human
    return make(id_, **opened.members), not opened.sealed and not opened.lacks


def _roles(candidate: Candidate, told: object, principal: Principal) -> frozenset[str] | None:
    if not isinstance(told, list) or not all(isinstance(role, str) for role in told):
        return None
    return candidate.policy.including(frozenset(cast("list[str]", told)), principal.kind)


def _chain_roles(
    candidate: Candidate, body: Mapping[str, object], action: Action
) -> tuple[frozenset[str] | None, ...]:
    """Those of the entry; of one that has none, what the candidate's directory says now."""
    told, chain = body.get("chain_roles"), action.chain
    if isinstance(told, list) and len(told) == len(chain):
        return tuple(_roles(candidate, *pair) for pair in zip(told, chain, strict=True))
    return tuple(asked(candidate.roles, one.id, one.kind, action.domain) for one in chain)


def input_of(path: str) -> str:
    """The input that a path begins with."""
    return path.split(".")[0].split("[")[0]


def _object(body: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = body.get(name)
    if not isinstance(value, Mapping):
        raise InputError(f"its `{name}` is no object")
    return cast("Mapping[str, object]", value)
