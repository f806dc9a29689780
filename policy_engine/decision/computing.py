"""Values made of values: lists, sums, products, texts, parts, and the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from policy_engine.decision.closures import (
    Compiler,
    Evaluate,
    cannot_be_told,
    may_range,
    strict,
)
from policy_engine.decision.frame import Frame
from policy_engine.decision.intervals import total
from policy_engine.decision.truth import Unknown
from policy_engine.language import checked as c
from policy_engine.values import arithmetic, numbers
from policy_engine.values.calendar import day_of
from policy_engine.values.functions import FUNCTIONS
from policy_engine.values.parts import part_of
from policy_engine.values.types import NUMERIC, Record


def listing(node: c.Listing, compiler: Compiler) -> Evaluate:
    if all(isinstance(item, c.Constant) for item in node.items):
        values = tuple(item.value for item in node.items if isinstance(item, c.Constant))
        return lambda frame: values
    items = [compiler.settled(item) for item in node.items]
    return lambda frame: strict(item(frame) for item in items)


def addition(node: c.Sum, compiler: Compiler) -> Evaluate:
    signs = [sign == "+" for sign, _ in node.terms]
    operands = [compiler.compile(operand) for _, operand in node.terms]
    ranged = any(may_range(operand) for _, operand in node.terms)
    plain = not ranged and all(operand.type in NUMERIC for _, operand in node.terms)
    add = cast("Callable[[Sequence[tuple[bool, object]]], object]", numbers.total)
    add, span = (add if plain else total), node.span

    def evaluate(frame: Frame) -> object:
        values = strict(operand(frame) for operand in operands)
        if isinstance(values, Unknown):
            return values
        result = add(list(zip(signs, values, strict=True)))
        return cannot_be_told(span) if result is None else result

    return evaluate


def multiplication(node: c.Product, compiler: Compiler) -> Evaluate:
    factors, span = [compiler.settled(factor) for factor in node.factors], node.span

    def evaluate(frame: Frame) -> object:
        values = strict(factor(frame) for factor in factors)
        if isinstance(values, Unknown):
            return values
        result = arithmetic.product(values)
        return cannot_be_told(span) if result is None else result

    return evaluate


def joining(node: c.Joined, compiler: Compiler) -> Evaluate:
    parts = [compiler.settled(part) for part in node.parts]

    def evaluate(frame: Frame) -> object:
        whole = strict(part(frame) for part in parts)
        return whole if isinstance(whole, Unknown) else "".join(map(str, whole))

    return evaluate


def part(node: c.Part, compiler: Compiler) -> Evaluate:
    """A field of a record, or a part that values of the type have."""
    operand, type_, name = compiler.settled(node.operand), node.operand.type, node.name
    unknown = Unknown(node.span, f"its `{name}` is not known")
    is_record = isinstance(type_, Record)

    def evaluate(frame: Frame) -> object:
        value = operand(frame)
        if isinstance(value, Unknown):
            return value
        if is_record:
            found = cast("Mapping[str, object]", value).get(name)
        else:
            found = part_of(type_, value, name)
        return unknown if found is None else found

    return evaluate


def index(node: c.Index, compiler: Compiler) -> Evaluate:
    operand, key = compiler.compile(node.operand), compiler.settled(node.key)
    missing = Unknown(node.span, "there is no such key")

    def evaluate(frame: Frame) -> object:
        found = strict((operand(frame), key(frame)))
        if isinstance(found, Unknown):
            return found
        members, name = cast("tuple[Mapping[str, object], str]", found)
        value = members.get(name)
        return missing if value is None else value

    return evaluate


def function(node: c.Function, compiler: Compiler) -> Evaluate:
    operand, apply = compiler.settled(node.operand), FUNCTIONS[node.word]
    zone = node.zone or ""
    unknown = Unknown(node.span, f"the {node.word} cannot be told")

    def evaluate(frame: Frame) -> object:
        value = operand(frame)
        if isinstance(value, Unknown):
            return value
        found = apply(value, zone)
        return unknown if found is None else found

    return evaluate


def now(node: c.Now, compiler: Compiler) -> Evaluate:
    return lambda frame: frame.now


def today(node: c.Today, compiler: Compiler) -> Evaluate:
    zone, unknown = node.zone, Unknown(node.span, "which day it is cannot be told")
    return lambda frame: day_of(frame.now, zone) or unknown
