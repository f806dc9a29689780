"""Data as Python expressions, `None` where a datum is not known; and when it always is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from policy_engine.decision.code.emitter import (
    Emit,
    Emitter,
    NotEmitted,
    Variable,
    both,
    tuple_of,
)
from policy_engine.decision.code.items import pick, tally, tally_known
from policy_engine.decision.code.source import source_of
from policy_engine.decision.comparing import has_native_items, is_native
from policy_engine.language import checked as c
from policy_engine.language.policy import NO_ROW
from policy_engine.values.types import NUMERIC, PRINCIPAL, Record, Type


def with_arguments(
    node: c.Apply, e: Emitter, ask: Callable[[c.Checked], str]
) -> tuple[list[str], str]:
    """The body of a definition, and tests (always true) that bind its arguments to names first.

    An argument that is read in one place stands there itself: it is computed if that is reached.
    """
    define = e.define(node.define)
    variables: dict[str, Variable] = {}
    arguments: dict[str, str] = {}
    for (name, type_), argument in zip(define.parameters, node.arguments, strict=True):
        text = e.value(argument)
        if not text.isidentifier() and not isinstance(argument, c.Constant):
            parameter = e.parameter()
            arguments[parameter] = text
            text = parameter
        variables[name] = Variable(text, type_, e.known(argument))
    with e.within(variables, only=True):
        body = ask(define.body)
    bindings: list[str] = []
    for parameter, text in arguments.items():
        inside = body.replace(parameter, f"({text})")
        once = body.count(parameter) == 1 and not e.is_read_in_turn(parameter)
        if once and _nesting(inside) <= _MOST_NESTED:
            body = inside
        elif parameter in body:
            name = parameter.strip("\0")
            bindings.append(f"({name} := {text}) is {name}")
            body = body.replace(parameter, name)
    return bindings, body


_MOST_NESTED = 40
"""Parentheses within parentheses, besides the three for each node."""


def _nesting(text: str) -> int:
    """How deep parentheses nest, at least; those in texts count too."""
    deepest = depth = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return deepest


def given_path(node: c.Read, e: Emitter, *, wanted: bool) -> str:
    """Whether the last step of a path is there, or surely is not."""
    *way, last = node.path
    if not way:
        if node.root == "local":
            raise NotEmitted("whether a variable is given")
        datum = e.data.get(node.root, last)
        if wanted:
            return "True" if datum.variable.known else f"{datum.variable.name} is not None"
        return datum.absent or "False"
    before = _Walk(e, node.root, tuple(way))
    if not isinstance(before.type, Record):
        raise NotEmitted("a path through what is no record")
    tests: list[str] = []
    text = before.text
    if not before.known:
        bound, text = e.named(text)
        tests.append(f"{bound} is not None")
    return both(*tests, f"{last!r} {'in' if wanted else 'not in'} {text}")


class _Walk:
    """A path from its root: the expression for what is at its end."""

    def __init__(self, e: Emitter, root: c.Root, path: tuple[str, ...]) -> None:
        first, *rest = path
        variable = e.local(first) if root == "local" else e.data.get(root, first).variable
        self._e = e
        self.text, self.known = variable.name, variable.known
        self.type: Type = variable.type
        for name in rest:
            self._step(name)

    def _step(self, name: str) -> None:
        field = self.type.field(name) if isinstance(self.type, Record) else None
        if field is None:
            raise NotEmitted("a path through what is no record")
        step = f".get({name!r})" if field.optional else f"[{name!r}]"
        if self.known:
            self.text += step
        else:
            bound, record = self._e.named(self.text)
            self.text = f"({record}{step} if {bound} is not None else None)"
        self.known = self.known and not field.optional
        self.type = field.type


def _constant(node: c.Constant, e: Emitter) -> str:
    return e.constant(node.value)


def _read(node: c.Read, e: Emitter) -> str:
    return _Walk(e, node.root, node.path).text


def _now(node: c.Now, e: Emitter) -> str:
    return e.now()


def _today(node: c.Today, e: Emitter) -> str:
    return f"day_of({e.now()}, {node.zone!r})"


def _truth(node: c.Checked, e: Emitter) -> str:
    """A condition as a value."""
    if e.known(node):
        return f"({e.true(node)})"
    return f"(True if {e.true(node)} else False if {e.false(node)} else None)"


def _guarded(tests: Sequence[str], text: str) -> str:
    return f"({text} if {' and '.join(tests)} else None)" if tests else text


def _of(nodes: tuple[c.Checked, ...], e: Emitter, make: Callable[..., str]) -> str:
    """What is made of data that must all be known."""
    tests, names = e.all_known(nodes)
    return _guarded(tests, make(*names))


def _part(node: c.Part, e: Emitter) -> str:
    if isinstance(node.operand.type, Record):
        step = f"[{node.name!r}]" if _is_there(node) else f".get({node.name!r})"
        return _of((node.operand,), e, lambda value: value + step)
    type_ = e.constant(node.operand.type)
    return _of((node.operand,), e, lambda value: f"part_of({type_}, {value}, {node.name!r})")


def _is_there(node: c.Part) -> bool:
    """Whether each record of the type has the field."""
    field = node.operand.type.field(node.name) if isinstance(node.operand.type, Record) else None
    return field is not None and not field.optional


def _index(node: c.Index, e: Emitter) -> str:
    return _of((node.operand, node.key), e, lambda members, key: f"{members}.get({key})")


def _listing(node: c.Listing, e: Emitter) -> str:
    return _of(node.items, e, lambda *items: tuple_of(items))


def _sum(node: c.Sum, e: Emitter) -> str:
    signs = [sign == "+" for sign, _ in node.terms]
    terms = tuple(term for _, term in node.terms)
    numeric = all(term.type in NUMERIC for term in terms)

    def make(*names: str) -> str:
        pairs = list(zip(signs, names, strict=True))
        if not numeric:
            return f"sum_of({tuple_of(f'({sign}, {name})' for sign, name in pairs)})"
        plus = tuple_of(name for sign, name in pairs if sign)
        minus = tuple_of(name for sign, name in pairs if not sign)
        return f"net({plus}, {minus})"

    return _of(terms, e, make)


def _product(node: c.Product, e: Emitter) -> str:
    times = "times" if all(factor.type in NUMERIC for factor in node.factors) else "product"
    return _of(node.factors, e, lambda *names: f"{times}({tuple_of(names)})")


def _joined(node: c.Joined, e: Emitter) -> str:
    return _of(node.parts, e, lambda *names: f"({' + '.join(names)})")


def _apply(node: c.Apply, e: Emitter) -> str:
    bindings, inner = with_arguments(node, e, e.value)
    return _guarded(bindings, inner)


def _lookup(node: c.Lookup, e: Emitter) -> str:
    table = e.table(node.table)
    otherwise = "None" if table.otherwise is NO_ROW else source_of(table.otherwise)
    rows = e.hoisted(f"Rows({source_of(table.rows)}, {otherwise})")
    return _of(node.arguments, e, lambda *names: f"{rows}.find({tuple_of(names)})")


def _choice(node: c.Choice, e: Emitter) -> str:
    yes, no, condition = e.value(node.yes), e.value(node.no), e.true(node.condition)
    if e.known(node.condition):
        return f"({yes} if {condition} else {no})"
    false = e.false(node.condition)
    return f"({yes} if {condition} else {no} if {false} else the_same({yes}, {no}))"


def _function(node: c.Function, e: Emitter) -> str:
    match node.word:
        case "size":
            return _of((node.operand,), e, lambda value: f"len({value})")
        case "lower":
            return _of((node.operand,), e, lambda value: f"{value}.lower()")
        case word:
            zone = node.zone or ""
            return _of((node.operand,), e, lambda value: f"function({word!r}, {value}, {zone!r})")


VALUE: Mapping[type, Emit] = {
    c.Constant: _constant,
    c.Read: _read,
    c.Now: _now,
    c.Today: _today,
    c.Part: _part,
    c.Index: _index,
    c.Listing: _listing,
    c.Sum: _sum,
    c.Product: _product,
    c.Joined: _joined,
    c.Apply: _apply,
    c.Lookup: _lookup,
    c.Choice: _choice,
    c.Function: _function,
    c.Pick: pick,
    c.Tally: tally,
    **dict.fromkeys(
        (
            *(c.Given, c.Every, c.Some, c.Not, c.Compare, c.Quantified, c.Paired),
            *(c.Match, c.Like, c.Affix, c.Between, c.Recent),
            *(c.Provenance, c.Origin, c.AskedFor, c.Seen),
        ),
        _truth,
    ),
}


def _always(node: Any, e: Emitter) -> bool:
    return True


def _read_known(node: Any, e: Emitter) -> bool:
    return _Walk(e, node.root, node.path).known


def _parts_known(node: Any, e: Emitter) -> bool:
    return all(e.known(part) for part in node.parts)


def _operand_known(node: Any, e: Emitter) -> bool:
    return e.known(node.operand)


def _compare_known(node: Any, e: Emitter) -> bool:
    left, right = node.left.type, node.right.type
    if PRINCIPAL in (left, right) or node.operator == "subset of":
        return False
    native = has_native_items(left, right) if node.operator == "in" else _native(left, right)
    return native and e.known(node.left) and e.known(node.right)


def _native(left: Type, right: Type) -> bool:
    return is_native(left) and is_native(right)


def _affix_known(node: Any, e: Emitter) -> bool:
    return node.word != "under" and e.known(node.left) and e.known(node.right)


def _given_known(node: Any, e: Emitter) -> bool:
    """Of the input all that is there fits."""
    return node.operand.root == "input" and len(node.operand.path) == 1


def _part_known(node: Any, e: Emitter) -> bool:
    return _is_there(node) and e.known(node.operand)


def _function_known(node: Any, e: Emitter) -> bool:
    return node.word in ("size", "lower") and e.known(node.operand)


def _items_known(node: Any, e: Emitter) -> bool:
    return all(e.known(item) for item in node.items)


def _apply_known(node: Any, e: Emitter) -> bool:
    return e.known_body(node.define, tuple(map(e.known, node.arguments)))


KNOWN: Mapping[type, Callable[[Any, Emitter], bool]] = {
    c.Constant: _always,
    c.Now: _always,
    c.Apply: _apply_known,
    c.Read: _read_known,
    c.Given: _given_known,
    c.Every: _parts_known,
    c.Some: _parts_known,
    c.Not: _operand_known,
    c.Compare: _compare_known,
    c.Match: _operand_known,
    c.Like: _operand_known,
    c.Between: _operand_known,
    c.Recent: _operand_known,
    c.Affix: _affix_known,
    c.Function: _function_known,
    c.Joined: _parts_known,
    c.Listing: _items_known,
    c.Part: _part_known,
    c.Tally: tally_known,
}
