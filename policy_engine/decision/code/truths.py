"""Conditions as Python expressions: whether a node is surely true, whether it is surely false.

One function a kind of node; `wanted` says which of the two is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from policy_engine.decision.code.emitter import Emit, Emitter, NotEmitted, both, either
from policy_engine.decision.code.items import counted, is_open_count, paired, quantified
from policy_engine.decision.code.relations import MIRRORED, OPPOSITE
from policy_engine.decision.code.values import given_path, with_arguments
from policy_engine.decision.comparing import has_native_items, is_native
from policy_engine.language import checked as c
from policy_engine.values.types import BOOLEAN, PRINCIPAL


def _constant(node: c.Constant, e: Emitter, *, wanted: bool) -> str:
    return repr(node.value is wanted)


def _read(node: c.Read, e: Emitter, *, wanted: bool) -> str:
    if node.type != BOOLEAN:
        raise NotEmitted("a condition that is no truth")
    text = e.value(node)
    if e.known(node):
        return text if wanted else f"(not {text})"
    return f"{text} is {wanted}"


def _given(node: c.Given, e: Emitter, *, wanted: bool) -> str:
    return given_path(node.operand, e, wanted=wanted)


def _every(node: c.Every, e: Emitter, *, wanted: bool) -> str:
    if wanted:
        return both(*(e.true(part) for part in node.parts))
    return either(*(e.false(part) for part in node.parts))


def _some(node: c.Some, e: Emitter, *, wanted: bool) -> str:
    if wanted:
        return either(*(e.true(part) for part in node.parts))
    return both(*(e.false(part) for part in node.parts))


def _not(node: c.Not, e: Emitter, *, wanted: bool) -> str:
    return e.false(node.operand) if wanted else e.true(node.operand)


def _apply(node: c.Apply, e: Emitter, *, wanted: bool) -> str:
    ask = e.true if wanted else e.false
    bindings, inner = with_arguments(node, e, ask)
    return both(*bindings, inner)


def _choice(node: c.Choice, e: Emitter, *, wanted: bool) -> str:
    """Where it is not known which, it is so if both are."""
    ask = e.true if wanted else e.false
    yes, no, condition = ask(node.yes), ask(node.no), e.true(node.condition)
    if e.known(node.condition):
        return f"({yes} if {condition} else {no})"
    return f"({yes} if {condition} else {no} if {e.false(node.condition)} else {both(yes, no)})"


def _computed(node: c.Checked, e: Emitter, *, wanted: bool) -> str:
    """What only a value says: a row of a table, a member of a map."""
    return f"{e.value(node)} is {wanted}"


def _compare(node: c.Compare, e: Emitter, *, wanted: bool) -> str:
    match node.operator:
        case "in":
            return _in(node, e, wanted=wanted)
        case "subset of":
            tests, (one, other) = e.all_known((node.left, node.right))
            return both(*tests, f"subset({one}, {other}) is {wanted}")
        case operator:
            if is_open_count(node.left, e):
                return counted(node.left, operator, node.right, e, wanted=wanted)
            if is_open_count(node.right, e):
                return counted(node.right, MIRRORED[operator], node.left, e, wanted=wanted)
    tests, (one, other) = e.all_known((node.left, node.right))
    if PRINCIPAL in (node.left.type, node.right.type):
        same = (operator == "==") is wanted
        return both(*tests, f"same_principal({one}, {other}) is {same}")
    if is_native(node.left.type) and is_native(node.right.type):
        return both(*tests, f"{one} {operator if wanted else OPPOSITE[operator]} {other}")
    return both(*tests, f"related({operator!r}, {one}, {other}) is {wanted}")


def _in(node: c.Compare, e: Emitter, *, wanted: bool) -> str:
    word = "in" if wanted else "not in"
    if not has_native_items(node.left.type, node.right.type):
        tests, (item, items) = e.all_known((node.left, node.right))
        return both(*tests, f"has({items}, {item}) is {wanted}")
    if isinstance(node.right, c.Listing) and all(
        isinstance(item, c.Constant) for item in node.right.items
    ):
        values = [item.value for item in node.right.items if isinstance(item, c.Constant)]
        tests, (item,) = e.all_known((node.left,))
        return both(*tests, f"{item} {word} {_set_of(values, e)}")
    whole = node.right
    if isinstance(whole, c.Function) and whole.word == "keys":
        whole = whole.operand
    tests, (item, items) = e.all_known((node.left, whole))
    return both(*tests, f"{item} {word} {items}")


def _set_of(values: list[Any], e: Emitter) -> str:
    """A display that Python makes a constant of, where it can."""
    if values and all(type(value) in (str, int) for value in values):
        return f"{{{', '.join(sorted({repr(value) for value in values}))}}}"
    return e.constant(frozenset(values))


def _match(node: c.Match, e: Emitter, *, wanted: bool) -> str:
    tests, (value,) = e.all_known((node.operand,))
    return both(*tests, _so(f"matches_whole({node.pattern!r}, {value})", wanted))


def _like(node: c.Like, e: Emitter, *, wanted: bool) -> str:
    tests, (value,) = e.all_known((node.operand,))
    type_ = e.constant(node.operand.type)
    return both(*tests, _so(f"matches_glob({node.pattern!r}, {type_}, {value})", wanted))


def _between(node: c.Between, e: Emitter, *, wanted: bool) -> str:
    tests, (value,) = e.all_known((node.operand,))
    start, end = e.constant(node.start), e.constant(node.end)
    return both(*tests, _so(f"within({value}, {start}, {end})", wanted))


def _recent(node: c.Recent, e: Emitter, *, wanted: bool) -> str:
    tests, (value,) = e.all_known((node.operand,))
    nothing, most = e.constant(timedelta(0)), e.constant(node.duration)
    return both(*tests, _so(f"({nothing} <= {e.now()} - {value} <= {most})", wanted))


def _affix(node: c.Affix, e: Emitter, *, wanted: bool) -> str:
    tests, (one, other) = e.all_known((node.left, node.right))
    match node.word:
        case "starts with":
            return both(*tests, _so(f"{one}.startswith({other})", wanted))
        case "ends with":
            return both(*tests, _so(f"{one}.endswith({other})", wanted))
        case "contains":
            return both(*tests, f"{other} {'in' if wanted else 'not in'} {one}")
        case "under":
            return both(*tests, f"under({one}, {other}) is {wanted}")


def _provenance(node: c.Provenance, e: Emitter, *, wanted: bool) -> str:
    tests, (value,) = e.all_known((node.operand,))
    word = "dictated" if node.word == "dictated" else "trusted"
    found = wanted is (node.word != "untrusted")
    return both(*tests, f"{_asked(word, value, node.operand, e)} is {found}")


def _origin(node: c.Origin, e: Emitter, *, wanted: bool) -> str:
    tests, (value,) = e.all_known((node.operand,))
    match node.word:
        case "comes from":
            question = _asked("comes_from", f"{node.task!r}, {value}", node.operand, e)
        case "created":
            question = _asked("created", value, node.operand, e)
        case "named":
            question = _asked("named", value, node.operand, e)
    return both(*tests, f"{question} is {wanted}")


def _asked(word: str, arguments: str, operand: c.Checked, e: Emitter) -> str:
    return f"{e.origins()}.{word}({arguments}, {e.constant(operand.type)}, nowhere)"


def _asked_for(node: c.AskedFor, e: Emitter, *, wanted: bool) -> str:
    return f"{e.origins()}.asked_for({e.constant(node.words)}, nowhere) is {wanted}"


def _seen(node: c.Seen, e: Emitter, *, wanted: bool) -> str:
    return f"{e.origins()}.seen({node.label!r}, nowhere) is {wanted}"


def _so(test: str, wanted: bool) -> str:
    return test if wanted else f"not {test}"


_ROWS: Mapping[type, Callable[..., str]] = {
    c.Constant: _constant,
    c.Read: _read,
    c.Given: _given,
    c.Every: _every,
    c.Some: _some,
    c.Not: _not,
    c.Apply: _apply,
    c.Choice: _choice,
    c.Lookup: _computed,
    c.Index: _computed,
    c.Part: _computed,
    c.Compare: _compare,
    c.Quantified: quantified,
    c.Paired: paired,
    c.Match: _match,
    c.Like: _like,
    c.Affix: _affix,
    c.Between: _between,
    c.Recent: _recent,
    c.Provenance: _provenance,
    c.Origin: _origin,
    c.AskedFor: _asked_for,
    c.Seen: _seen,
}

TRUE: Mapping[type, Emit] = {kind: partial(emit, wanted=True) for kind, emit in _ROWS.items()}
FALSE: Mapping[type, Emit] = {kind: partial(emit, wanted=False) for kind, emit in _ROWS.items()}
