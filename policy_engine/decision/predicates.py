"""What is asked of one value: patterns of text, times, and where the session has it from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import cast

from policy_engine.decision.closures import Compiler, Evaluate
from policy_engine.decision.frame import Frame
from policy_engine.decision.truth import Unknown, negated
from policy_engine.language import checked as c
from policy_engine.values.calendar import within
from policy_engine.values.globs import matches_glob
from policy_engine.values.paths import under
from policy_engine.values.patterns import matches_whole

_NOTHING = timedelta(0)


def match(node: c.Match, compiler: Compiler) -> Evaluate:
    pattern = node.pattern
    return _asked(node.operand, compiler, lambda value: matches_whole(pattern, cast("str", value)))


def like(node: c.Like, compiler: Compiler) -> Evaluate:
    pattern, type_ = node.pattern, node.operand.type
    return _asked(
        node.operand, compiler, lambda value: matches_glob(pattern, type_, cast("str", value))
    )


def between(node: c.Between, compiler: Compiler) -> Evaluate:
    start, end = node.start, node.end
    return _asked(node.operand, compiler, lambda value: within(cast("time", value), start, end))


def affix(node: c.Affix, compiler: Compiler) -> Evaluate:
    left, right = compiler.compile(node.left), compiler.compile(node.right)
    holds = _AFFIXES[node.word]
    unknown = Unknown(node.span, "one of the paths is absolute and the other is not")

    def evaluate(frame: Frame) -> object:
        one, other = left(frame), right(frame)
        if isinstance(one, Unknown):
            return one
        if isinstance(other, Unknown):
            return other
        truth = holds(cast("str", one), cast("str", other))
        return unknown if truth is None else truth

    return evaluate


def recent(node: c.Recent, compiler: Compiler) -> Evaluate:
    operand, duration = compiler.settled(node.operand), node.duration

    def evaluate(frame: Frame) -> object:
        value = operand(frame)
        if isinstance(value, Unknown):
            return value
        return _NOTHING <= frame.now - cast("datetime", value) <= duration

    return evaluate


def provenance(node: c.Provenance, compiler: Compiler) -> Evaluate:
    operand, type_, span = compiler.settled(node.operand), node.operand.type, node.span
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


def origin(node: c.Origin, compiler: Compiler) -> Evaluate:
    operand, type_, span = compiler.settled(node.operand), node.operand.type, node.span
    word, task = node.word, node.task or ""

    def evaluate(frame: Frame) -> object:
        value = operand(frame)
        if isinstance(value, Unknown):
            return value
        match word:
            case "comes from":
                return frame.origins.comes_from(task, value, type_, span)
            case "created":
                return frame.origins.created(value, type_, span)
            case "named":
                return frame.origins.named(value, type_, span)

    return evaluate


def asked_for(node: c.AskedFor, compiler: Compiler) -> Evaluate:
    words, span = node.words, node.span
    return lambda frame: frame.origins.asked_for(words, span)


def seen(node: c.Seen, compiler: Compiler) -> Evaluate:
    label, span = node.label, node.span
    return lambda frame: frame.origins.seen(label, span)


def _asked(node: c.Checked, compiler: Compiler, holds: Callable[[object], bool]) -> Evaluate:
    operand = compiler.settled(node)

    def evaluate(frame: Frame) -> object:
        value = operand(frame)
        return value if isinstance(value, Unknown) else holds(value)

    return evaluate


_AFFIXES: Mapping[str, Callable[[str, str], bool | None]] = {
    "starts with": str.startswith,
    "ends with": str.endswith,
    "contains": str.__contains__,
    "under": under,
}
