"""What the gate writes into the record: plain, complete, and without secrets in the clear.

A secret input or fact becomes a salted digest: two records with the same secret can be seen to
share it, and nobody can guess it without the salt, which stays in the store.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import cast

from policy_engine.decision.action import Action, described
from policy_engine.decision.outcome import Ask, Decision, Reason
from policy_engine.decision.session import Session
from policy_engine.foundation.canonical import (
    canonical,
    canonical_text,
    decimal_text,
    digest,
    timestamp_text,
)
from policy_engine.language.policy import PolicySet
from policy_engine.values.plain import leaves, plain
from policy_engine.values.types import Field, ListOf, Record, Type

MASK = "•••"


class Accounts:
    """Describes what happened under one policy set."""

    def __init__(self, policy: PolicySet, salt: bytes) -> None:
        self._policy = policy
        self._salt = salt

    def session(self, session: Session) -> dict[str, object]:
        request = session.request
        return {
            "session": session.id,
            "request_digest": None if request is None else self._sealed(request),
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
        behalf = action.on_behalf_of
        return {
            "action": id_,
            "session": session.id if session else None,
            "task": str(action.task),
            "principal": _plain_or_note(described(action.principal)),
            "roles": None if decision.roles is None else sorted(decision.roles),
            "on_behalf_of": behalf.id if behalf else None,
            "domain": action.domain,
            "input": self._input(action),
            "context": _plain_or_note(dict(action.context)),
            "facts": self._facts(facts),
            "outcome": decision.outcome.word,
            "reasons": [reason_account(reason) for reason in decision.reasons],
            "policy": decision.policy,
            "action_digest": decision.action,
            "facts_digest": decision.facts,
            "seen_outputs": len(session.outputs) if session else 0,
        }

    def output(self, id_: str, output: object, milliseconds: int) -> dict[str, object]:
        return {"action": id_, "output_digest": self._sealed(output), "ms": milliseconds}

    def shown(self, action: Action, facts: Mapping[str, object]) -> dict[str, str]:
        """Input and facts in one line each, secrets masked."""
        account = {**cast("dict[str, object]", self._input(action)), **self._facts(facts)}
        return {name: canonical_text(_masked(value)) for name, value in account.items()}

    def redacted(self, text: str, action: Action) -> str:
        """A text (an error of a tool, say) with every secret input masked."""
        task = self._policy.tasks.get(action.task)
        for field in task.inputs if task else ():
            for leaf in _secret_leaves(action.input.get(field.name), field.type, field.secret):
                if str(leaf):
                    text = text.replace(str(leaf), MASK)
        return text

    def _input(self, action: Action) -> object:
        task = self._policy.tasks.get(action.task)
        if task is None or not isinstance(action.input, Mapping):
            return _plain_or_note(action.input)
        fields = {field.name: field for field in task.inputs}
        return {
            str(name): self._shown(value, fields.get(str(name)))
            for name, value in action.input.items()
        }

    def _facts(self, facts: Mapping[str, object]) -> dict[str, object]:
        return {
            name: self._shown(value, Field(name, self._policy.facts[name].type))
            for name, value in facts.items()
            if name in self._policy.facts
        }

    def _shown(self, value: object, field: Field | None) -> object:
        """A value with its secret parts sealed; what is undeclared could be anything."""
        if field is None or field.secret:
            return {"secret": self._sealed(value)}
        match field.type:
            case Record() as record if isinstance(value, Mapping):
                return {
                    name: self._shown(part, record.field(str(name)))
                    for name, part in value.items()
                    if record.field(str(name)) is not None
                }
            case ListOf(item) if isinstance(value, (list, tuple)):
                return [self._shown(part, Field(field.name, item)) for part in value]
            case _:
                return _plain_or_note(value)

    def _sealed(self, value: object) -> str:
        try:
            data = canonical(plain(value))
        except (ValueError, RecursionError):
            data = f"a {type(value).__name__} without a plain form".encode()
        return hmac.new(self._salt, data, sha256).hexdigest()


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
    }


def ask_account(asks: Sequence[Ask]) -> list[dict[str, object]]:
    return [
        {
            "rule": ask.rule,
            "rule_digest": ask.rule_digest,
            "role": ask.role,
            "quorum": ask.quorum,
            "signed": list(ask.signed),
            "deadline": ask.deadline,
        }
        for ask in asks
    ]


def _masked(value: object) -> object:
    """Sealed secrets as a mask, and exact kinds as plain text."""
    match value:
        case Mapping():
            if set(value) == {"secret"}:
                return MASK
            return {name: _masked(part) for name, part in value.items()}
        case list():
            return [_masked(part) for part in value]
        case Decimal():
            return decimal_text(value)
        case datetime():
            return timestamp_text(value)
        case _:
            return value


def _secret_leaves(value: object, type_: Type, secret: bool) -> list[object]:
    if secret:
        return leaves(value)
    match type_:
        case Record() if isinstance(value, Mapping):
            return [
                leaf
                for field in type_.fields
                for leaf in _secret_leaves(value.get(field.name), field.type, field.secret)
            ]
        case ListOf(item) if isinstance(value, (list, tuple)):
            return [leaf for part in value for leaf in _secret_leaves(part, item, False)]
        case _:
            return []


def _plain_or_note(value: object) -> object:
    try:
        written = plain(value)
        digest(written)
    except (ValueError, RecursionError) as error:
        return {"unrecordable": str(error)}
    return written
