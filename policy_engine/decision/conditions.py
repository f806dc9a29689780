"""Checked expressions to closures: one row of the table for each kind of node.

Here are names, data and the logic of three values; the other rows stand by theme in `comparing`,
`computing`, `predicates`, `items` and `past`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from policy_engine.decision import comparing, computing, items, past, predicates
from policy_engine.decision.closures import Compiler, Evaluate as Evaluate, may_range, strict
from policy_engine.decision.frame import Frame, identity
from policy_engine.decision.intervals import Interval, unsettled
from policy_engine.decision.truth import Unknown, every, negated, some
from policy_engine.language import checked as c
from policy_engine.language.policy import NO_ROW, Define, Table
from policy_engine.language.walk import all_of
from policy_engine.values.arithmetic import equal
from policy_engine.values.rows import row_of


class Conditions:
    """Compiles expressions of one policy set; remembers the closure of every node."""

    def __init__(
        self, defines: Mapping[str, Define], tables: Mapping[str, Table] | None = None
    ) -> None:
        self._defines = defines
        self._tables = tables or {}
        self._compiled: dict[int, tuple[c.Checked, Evaluate]] = {}
        self._settled: dict[int, tuple[c.Checked, Evaluate]] = {}

    def compile(self, node: c.Checked) -> Evaluate:
        """The closure of a node; the same node always gives the same closure."""
        known = self._compiled.get(id(node))
        if known is None:
            known = self._compiled[id(node)] = node, _BUILDERS[type(node)](node, self)
        return known[1]

    def settled(self, node: c.Checked) -> Evaluate:
        """The same, where a range of numbers is of no use: then it is unknown."""
        if not may_range(node):
            return self.compile(node)
        known = self._settled.get(id(node))
        if known is None:
            known = self._settled[id(node)] = node, _without_range(node, self.compile(node))
        return known[1]

    def define(self, name: str) -> Define:
        return self._defines[name]

    def table(self, name: str) -> Table:
        return self._tables[name]


def _without_range(node: c.Checked, closure: Evaluate) -> Evaluate:
    span = node.span

    def evaluate(frame: Frame) -> object:
        value = closure(frame)
        return unsettled(span) if isinstance(value, Interval) else value

    return evaluate


def _constant(node: c.Constant, compiler: Compiler) -> Evaluate:
    value = node.value
    return lambda frame: value


def _read(node: c.Read, compiler: Compiler) -> Evaluate:
    """The datum at a path, or why there is none."""
    root, path = node.root, node.path
    if len(path) > 1:
        return lambda frame: _at_path(node, frame)
    name = path[0]
    if root == "local":
        return lambda frame: frame.local[name] if name in frame.local else _why(node, frame)

    def evaluate(frame: Frame) -> object:
        data = frame.roots[root]
        return data[name] if name in data else _why(node, frame)

    return evaluate


def _at_path(node: c.Read, frame: Frame) -> object:
    value: object = frame.local if node.root == "local" else frame.roots[node.root]
    for name in node.path:
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, Mapping) or name not in value:
            return _why(node, frame)
        value = value[name]
    return value


def _why(node: c.Read, frame: Frame) -> Unknown:
    absent = frame.absent
    why = absent.get((node.root, node.path[0])) or absent.get((node.root, ""))
    return Unknown(node.span, why or f"`{node.span.text}` is not known")


def _given(node: c.Given, compiler: Compiler) -> Evaluate:
    """Whether the last step of the path is there; unknown where the way to it is not."""
    root, path, span = node.operand.root, node.operand.path, node.span
    *way, last = path

    def evaluate(frame: Frame) -> object:
        why = frame.absent.get((root, path[0])) or frame.absent.get((root, ""))
        if why is not None and root != "local":
            return Unknown(span, why)
        value: object = frame.local if root == "local" else frame.roots[root]
        for name in way:
            if isinstance(value, Unknown):
                return value
            if not isinstance(value, Mapping) or name not in value:
                return Unknown(span, f"`{name}` is not known")
            value = value[name]
        if isinstance(value, Unknown):
            return value
        return isinstance(value, Mapping) and last in value

    return evaluate


def _every(node: c.Every, compiler: Compiler) -> Evaluate:
    parts = [compiler.compile(part) for part in node.parts]
    return lambda frame: every(part(frame) for part in parts)


def _some(node: c.Some, compiler: Compiler) -> Evaluate:
    parts = [compiler.compile(part) for part in node.parts]
    return lambda frame: some(part(frame) for part in parts)


def _not(node: c.Not, compiler: Compiler) -> Evaluate:
    operand = compiler.compile(node.operand)
    return lambda frame: negated(operand(frame))


def _apply(node: c.Apply, compiler: Compiler) -> Evaluate:
    define = compiler.define(node.define)
    body = compiler.compile(define.body)
    names = [name for name, _ in define.parameters]
    arguments = [compiler.compile(argument) for argument in node.arguments]

    def evaluate(frame: Frame) -> object:
        values = tuple(argument(frame) for argument in arguments)
        inner = frame.with_locals(dict(zip(names, values, strict=True)), only=True)
        return body(inner)

    return _once_each(define.name, arguments, names, body) if _rests(define) else evaluate


def _once_each(
    name: str, arguments: Sequence[Evaluate], names: Sequence[str], body: Evaluate
) -> Evaluate:
    """A definition that rests on others is evaluated once for the same arguments.

    Else definitions that each use the one before twice would take twice as long each time.
    """

    def evaluate(frame: Frame) -> object:
        values = tuple(argument(frame) for argument in arguments)
        key = (name, *map(identity, values))
        found = frame.known.get(key)
        if found is None:
            inner = frame.with_locals(dict(zip(names, values, strict=True)), only=True)
            found = frame.known[key] = body(inner), values
        return found[0]

    return evaluate


def _rests(define: Define) -> bool:
    """Whether a definition uses others."""
    return any(isinstance(part, c.Apply) for part in all_of(define.body))


def _lookup(node: c.Lookup, compiler: Compiler) -> Evaluate:
    table = compiler.table(node.table)
    arguments = [compiler.settled(argument) for argument in node.arguments]
    unknown = Unknown(node.span, "which row of the table it is cannot be told")
    otherwise = unknown if table.otherwise is NO_ROW else table.otherwise

    def evaluate(frame: Frame) -> object:
        values = strict(argument(frame) for argument in arguments)
        if isinstance(values, Unknown):
            return values
        return row_of(table.rows, values, otherwise, unknown)

    return evaluate


def _choice(node: c.Choice, compiler: Compiler) -> Evaluate:
    condition = compiler.compile(node.condition)
    yes, no = compiler.compile(node.yes), compiler.compile(node.no)

    def evaluate(frame: Frame) -> object:
        truth = condition(frame)
        if truth is True:
            return yes(frame)
        if truth is False:
            return no(frame)
        one, other = yes(frame), no(frame)
        same = not isinstance(one, Unknown) and equal(one, other) is True
        return one if same else truth

    return evaluate


_Builder = Callable[[Any, Compiler], Evaluate]

_BUILDERS: Mapping[type, _Builder] = {
    c.Constant: _constant,
    c.Read: _read,
    c.Given: _given,
    c.Every: _every,
    c.Some: _some,
    c.Not: _not,
    c.Apply: _apply,
    c.Lookup: _lookup,
    c.Choice: _choice,
    c.Compare: comparing.comparison,
    c.Listing: computing.listing,
    c.Sum: computing.addition,
    c.Product: computing.multiplication,
    c.Joined: computing.joining,
    c.Part: computing.part,
    c.Index: computing.index,
    c.Function: computing.function,
    c.Now: computing.now,
    c.Today: computing.today,
    c.Match: predicates.match,
    c.Like: predicates.like,
    c.Affix: predicates.affix,
    c.Between: predicates.between,
    c.Recent: predicates.recent,
    c.Provenance: predicates.provenance,
    c.Origin: predicates.origin,
    c.AskedFor: predicates.asked_for,
    c.Seen: predicates.seen,
    c.Quantified: items.quantified,
    c.Paired: items.paired,
    c.Tally: items.tally,
    c.Pick: items.pick,
    c.Happened: past.happened,
    c.PastTally: past.past_tally,
    c.NoneSince: past.none_since,
}
