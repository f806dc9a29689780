"""Ceilings: what is counted or summed, per whom, and up to what."""

from __future__ import annotations

from policy_engine.language import checked as c, codes, tree as t
from policy_engine.language.expressions import Expressions
from policy_engine.language.policy import Limit
from policy_engine.language.report import Report
from policy_engine.language.scope import Scope
from policy_engine.language.type_rules import article, is_number
from policy_engine.values.types import (
    DURATION,
    INTEGER,
    MONEY,
    NUMERIC,
    PRINCIPAL,
    Scalar,
    Type,
    Union,
)

_OF_PAST = ("input", "agent", "human", "principal", "context")
_WHO = ("agent", "human", "principal")


def limit(
    node: t.LimitNode, scope: Scope, expressions: Expressions, report: Report
) -> Limit | None:
    """A checked ceiling, or None with the reason reported."""
    summed = _summed(node, scope, report)
    bound = expressions.value(node.bound, scope)
    per = [_key(name, scope, expressions, report) for name in node.per]
    window = expressions.window(node.window, scope)
    present = tuple(key for key in per if key is not None)
    if bound is None or window is None or len(present) != len(per) or summed is None:
        return None
    sum_of, type_ = summed
    if bound.type != type_ and not (is_number(bound.type) and type_ in NUMERIC):
        title = "the ceiling is of another type than what it limits"
        label = f"this is {article(bound.type)}, and {article(type_)} is counted"
        report.add(codes.INCOMPARABLE, title, bound.span, label)
        return None
    return Limit(sum_of, bound, present, window)


def _summed(node: t.LimitNode, scope: Scope, report: Report) -> tuple[str | None, Type] | None:
    if node.sum_of is None:
        return None, INTEGER
    name = node.sum_of.text.removeprefix("input.")
    field = scope.inputs.get(name)
    if field is None:
        if name in scope.uncommon:
            title = f"not every task of this limit has the input `{name}`"
            label = "missing, or of another type, in some of them"
            report.add(codes.NOT_COMMON, title, node.sum_of.span, label)
        else:
            known = ((n, scope.input_places.get(n)) for n in scope.inputs)
            report.unknown(codes.UNKNOWN_NAME, "input", node.sum_of, known)
        return None
    if field.type not in (*NUMERIC, MONEY, DURATION):
        label = f"`{name}` is {article(field.type)}"
        report.add(codes.NOT_A_NUMBER, "only numbers add up", node.sum_of.span, label)
        return None
    return name, field.type


def _key(name: t.Name, scope: Scope, expressions: Expressions, report: Report) -> c.Checked | None:
    """`per agent`, `per agent.team`, `per customer`."""
    if name.text in _WHO:
        return c.Read("principal", ("self",), PRINCIPAL, False, name.span)
    names = tuple(t.Name(part, name.span) for part in name.text.split("."))
    read = expressions.value(t.PathNode(names, name.span), scope)
    if read is None:
        return None
    title = "a limit counts per plain datum"
    if not isinstance(read, (c.Read, c.Part)):
        report.add(codes.BAD_TYPE, title, name.span, "this is computed")
        return None
    if not isinstance(read.type, (Scalar, Union)):
        report.add(codes.BAD_TYPE, title, name.span, f"this is {article(read.type)}")
        return None
    if isinstance(read, c.Read) and read.root not in _OF_PAST:
        title = f"`{name.text}` cannot be asked of past actions"
        label = "only inputs, and attributes of who acted"
        report.add(codes.NOT_HERE, title, name.span, label)
        return None
    return read
