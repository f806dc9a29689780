"""Checked expressions to Python closures.

A closure takes a `Frame` and gives a value, or an `Unknown` that says where it was born. It never
raises: every way in which data can fail to be there is an unknown.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias, cast

from policy_engine.decision.frame import Frame
from policy_engine.decision.truth import Unknown, every, negated, some
from policy_engine.foundation.source import Span
from policy_engine.language import checked as c
from policy_engine.language.policy import Define
from policy_engine.values import numbers
from policy_engine.values.patterns import matches_whole

Evaluate: TypeAlias = Callable[[Frame], object]


class Conditions:
    """Compiles expressions of one policy set; remembers the closure of every node."""

    def __init__(self, defines: Mapping[str, Define]) -> None:
        self._defines = defines
        self._compiled: dict[int, Evaluate] = {}

    def compile(self, node: c.Checked) -> Evaluate:
        """The closure of a node; the same node always gives the same closure."""
        known = self._compiled.get(id(node))
        if known is None:
            known = self._compiled[id(node)] = self._build(node)
        return known

    def define(self, name: str) -> Define:
        return self._defines[name]

    def _build(self, node: c.Checked) -> Evaluate:
        match node:
            case c.Constant():
                value = node.value
                return lambda frame: value
            case c.Read():
                return lambda frame: read(node, frame)
            case c.Listing():
                items = [self.compile(item) for item in node.items]
                return lambda frame: _strict([item(frame) for item in items])
            case c.Sum():
                return self._sum(node)
            case c.Product():
                return self._product(node)
            case c.Joined():
                parts = [self.compile(part) for part in node.parts]
                return lambda frame: _joined([part(frame) for part in parts])
            case c.Apply():
                return self._apply(node)
            case c.Compare():
                return self._compare(node)
            case c.Every():
                parts = [self.compile(part) for part in node.parts]
                return lambda frame: every(part(frame) for part in parts)
            case c.Some():
                parts = [self.compile(part) for part in node.parts]
                return lambda frame: some(part(frame) for part in parts)
            case c.Not():
                operand = self.compile(node.operand)
                return lambda frame: negated(operand(frame))
            case c.Quantified():
                return self._quantified(node)
            case c.Given():
                return lambda frame: _given(node, frame)
            case c.Provenance():
                return self._provenance(node)
            case c.Match():
                return self._match(node)

    def _sum(self, node: c.Sum) -> Evaluate:
        signs = [sign == "+" for sign, _ in node.terms]
        operands = [self.compile(operand) for _, operand in node.terms]

        def evaluate(frame: Frame) -> object:
            values = _strict([operand(frame) for operand in operands])
            if isinstance(values, Unknown):
                return values
            terms = zip(signs, cast("tuple[int | Decimal, ...]", values), strict=True)
            result = numbers.total(list(terms))
            return _too_long(node.span) if result is None else result

        return evaluate

    def _product(self, node: c.Product) -> Evaluate:
        factors = [self.compile(factor) for factor in node.factors]

        def evaluate(frame: Frame) -> object:
            values = _strict([factor(frame) for factor in factors])
            if isinstance(values, Unknown):
                return values
            result = numbers.product(cast("tuple[int | Decimal, ...]", values))
            return _too_long(node.span) if result is None else result

        return evaluate

    def _apply(self, node: c.Apply) -> Evaluate:
        define = self._defines[node.define]
        body = self.compile(define.body)
        names = [name for name, _ in define.parameters]
        arguments = [self.compile(argument) for argument in node.arguments]

        def evaluate(frame: Frame) -> object:
            values = {n: a(frame) for n, a in zip(names, arguments, strict=True)}
            return body(frame.with_locals(values, only=True))

        return evaluate

    def _compare(self, node: c.Compare) -> Evaluate:
        left, right = self.compile(node.left), self.compile(node.right)
        compare = _COMPARE[node.operator]

        def evaluate(frame: Frame) -> object:
            one, other = left(frame), right(frame)
            if isinstance(one, Unknown):
                return one
            if isinstance(other, Unknown):
                return other
            return compare(one, other)

        return evaluate

    def _quantified(self, node: c.Quantified) -> Evaluate:
        over, body = self.compile(node.over), self.compile(node.body)
        joined = every if node.word == "every" else some
        variable, is_no = node.variable, node.word == "no"

        def evaluate(frame: Frame) -> object:
            items = over(frame)
            if isinstance(items, Unknown):
                return items
            truth = joined(
                body(frame.with_locals({variable: item}))
                for item in cast("tuple[object, ...]", items)
            )
            return negated(truth) if is_no else truth

        return evaluate

    def _provenance(self, node: c.Provenance) -> Evaluate:
        operand, type_, span = self.compile(node.operand), node.operand.type, node.span
        dictated, negative = node.word == "dictated", node.word == "untrusted"

        def evaluate(frame: Frame) -> object:
            value = operand(frame)
            if isinstance(value, Unknown):
                return value
            if dictated:
                return frame.origins.dictated(value, type_, span)
            truth = frame.origins.trusted(value, type_, span)
            return negated(truth) if negative else truth

        return evaluate

    def _match(self, node: c.Match) -> Evaluate:
        operand, pattern = self.compile(node.operand), node.pattern

        def evaluate(frame: Frame) -> object:
            value = operand(frame)
            return value if isinstance(value, Unknown) else matches_whole(pattern, str(value))

        return evaluate


def read(node: c.Read, frame: Frame) -> object:
    """The datum at a path, or why there is none."""
    value: object = frame.roots[node.root]
    for name in node.path:
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, Mapping) or name not in value:
            absent = frame.absent
            why = absent.get((node.root, node.path[0])) or absent.get((node.root, ""))
            return Unknown(node.span, why or f"`{node.span.text}` is not known")
        value = value[name]
    return value


def _given(node: c.Given, frame: Frame) -> object:
    """Whether the last step of the path is there; unknown where the way to it is not."""
    root, path = node.operand.root, node.operand.path
    value: object = frame.roots[root]
    why = frame.absent.get((root, path[0])) or frame.absent.get((root, ""))
    if why is not None:
        return Unknown(node.span, why)
    *way, last = path
    for name in way:
        if not isinstance(value, Mapping) or name not in value:
            return Unknown(node.span, f"`{name}` is not known")
        value = value[name]
    if isinstance(value, Unknown):
        return value
    return isinstance(value, Mapping) and last in value


def _strict(items: list[object]) -> object:
    for item in items:
        if isinstance(item, Unknown):
            return item
    return tuple(items)


def _joined(parts: list[object]) -> object:
    whole = _strict(parts)
    return whole if isinstance(whole, Unknown) else "".join(cast("tuple[str, ...]", whole))


def _too_long(span: Span) -> Unknown:
    return Unknown(span, f"the result has more than {numbers.MAXIMUM_DIGITS} digits")


def _contains(item: object, items: object) -> bool:
    return item in cast("tuple[object, ...]", items)


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": _contains,
}
