"""What must hold for a rule, as clauses in Python, each with what an index can know of it.

A condition falls apart into what must all be so. A part that compares an input that is always
there with constants is an *atom*: bit vectors answer it for all rules at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from policy_engine.decision.code.emitter import Emitter, NotEmitted, both
from policy_engine.decision.code.relations import MIRRORED, OPPOSITE
from policy_engine.decision.comparing import has_native_items, is_native
from policy_engine.language import checked as c
from policy_engine.language.policy import Condition
from policy_engine.language.tree_expressions import CompareOperator
from policy_engine.values.types import BOOLEAN, DATE, NUMERIC, TEXT, TIMESTAMP, Type, Union

Relation = Literal["<", "<=", ">", ">=", "in", "not in"]


class Atom(NamedTuple):
    """A variable in a relation to constants: one for an order, any number for `in`."""

    variable: str
    relation: Relation
    constants: tuple[object, ...]


class Clause(NamedTuple):
    """A Python expression that must be true, and the same as an atom if it is one."""

    text: str
    atom: Atom | None = None
    asks: bool = False
    """Whether it asks the interpreter."""

    @property
    def cost(self) -> int:
        """What is cheaper comes first: an order or a flag, a set, a call, the interpreter."""
        if self.atom is not None:
            return int(len(self.atom.constants) != 1)
        return 3 if self.asks else 2


_INDEXED = (*NUMERIC, TEXT, DATE, TIMESTAMP)


def clauses_of(
    condition: Condition, name: str, number: int, e: Emitter, *, surely: bool
) -> list[Clause]:
    """Tests that the condition is met: surely or, for what narrows, not surely not.

    One that cannot be emitted is asked of the interpreter: condition `number` of `name`. Of what
    has happened nothing is known without a history, so only where there is one it is asked.
    """
    parts = list(_parts(condition.expression, condition.expected))
    try:
        return [_test(node, wanted, e, surely) for node, wanted in parts]
    except NotEmitted as why:
        e.left[name] = str(why)
        so = "is True" if surely else "is not False"
        asked = f"met({e.question()}, {name!r}, {number}) {so}"
    try:
        with e.without_past():
            known = both(*(_test(node, wanted, e, surely).text for node, wanted in parts))
    except NotEmitted:
        return [Clause(asked, asks=True)]
    return [Clause(f"({known} if given.history is None else {asked})", asks=True)]


def _parts(node: c.Checked, wanted: bool) -> Iterator[tuple[c.Checked, bool]]:
    """What must all be so (or, where not `wanted`, not be so) for the whole to be."""
    match node:
        case c.Not(operand=operand):
            yield from _parts(operand, not wanted)
        case c.Every(parts=parts) if wanted:
            for part in parts:
                yield from _parts(part, wanted)
        case c.Some(parts=parts) if not wanted:
            for part in parts:
                yield from _parts(part, wanted)
        case _:
            yield node, wanted


def _test(node: c.Checked, wanted: bool, e: Emitter, surely: bool) -> Clause:
    if surely or e.known(node):
        return Clause(e.true(node) if wanted else e.false(node), _atom(node, wanted, e))
    return Clause(f"not ({e.false(node) if wanted else e.true(node)})")


def _atom(node: c.Checked, wanted: bool, e: Emitter) -> Atom | None:
    match node:
        case c.Read() if node.type == BOOLEAN and _is_input(node, e):
            return Atom(e.value(node), "in", (wanted,))
        case c.Compare(operator="in", left=c.Read() as left, right=c.Listing() as right):
            values = [item.value for item in right.items if isinstance(item, c.Constant)]
            whole = len(values) == len(right.items) and has_native_items(left.type, right.type)
            if not whole or not _is_indexed(left.type) or not _is_input(left, e):
                return None
            return Atom(e.value(left), "in" if wanted else "not in", tuple(values))
        case c.Compare(left=c.Read() as left, right=c.Constant(value=value)):
            return _comparison(left, node.operator, value, wanted, e)
        case c.Compare(left=c.Constant(value=value), right=c.Read() as right):
            mirrored = MIRRORED.get(node.operator)
            return _comparison(right, mirrored, value, wanted, e) if mirrored else None
        case _:
            return None


def _comparison(
    read: c.Read, operator: CompareOperator, value: object, wanted: bool, e: Emitter
) -> Atom | None:
    if not _is_indexed(read.type) or not is_native(read.type) or not _is_input(read, e):
        return None
    match operator if wanted else OPPOSITE.get(operator):
        case "==":
            return Atom(e.value(read), "in", (value,))
        case "!=":
            return Atom(e.value(read), "not in", (value,))
        case "<" | "<=" | ">" | ">=" as relation:
            return Atom(e.value(read), relation, (value,))
        case _:
            return None


def _is_indexed(type_: Type) -> bool:
    return isinstance(type_, Union) or type_ in _INDEXED


def _is_input(read: c.Read, e: Emitter) -> bool:
    return read.root == "input" and len(read.path) == 1 and e.known(read)
