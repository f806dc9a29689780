"""What a name at the beginning of a path stands for, at one place of a policy.

A bare name is a variable, an input of the task, a fact, a definition or a table; where it could be
two of these, that is said, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from policy_engine.foundation.source import Span
from policy_engine.language import tree as t
from policy_engine.language.checked import Root
from policy_engine.language.names import Names
from policy_engine.values.types import PRINCIPAL, TEXT, Field, Record, Type

ID = Field("id", TEXT)
"""Every principal has one."""
SELF = Field("self", PRINCIPAL)
"""What `principal` alone stands for."""

Feature: TypeAlias = Literal["facts", "provenance", "session", "past", "the request asks for"]
"""What a condition may rest on besides the action itself."""

Key: TypeAlias = tuple[Root, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Signature:
    """A definition or table as its callers see it; `type` is None where it has errors."""

    parameters: tuple[tuple[str, Type], ...]
    type: Type | None
    span: Span
    uses: frozenset[Feature] = frozenset()
    is_table: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A task as questions about the past see it: what `past.…` can read."""

    fields: Mapping[str, Field]
    doubled: frozenset[str] = frozenset()
    """Names that are both an input and the output."""


@dataclass(frozen=True, slots=True)
class World:
    """What is the same in the whole policy set."""

    names: Names = field(default_factory=Names)
    facts: Mapping[str, Field] = field(default_factory=dict)
    attributes: Mapping[str, Mapping[str, Field]] = field(default_factory=dict)
    """For each of `context`, `session`, `agent`, `human`, `principal`: its fields."""
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    places: Mapping[str, Span] = field(default_factory=dict)
    """Where facts, definitions, tables, attributes and fields of records are declared."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The names of one place.

    `uncommon` are inputs that not every task of a rule has, `unchecked` those that a validation
    does not look at.
    """

    world: World
    inputs: Mapping[str, Field] = field(default_factory=dict)
    uncommon: frozenset[str] = frozenset()
    unchecked: frozenset[str] = frozenset()
    defines: Mapping[str, Signature] = field(default_factory=dict)
    locals: Mapping[str, Field] = field(default_factory=dict)
    past: Shape | None = None
    """What `past.…` reads, inside the `where` of a question about the past."""
    known: frozenset[Key] = frozenset()
    """Optional data known to be given here."""
    closed: Mapping[Feature, str] = field(default_factory=dict)
    """What a condition may not rest on here, and why."""
    input_places: Mapping[str, Span] = field(default_factory=dict)

    def meanings(self, name: str) -> list[Root | str]:
        """All that a bare name could stand for; `define` for a definition or table."""
        found: list[Root | str] = []
        if name in self.locals:
            found.append("local")
        if name in self.inputs or name in self.uncommon:
            found.append("input")
        if name in self.world.facts:
            found.append("fact")
        if name in self.defines:
            found.append("define")
        return found

    def fields(self, root: Root) -> Mapping[str, Field]:
        """The fields right below a root."""
        match root:
            case "local":
                return self.locals
            case "input":
                return self.inputs
            case "fact":
                return self.world.facts
            case "past":
                return self.past.fields if self.past else {}
            case _:
                return self.world.attributes.get(root, {})

    def is_root(self, name: str) -> bool:
        return name in ("input", "past") or name in self.world.attributes

    def names(self) -> Iterator[tuple[str, Span | None]]:
        """Every bare name that can be read here, with its place."""
        places = {**self.world.places, **self.input_places}
        roots = self.world.attributes
        every = [*self.locals, *self.inputs, *self.world.facts, *self.defines, *roots]
        yield from ((name, places.get(name)) for name in every)

    def with_local(self, name: str, type_: Type) -> Scope:
        return replace(self, locals={**self.locals, name: Field(name, type_)})

    def knowing(self, more: frozenset[Key]) -> Scope:
        return replace(self, known=self.known | more) if more - self.known else self

    def key(self, path: t.PathNode) -> Key | None:
        """The root and path that a written path stands for, or None where it is no datum."""
        first, *rest = (name.text for name in path.names)
        if self.is_root(first):
            return (first, tuple(rest)) if rest else None  # type: ignore[return-value]
        for root in self.meanings(first):
            if root != "define":
                return root, (first, *rest)  # type: ignore[return-value]
        return None

    def is_optional(self, key: Key) -> bool:
        """Whether the last step of a path may be absent."""
        root, (first, *rest) = key
        found = self.fields(root).get(first)
        for name in rest:
            inner = found.type.field(name) if found and isinstance(found.type, Record) else None
            found = inner
        return found is not None and found.optional
