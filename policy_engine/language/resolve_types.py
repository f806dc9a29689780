"""Second pass: types as written become types. Finds unknown types and cycles."""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.foundation.source import Span
from policy_engine.language import codes
from policy_engine.language import tree as t
from policy_engine.language.declare import duplicate
from policy_engine.language.report import Report
from policy_engine.values.types import SCALARS, Field, ListOf, Record, Type, Union


class Types:
    """Looks types up; each is resolved once. A type that cannot be resolved is None."""

    def __init__(self, declared: dict[str, t.AliasNode | t.RecordNode], report: Report) -> None:
        self._declared = declared
        self._report = report
        self._known: dict[str, Type | None] = dict(SCALARS)
        self._open: list[str] = []
        for node in declared.values():
            self._named(node.name)

    def resolve(self, node: t.TypeNode) -> Type | None:
        match node:
            case t.UnionType():
                return Union(frozenset(node.members))
            case t.ListType():
                item = self.resolve(node.item)
                return None if item is None else ListOf(item)
            case t.NamedType():
                return self._named(node.name)

    def fields(self, nodes: Sequence[t.FieldNode], what: str) -> tuple[Field, ...]:
        """Declared fields; those whose type is unknown are left out (and reported)."""
        result: dict[str, Field] = {}
        first: dict[str, t.Name] = {}
        for node in nodes:
            name = node.name.text
            if name in first:
                duplicate(what, node.name, first[name].span, self._report)
                continue
            first[name] = node.name
            type_ = self.resolve(node.type)
            if type_ is None:
                self._report.ignore(name)
            else:
                result[name] = Field(name, type_, node.optional, node.secret)
        return tuple(result.values())

    def _named(self, name: t.Name) -> Type | None:
        if name.text in self._known:
            return self._known[name.text]
        node = self._declared.get(name.text)
        if node is None:
            known: list[tuple[str, Span | None]] = [(scalar, None) for scalar in SCALARS]
            known += [(n, d.name.span) for n, d in self._declared.items()]
            self._report.unknown(codes.UNKNOWN_TYPE, "type", name, known)
            return None
        if name.text in self._open:
            chain = " → ".join([*self._open[self._open.index(name.text) :], name.text])
            self._report.add(
                codes.CYCLE, f"the type `{name.text}` contains itself", name.span, chain
            )
            return None
        self._open.append(name.text)
        self._known[name.text] = self._declaration(node)
        self._open.pop()
        return self._known[name.text]

    def _declaration(self, node: t.AliasNode | t.RecordNode) -> Type | None:
        if isinstance(node, t.AliasNode):
            return self.resolve(node.type)
        return Record(node.name.text, self.fields(node.fields, "field"))
