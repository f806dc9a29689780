"""Comparisons, `in` and `subset of`.

Which comparison is needed is chosen from the static types when a rule is compiled: numbers, texts
and instants compare natively, only the rest goes the long way.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

from policy_engine.decision.action import person_key
from policy_engine.decision.closures import Compiler, Evaluate, may_range
from policy_engine.decision.frame import Frame
from policy_engine.decision.intervals import Interval, Order, related, unsettled
from policy_engine.decision.truth import Truth, Unknown, every
from policy_engine.foundation.source import Span
from policy_engine.language import checked as c
from policy_engine.values.arithmetic import equal
from policy_engine.values.types import JSON, MONEY, PRINCIPAL, ListOf, Scalar, SetOf, Type, Union

_NATIVE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def comparison(node: c.Compare, compiler: Compiler) -> Evaluate:
    if node.operator == "in":
        return _in(node, compiler)
    if node.operator == "subset of":
        return _subset(node, compiler)
    ranged = may_range(node.left) or may_range(node.right)
    if ranged or not (is_native(node.left.type) and is_native(node.right.type)):
        return _of_any(node, node.operator, compiler)
    if node.left.type == PRINCIPAL:
        return _of_principals(node, compiler)
    if isinstance(node.right, c.Constant):
        return _with_constant(node, node.right.value, compiler)
    left, right = compiler.compile(node.left), compiler.compile(node.right)
    compare = _NATIVE[node.operator]

    def evaluate(frame: Frame) -> object:
        one, other = left(frame), right(frame)
        if isinstance(one, Unknown):
            return one
        if isinstance(other, Unknown):
            return other
        return compare(one, other)

    return evaluate


def _with_constant(node: c.Compare, value: object, compiler: Compiler) -> Evaluate:
    left, compare = compiler.compile(node.left), _NATIVE[node.operator]

    def evaluate(frame: Frame) -> object:
        one = left(frame)
        return one if isinstance(one, Unknown) else compare(one, value)

    return evaluate


def _of_principals(node: c.Compare, compiler: Compiler) -> Evaluate:
    """Two spellings that could be one person are neither the same nor different."""
    left, right = compiler.compile(node.left), compiler.compile(node.right)
    same, span = node.operator == "==", node.span

    def evaluate(frame: Frame) -> object:
        one, other = left(frame), right(frame)
        if isinstance(one, Unknown):
            return one
        if isinstance(other, Unknown):
            return other
        if one != other and person_key(str(one)) == person_key(str(other)):
            return Unknown(span, "two spellings that could be one person")
        return (one == other) is same

    return evaluate


def _of_any(node: c.Compare, operator_: Order, compiler: Compiler) -> Evaluate:
    """Money, ranges, data with parts."""
    left, right = compiler.compile(node.left), compiler.compile(node.right)
    span = node.span

    def evaluate(frame: Frame) -> object:
        one, other = left(frame), right(frame)
        if isinstance(one, Unknown):
            return one
        if isinstance(other, Unknown):
            return other
        truth = related(operator_, one, other)
        return _open(one, other, span) if truth is None else truth

    return evaluate


def _in(node: c.Compare, compiler: Compiler) -> Evaluate:
    left, right = compiler.settled(node.left), compiler.compile(node.right)
    has = _native_has if has_native_items(node.left.type, node.right.type) else _has
    span = node.span

    def evaluate(frame: Frame) -> object:
        item, items = left(frame), right(frame)
        if isinstance(item, Unknown):
            return item
        if isinstance(items, Unknown):
            return items
        return has(cast("Collection[object]", items), item, span)

    return evaluate


def _subset(node: c.Compare, compiler: Compiler) -> Evaluate:
    left, right = compiler.compile(node.left), compiler.compile(node.right)
    span = node.span

    def evaluate(frame: Frame) -> object:
        items, others = left(frame), right(frame)
        if isinstance(items, Unknown):
            return items
        if isinstance(others, Unknown):
            return others
        whole = cast("Collection[object]", others)
        return every(_has(whole, item, span) for item in cast("Collection[object]", items))

    return evaluate


def _native_has(items: Collection[object], item: object, span: Span) -> Truth:
    return item in items


def _has(items: Collection[object], item: object, span: Span) -> Truth:
    """Unknown where a comparison is, and no other says yes."""
    is_open = False
    for other in items:
        truth = equal(item, other)
        if truth is True:
            return True
        is_open = is_open or truth is None
    return _open(item, items, span) if is_open else False


def has_native_items(item: Type, items: Type) -> bool:
    return isinstance(items, (ListOf, SetOf)) and is_native(item) and is_native(items.item)


def is_native(type_: Type) -> bool:
    return isinstance(type_, Union) or (isinstance(type_, Scalar) and type_ not in (MONEY, JSON))


def _open(one: object, other: object, span: Span) -> Unknown:
    if isinstance(one, Interval) or isinstance(other, Interval):
        return unsettled(span)
    return Unknown(span, "amounts of two currencies do not compare")
