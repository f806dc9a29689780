"""The parts of a condition that made it what it is, each with its values in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from policy_engine.decision.frame import Frame
from policy_engine.decision.question import Question
from policy_engine.decision.truth import Unknown
from policy_engine.foundation.canonical import decimal_text, timestamp_text
from policy_engine.foundation.source import Span
from policy_engine.language import checked as c


class Witness(NamedTuple):
    """A place, what held there (`500 > 200`), and what would have made it otherwise."""

    span: Span
    text: str
    other: str | None


def witnesses(node: c.Checked, question: Question) -> list[Witness]:
    """What decided a condition."""
    return list(_Walk(question).of(node, question.frame))


class _Walk:
    def __init__(self, question: Question) -> None:
        self._conditions = question.program.conditions

    def of(self, node: c.Checked, frame: Frame, *, hidden: bool = False) -> Iterator[Witness]:
        value = self._value(node, frame)
        match node:
            case c.Every() | c.Some():
                for part in node.parts:
                    if _same(self._value(part, frame), value):
                        yield from self.of(part, frame, hidden=hidden)
            case c.Not():
                yield from self.of(node.operand, frame, hidden=hidden)
            case c.Apply():
                yield from self._applied(node, frame, hidden)
            case _:
                yield self._leaf(node, value, frame, hidden or self._is_secret(node))

    def _applied(self, node: c.Apply, frame: Frame, hidden: bool) -> Iterator[Witness]:
        """The body's reasons, said at the place where the definition is used."""
        define = self._conditions.define(node.define)
        pairs = zip(define.parameters, node.arguments, strict=True)
        values = {name: self._value(argument, frame) for (name, _), argument in pairs}
        secret = hidden or any(self._is_secret(argument) for argument in node.arguments)
        inner = frame.with_locals(values, only=True)
        for witness in self.of(define.body, inner, hidden=secret):
            yield witness._replace(span=node.span)

    def _leaf(self, node: c.Checked, value: object, frame: Frame, secret: bool) -> Witness:
        if isinstance(value, Unknown):
            return Witness(value.span, f"unknown: {value.why}", None)
        match node:
            case c.Compare():
                return self._comparison(node, value is True, frame, secret)
            case c.Provenance():
                return self._provenance(node, value is True, frame, secret)
            case c.Given():
                is_, other = ("is given", "absent") if value else ("is absent", "given")
                return Witness(node.span, is_, f"`{node.operand.span.text}` {other}")
            case c.Quantified():
                return Witness(node.span, "holds" if value else "does not hold", None)
            case c.Match():
                shown = "a secret" if secret else self._shown(node.operand, frame)
                does = "matches" if value else "does not match"
                return Witness(node.span, f"{shown} {does}", None)
            case _:
                return Witness(node.span, f"is {_text(value)}", f"`{node.span.text}` otherwise")

    def _comparison(self, node: c.Compare, holds: bool, frame: Frame, secret: bool) -> Witness:
        left = f"`{node.left.span.text}`"
        if secret:
            text = "holds" if holds else "does not hold"
            return Witness(node.span, f"{text} (a secret value is not shown)", None)
        operator = node.operator if holds else _NEGATED[node.operator]
        if node.operator == "in":
            other = f"another {left}" if holds else f"a {left} that is listed"
            shown = self._shown(node.left, frame)
            return Witness(node.span, f"{shown} is {'' if holds else 'not '}listed", other)
        text = f"{self._shown(node.left, frame)} {operator} {self._shown(node.right, frame)}"
        bound = self._shown(node.right, frame)
        return Witness(node.span, text, f"{left} {_INSTEAD[operator]} {bound}")

    def _provenance(self, node: c.Provenance, holds: bool, frame: Frame, secret: bool) -> Witness:
        name = f"`{node.operand.span.text}`"
        shown = name if secret else self._shown(node.operand, frame)
        stands, source = _SOURCES[node.word == "dictated"]
        found = holds if node.word != "untrusted" else not holds
        if found:
            return Witness(node.span, f"{shown} stands in {stands}", None)
        other = f"a value of {name} that {source}"
        return Witness(node.span, f"{shown} does not stand in {stands}", other)

    def _shown(self, node: c.Checked, frame: Frame) -> str:
        value = self._value(node, frame)
        if isinstance(value, (tuple, list, dict)):
            return f"`{node.span.text}`"
        return _text(value)

    def _value(self, node: c.Checked, frame: Frame) -> object:
        return self._conditions.compile(node)(frame)

    def _is_secret(self, node: c.Checked) -> bool:
        """Whether any datum below is secret."""
        match node:
            case c.Read():
                return node.secret
            case c.Constant():
                return False
            case c.Listing():
                return any(map(self._is_secret, node.items))
            case c.Sum():
                return any(self._is_secret(operand) for _, operand in node.terms)
            case c.Product():
                return any(map(self._is_secret, node.factors))
            case c.Joined() | c.Every() | c.Some():
                return any(map(self._is_secret, node.parts))
            case c.Apply():
                body = self._conditions.define(node.define).body
                return any(map(self._is_secret, node.arguments)) or self._is_secret(body)
            case c.Compare():
                return self._is_secret(node.left) or self._is_secret(node.right)
            case c.Not() | c.Given() | c.Provenance() | c.Match():
                return self._is_secret(node.operand)
            case c.Quantified():
                return self._is_secret(node.over) or self._is_secret(node.body)


_NEGATED = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "in": "not in"}

_INSTEAD = {
    "==": "other than",
    "!=": "equal to",
    "<": "at least",
    "<=": "above",
    ">": "at most",
    ">=": "below",
}

_SOURCES = {
    True: ("the user's request", "the user dictated"),
    False: ("the request or a trusted source", "the user dictated or a trusted source showed"),
}


def _same(one: object, other: object) -> bool:
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return isinstance(one, Unknown) and isinstance(other, Unknown)
    return one is other


def _text(value: object) -> str:
    """A value as it would be written in a policy, cut where it is long."""
    match value:
        case bool():
            text = "true" if value else "false"
        case Decimal():
            text = decimal_text(value)
        case datetime():
            text = timestamp_text(value)
        case str():
            text = f'"{value}"'
        case Unknown():
            text = "unknown"
        case _:
            text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
