"""What a name at the beginning of a path stands for, at one place of a policy.

A bare name is a variable, an input of the task, a fact or a definition; where it could be two
of these, that is said, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from policy_engine.foundation.source import Span
from policy_engine.language import tree as t
from policy_engine.language.checked import Root
from policy_engine.values.types import TEXT, Field, Type

ID = Field("id", TEXT)
"""Every principal has one."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A definition as its callers see it; `type` is None where its body has errors."""

    parameters: tuple[tuple[str, Type], ...]
    type: Type | None
    span: Span


@dataclass(frozen=True, slots=True)
class Scope:
    """The names of one place.

    `uncommon` are inputs that not every task of a rule has, `unchecked` those that a validation
    does not look at.
    """

    inputs: Mapping[str, Field] = field(default_factory=dict)
    uncommon: frozenset[str] = frozenset()
    unchecked: frozenset[str] = frozenset()
    facts: Mapping[str, Field] = field(default_factory=dict)
    defines: Mapping[str, Signature] = field(default_factory=dict)
    attributes: Mapping[str, Mapping[str, Field]] = field(default_factory=dict)
    """For each of `context`, `agent`, `human`, `principal`: its fields."""
    locals: Mapping[str, Field] = field(default_factory=dict)
    known: frozenset[tuple[Root, tuple[str, ...]]] = frozenset()
    """Optional data known to be given here."""
    places: Mapping[str, Span] = field(default_factory=dict)
    """Where inputs, facts and definitions are declared."""

    def meanings(self, name: str) -> list[Root | str]:
        """All that a bare name could stand for; `define` for a definition."""
        found: list[Root | str] = []
        if name in self.locals:
            found.append("local")
        if name in self.inputs or name in self.uncommon:
            found.append("input")
        if name in self.facts:
            found.append("fact")
        if name in self.defines:
            found.append("define")
        return found

    def names(self) -> list[tuple[str, Span | None]]:
        """Every bare name that can be read here, with its place."""
        every = [*self.locals, *self.inputs, *self.facts, *self.defines, *self.attributes]
        return [(name, self.places.get(name)) for name in every]

    def with_local(self, name: str, type_: Type) -> Scope:
        return replace(self, locals={**self.locals, name: Field(name, type_)})

    def knowing(self, more: frozenset[tuple[Root, tuple[str, ...]]]) -> Scope:
        return replace(self, known=self.known | more) if more - self.known else self

    def key(self, path: t.PathNode) -> tuple[Root, tuple[str, ...]] | None:
        """The root and path that a written path stands for, or None where it is no datum."""
        first, *rest = (name.text for name in path.names)
        if first == "input" or first in self.attributes:
            return (first, tuple(rest)) if rest else None  # type: ignore[return-value]
        for root in self.meanings(first):
            if root != "define":
                return root, (first, *rest)  # type: ignore[return-value]
        return None
