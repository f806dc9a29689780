"""What the gate writes into the record, and what an approver sees: nothing secret in the clear.

A secret datum becomes a keyed digest: two records with the same secret can be seen to share it,
and nobody can guess it without the salt, which stays in the store and not in the chain. So does
everything that nobody declared (it could be anything), and every digest that a short secret could
be guessed from. What is declared and not secret stands as it is.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import cast

from policy_engine.decision import codes
from policy_engine.decision.action import Action, Agent, Human, Principal
from policy_engine.decision.clearance import Clearance
from policy_engine.decision.explain import permitted
from policy_engine.decision.outcome import Ask, Decision, Outcome, Reason
from policy_engine.decision.session import Session
from policy_engine.foundation.canonical import Written, canonical, readable_text
from policy_engine.foundation.diagnostics import Label
from policy_engine.foundation.render import visible
from policy_engine.language.policy import Effect, PolicySet, Rule
from policy_engine.runtime.keeping import NO_PLAIN_FORM, as_plain
from policy_engine.values.money import Money
from policy_engine.values.plain import leaves, plain
from policy_engine.values.types import (
    JSON,
    MONEY,
    Field,
    ListOf,
    MapOf,
    Record,
    SetOf,
    Type,
)

_DIGEST_LENGTH = 64

_MOST_PRINCIPALS = 1024

MASK = "•••"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A datum of which only a keyed digest is told."""

    digest: str


class Accounts:
    """Describes what happens under one policy set."""

    def __init__(self, policy: PolicySet, salt: bytes) -> None:
        self._policy = policy
        self._salt = salt
        self._sealed_text = lru_cache(1024)(self._sealed)
        self._principals: dict[object, Written] = {}
        self._agents = {field.name: field for field in policy.agents}
        self._humans = {field.name: field for field in policy.humans}
        self._context = {field.name: field for field in policy.context}
        self._known_facts = {f.name: Field(f.name, f.type) for f in policy.facts.values()}
        self._inputs = {n: {f.name: f for f in t.inputs} for n, t in policy.tasks.items()}
        self._permits = {
            name: Written(_permit(rule))
            for name, rule in policy.rules.items()
            if rule.effect is Effect.PERMIT
        }

    def seal(self, value: object) -> str:
        """A keyed digest (HMAC-SHA-256 over the canonical form)."""
        is_text = type(value) is str and len(value) == _DIGEST_LENGTH
        # A text of that length is mostly a digest, sealed with each entry about an action.
        return self._sealed_text(value) if is_text else self._sealed(value)

    def _sealed(self, value: object) -> str:
        try:
            data = canonical(plain(value))
        except (ValueError, RecursionError):
            data = f"a {type(value).__name__} without a plain form".encode()
        return hmac.digest(self._salt, data, "sha256").hex()

    def priority(self, task: str) -> int:
        """How urgent a task is, by the policy."""
        known = self._policy.tasks.get(task)
        return known.priority if known else 0

    def session(self, session: Session, attributes: Mapping[str, object]) -> dict[str, object]:
        request = session.request
        declared = {field.name: field for field in self._policy.session}
        return {
            "session": session.id,
            "attributes": _told(self._members(attributes, declared)),
            "request_digest": None if request is None else self.seal(request),
        }

    def decision(
        self,
        id_: str,
        action: Action,
        session: Session | None,
        facts: Mapping[str, object],
        decision: Decision,
    ) -> dict[str, object]:
        """Everything that a decision rested on, and all its reasons."""
        told = self._decided(
            id_,
            action,
            session,
            facts,
            decision,
            decision.outcome,
            [self._reason(reason) for reason in decision.reasons],
            [self._reason(reason) for reason in decision.observed],
        )
        if decision.chain_roles:
            told["chain_roles"] = [_roles(roles) for roles in decision.chain_roles]
        return told

    def clearance(
        self,
        id_: str,
        action: Action,
        session: Session | None,
        facts: Mapping[str, object],
        clearance: Clearance,
    ) -> dict[str, object]:
        """The same of what was allowed at once."""
        permits = [self._permits[rule] for rule in clearance.rules]
        return self._decided(id_, action, session, facts, clearance, Outcome.ALLOW, permits, [])

    def _decided(
        self,
        id_: str,
        action: Action,
        session: Session | None,
        facts: Mapping[str, object],
        answer: Decision | Clearance,
        outcome: Outcome,
        reasons: Sequence[Mapping[str, object]],
        observed: Sequence[Mapping[str, object]],
    ) -> dict[str, object]:
        behalf = action.on_behalf_of
        return {
            "action": id_,
            "session": session.id if session else None,
            "task": str(action.task),
            "principal": self._principal(action.principal),
            "roles": _roles(answer.roles),
            "on_behalf_of": behalf.id if behalf else None,
            "domain": None if action.domain is None else str(action.domain),
            "chain": [self._principal(member) for member in action.chain],
            "input": _told(self._input(action)),
            "context": _told(self._members(action.context, self._context)),
            "facts": _told(self._facts(facts)),
            "outcome": outcome.word,
            "reasons": reasons,
            "observed": observed,
            "policy": answer.policy,
            "action_digest": self.seal(answer.action),
            "facts_digest": self.seal(answer.facts),
            "seen_outputs": len(session.outputs) if session else 0,
        }

    def output(self, id_: str, output: object, milliseconds: int) -> dict[str, object]:
        return {"action": id_, "output_digest": self.seal(output), "ms": milliseconds}

    def shown_input(self, action: Action, typed: Mapping[str, object] | None) -> dict[str, str]:
        """The input as an approver may see it: one line a member, secrets masked.

        `typed` is what the tool would get, where the input fits its task.
        """
        if typed is not None:
            action = replace(action, input=cast("dict[str, object]", plain(typed)))
        return _shown(self._input(action))

    def shown_principal(self, principal: Principal) -> Principal:
        """The principal as an approver may see it: declared attributes, secret ones masked."""
        fields = self._agents if principal.kind == "agent" else self._humans
        declared = {n: field for n, field in fields.items() if n in principal.attributes}
        known = {name: principal.attributes[name] for name in declared}
        make = Agent if principal.kind == "agent" else Human
        return make(principal.id, **_shown(self._members(known, declared)))

    def shown_facts(self, facts: Mapping[str, object]) -> dict[str, str]:
        """The facts as an approver may see them."""
        return _shown(self._facts(facts))

    def holds_secrets(self, action: Action, facts: Mapping[str, object]) -> bool:
        """Whether an error of a tool could repeat a secret."""
        task = self._policy.tasks.get(action.task)
        own = self._policy.agents if action.principal.kind == "agent" else self._policy.humans
        parts = [
            (action.input, task.inputs if task else ()),
            (action.principal.attributes, own),
            (action.context, self._policy.context),
            (facts, tuple(Field(f.name, f.type) for f in self._policy.facts.values())),
        ]
        return any(
            secret_leaves(values.get(field.name), field.type, field.secret)
            for values, fields in parts
            for field in fields
        )

    def _principal(self, principal: Principal) -> Mapping[str, object]:
        if principal.simple is not principal:
            return self._principal_account(principal)
        # Equal is not the same: 1 and True are, and so are 1 and 1.0.
        attributes = tuple((n, type(v), v) for n, v in principal.attributes.items())
        key = (principal.kind, principal.id, attributes)
        known = self._principals.get(key)
        if known is None:
            if len(self._principals) >= _MOST_PRINCIPALS:
                self._principals.clear()
            known = self._principals[key] = Written(self._principal_account(principal))
        return known

    def _principal_account(self, principal: Principal) -> dict[str, object]:
        declared = self._agents if principal.kind == "agent" else self._humans
        return {
            "kind": principal.kind,
            "id": principal.id,
            "attributes": _told(self._members(principal.attributes, declared)),
        }

    def _reason(self, reason: Reason) -> Mapping[str, object]:
        """A permit is told by its rule; what stands in the way, with the values that mattered."""
        permit = self._permits.get(reason.rule or "") if reason.code is codes.PERMITTED else None
        return reason_account(reason) if permit is None else permit

    def _input(self, action: Action) -> dict[str, object]:
        fields = self._inputs.get(action.task, {}) if isinstance(action.task, str) else {}
        return self._members(action.input, fields)

    def _facts(self, facts: Mapping[str, object]) -> dict[str, object]:
        return {
            name: self._datum(value, self._known_facts[name])
            for name, value in facts.items()
            if name in self._known_facts
        }

    def _members(
        self, values: Mapping[str, object], fields: Mapping[str, Field]
    ) -> dict[str, object]:
        """Declared members as they may be told; the rest together, sealed with its names."""
        told = {n: self._datum(v, fields[n]) for n, v in values.items() if n in fields}
        rest = {n: v for n, v in values.items() if n not in fields}
        return {**told, "(undeclared)": Sealed(self.seal(rest))} if rest else told

    def _datum(self, value: object, field: Field) -> object:
        """A datum with its secret parts sealed; what has another shape than declared, wholly."""
        if field.secret:
            return Sealed(self.seal(value))
        match field.type:
            case Record() as record if isinstance(value, Mapping):
                return self._members(value, {f.name: f for f in record.fields})
            case ListOf(item) | SetOf(item) if isinstance(value, (list, tuple)):
                return [self._datum(part, Field(field.name, item)) for part in value]
            case MapOf(inner) if isinstance(value, Mapping):
                return {n: self._datum(part, Field(n, inner)) for n, part in value.items()}
            case Record() | ListOf() | SetOf() | MapOf():
                return Sealed(self.seal(value))
            case _:
                told = field.type == JSON or value is None or isinstance(value, _SIMPLE)
                told = told or (field.type == MONEY and _is_money(value))
                kept = as_plain(value) if told else NO_PLAIN_FORM
                return Sealed(self.seal(value)) if kept is NO_PLAIN_FORM else kept


_SIMPLE = (str, bool, int, Decimal, datetime, date, timedelta, Money)


def reason_account(reason: Reason) -> dict[str, object]:
    """A reason as data: code, rule, place, and the values that mattered."""
    return {
        "code": reason.code.id,
        "outcome": reason.outcome.word,
        "rule": reason.rule,
        "title": reason.title,
        "place": reason.place,
        "values": [
            {"text": label.span.text, "place": label.span.place, "value": label.text}
            for label in reason.labels
            if label.text
        ],
        "unknown": reason.unknown,
        "would_change": reason.would_change,
        "hint": reason.hint,
        "instead": reason.instead,
        "controls": list(reason.controls),
        "not_before": reason.not_before,
    }


def _roles(roles: frozenset[str] | None) -> list[str] | None:
    return None if roles is None else sorted(roles)


def _permit(rule: Rule) -> dict[str, object]:
    """A permit that applied, by itself: what it saw are the inputs and facts of the same entry."""
    label = Label(rule.effect_span, "")
    return reason_account(permitted(rule, (label,)))


def ask_account(asks: Sequence[Ask]) -> list[dict[str, object]]:
    return [
        {
            "rule": ask.rule,
            "rule_digest": ask.rule_digest,
            "role": " and ".join(sorted(party.role for party in ask.parties)),
            "quorum": ask.quorum,
            "parties": [{"role": p.role, "quorum": p.quorum} for p in ask.parties],
            "signed": list(ask.signed),
            "deadline": ask.deadline,
        }
        for ask in asks
    ]


def _is_money(value: object) -> bool:
    """Whether it is money as an object, and nothing more."""
    if not isinstance(value, Mapping) or value.keys() != {"amount", "currency"}:
        return False
    return all(isinstance(part, _SIMPLE) for part in value.values())


def _told(value: object) -> object:
    """For the record: sealed data as an object with one member, `secret`."""
    match value:
        case Sealed():
            return {"secret": value.digest}
        case Mapping():
            return {name: _told(part) for name, part in value.items()}
        case list():
            return [_told(part) for part in value]
        case _:
            return value


def _shown(members: Mapping[str, object]) -> dict[str, str]:
    """For a person: one line each, and no character that could make it look like another."""
    return {name: visible(readable_text(_masked(value))) for name, value in members.items()}


def _masked(value: object) -> object:
    match value:
        case Sealed():
            return MASK
        case Mapping():
            return {name: _masked(part) for name, part in value.items()}
        case list():
            return [_masked(part) for part in value]
        case _:
            return value


def secret_leaves(value: object, type_: Type, secret: bool) -> list[object]:
    """All that is secret in a datum; of another shape than declared, all of it."""
    if secret:
        return leaves(value)
    match type_:
        case Record() if isinstance(value, Mapping):
            return [
                leaf
                for field in type_.fields
                for leaf in secret_leaves(value.get(field.name), field.type, field.secret)
            ]
        case ListOf(item) | SetOf(item) if isinstance(value, (list, tuple)):
            return [leaf for part in value for leaf in secret_leaves(part, item, False)]
        case MapOf(inner) if isinstance(value, Mapping):
            return [leaf for part in value.values() for leaf in secret_leaves(part, inner, False)]
        case Record() | ListOf() | SetOf() | MapOf():
            return leaves(value)
        case _:
            return []
