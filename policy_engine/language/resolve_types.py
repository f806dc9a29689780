"""Second pass: types as written become types. Finds unknown types and cycles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy_engine.foundation.source import Span
from policy_engine.language import codes, tree as t
from policy_engine.language.declare import Declarations, duplicate
from policy_engine.language.report import Report
from policy_engine.values.types import (
    JSON,
    SCALARS,
    TEXT,
    Field,
    ListOf,
    MapOf,
    Record,
    Scalar,
    SetOf,
    Type,
    Union,
)

_DEEPEST = 50


class Types:
    """Looks types up; each is resolved once. A type that cannot be resolved is None."""

    def __init__(self, found: Declarations, report: Report) -> None:
        self._found = found
        self._report = report
        self._known: dict[str, Type | None] = dict(SCALARS)
        self._open: list[str] = []
        self._depths: dict[str, int] = {}
        for node in found.types.values():
            self._named(node.name)

    def resolve(self, node: t.TypeNode) -> Type | None:
        match node:
            case t.NamedType():
                return self._named(node.name)
            case t.UnionType():
                return Union(frozenset(node.members))
            case t.ListType():
                item = self.resolve(node.item)
                return None if item is None else ListOf(item)
            case t.SetType():
                return self._set(node)
            case t.MapType():
                return self._map(node)

    def fields(
        self, nodes: Sequence[t.FieldNode], what: str, *, shared: bool = False
    ) -> tuple[Field, ...]:
        """Declared fields; those whose type is unknown are left out (and reported).

        Where they are `shared`, several files may declare the same field alike.
        """
        result: dict[str, Field] = {}
        first: dict[str, t.Name] = {}
        for node in nodes:
            name = node.name.text
            if name in first:
                if not (shared and self._is_alike(node, first[name], result.get(name))):
                    duplicate(what, node.name, first[name].span, self._report)
                continue
            first[name] = node.name
            type_ = self.resolve(node.type)
            if type_ is None:
                self._report.ignore(name)
                self._report.has_gaps = True
            else:
                result[name] = Field(name, type_, node.optional, node.secret)
        return tuple(result.values())

    def _is_alike(self, node: t.FieldNode, first: t.Name, field: Field | None) -> bool:
        """Whether another file declares the same field in the same way."""
        if node.name.span.source.name == first.span.source.name:
            return False
        type_ = self.resolve(node.type)
        return type_ is None or Field(first.text, type_, node.optional, node.secret) == field

    def _set(self, node: t.SetType) -> Type | None:
        item = self.resolve(node.item)
        if item is not None and (not isinstance(item, (Scalar, Union)) or item == JSON):
            title = "a set holds plain values"
            label = f"a {item} cannot be told from another as a whole"
            self._report.add(codes.BAD_TYPE, title, node.item.span, label, help_="write a list")
            return None
        return None if item is None else SetOf(item)

    def _map(self, node: t.MapType) -> Type | None:
        key = self._named(node.key)
        if key is not None and key != TEXT:
            title, label = "the keys of a map are texts", "must be Text"
            self._report.add(codes.BAD_TYPE, title, node.key.span, label)
            return None
        value = self.resolve(node.value)
        return None if value is None or key is None else MapOf(value)

    def _all(self) -> Iterator[tuple[str, Span | None]]:
        yield from ((scalar, None) for scalar in SCALARS)
        yield from ((name, node.name.span) for name, node in self._found.types.items())

    def _named(self, name: t.Name) -> Type | None:
        if name.text in SCALARS:
            return self._known[name.text]
        node = self._found.find(self._found.types, name)
        if node is None:
            self._report.unknown(codes.UNKNOWN_TYPE, "type", name, self._all())
            return None
        own = node.name.text
        if own in self._known:
            return self._known[own]
        if own in self._open:
            chain = " → ".join([*self._open[self._open.index(own) :], own])
            self._report.add(codes.CYCLE, f"the type `{own}` contains itself", name.span, chain)
            return None
        if len(self._open) > _DEEPEST:
            title = f"types rest on each other more than {_DEEPEST} deep"
            self._report.add(codes.TOO_DEEP, title, name.span, "this is the deepest")
            return None
        self._open.append(own)
        type_ = self._declaration(node)
        self._open.pop()
        self._depths[own] = self._depth_of(node)
        if self._depths[own] > _DEEPEST and type_ is not None:
            title = f"types rest on each other more than {_DEEPEST} deep"
            self._report.add(codes.TOO_DEEP, title, node.name.span, "this one does")
            type_ = None
        self._known[own] = type_
        return type_

    def _depth_of(self, node: t.AliasNode | t.RecordNode) -> int:
        if isinstance(node, t.AliasNode):
            return self._depth(node.type)
        return 1 + max((self._depth(field.type) for field in node.fields), default=0)

    def _depth(self, node: t.TypeNode) -> int:
        """How deep a type nests."""
        match node:
            case t.NamedType(name=name):
                return self._depths.get(name.text.rpartition(".")[2], 0)
            case t.ListType(item=inner) | t.SetType(item=inner) | t.MapType(value=inner):
                return 1 + self._depth(inner)
            case t.UnionType():
                return 0

    def _declaration(self, node: t.AliasNode | t.RecordNode) -> Type | None:
        if isinstance(node, t.AliasNode):
            return self.resolve(node.type)
        return Record(node.name.text, self.fields(node.fields, "field"))
