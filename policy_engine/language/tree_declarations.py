"""The syntax tree of declarations: what there is, before any rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from policy_engine.foundation.source import Span
from policy_engine.language.tree_expressions import (
    Expression,
    FieldNode,
    LiteralValue,
    Name,
    TypeNode,
    ValueNode,
)


@dataclass(frozen=True, slots=True)
class PolicyNode:
    name: Name
    title: str | None
    version: str | None
    owner: str | None
    zone: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class ImportNode:
    """`import library.mail as mail`."""

    name: Name
    alias: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class RoleNode:
    name: Name
    title: str | None
    includes: tuple[Name, ...]
    kind: Literal["humans", "agents"] | None
    span: Span


@dataclass(frozen=True, slots=True)
class AttributesNode:
    """`agents have { … }`, `humans have { … }`, `context has { … }`, `session has { … }`."""

    of: Literal["agents", "humans", "context", "session"]
    fields: tuple[FieldNode, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class AliasNode:
    name: Name
    type: TypeNode
    span: Span


@dataclass(frozen=True, slots=True)
class RecordNode:
    name: Name
    title: str | None
    fields: tuple[FieldNode, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class OutputNode:
    name: Name | None
    type: TypeNode | None
    trusted: bool
    where: Expression | None
    labels: tuple[Name, ...]
    new: bool
    span: Span


@dataclass(frozen=True, slots=True)
class TaskNode:
    name: Name
    title: str | None
    inputs: tuple[FieldNode, ...]
    outputs: tuple[OutputNode, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class AboutNode:
    """What people decide about tasks, so that generating a task anew loses nothing."""

    tasks: tuple[Name, ...]
    tags: tuple[Name, ...]
    owner: tuple[str, Span] | None
    exclusive: tuple[Name, ...]
    priority: tuple[int, Span] | None
    asked_for: tuple[str, ...]
    without_effect: bool
    retried: bool
    span: Span


@dataclass(frozen=True, slots=True)
class FactNode:
    name: Name
    type: TypeNode
    source: Name | None
    arguments: tuple[Expression, ...]
    may_drift: bool
    span: Span


@dataclass(frozen=True, slots=True)
class ParameterNode:
    name: Name
    type: TypeNode
    span: Span


@dataclass(frozen=True, slots=True)
class Cell:
    """A condition on one parameter of a table: a value, or `any`."""

    value: LiteralValue | None
    span: Span


@dataclass(frozen=True, slots=True)
class RowNode:
    """A row of a table; without cells it is the `otherwise` row."""

    cells: tuple[Cell, ...]
    value: ValueNode
    span: Span


@dataclass(frozen=True, slots=True)
class TableNode:
    name: Name
    parameters: tuple[ParameterNode, ...]
    type: TypeNode
    rows: tuple[RowNode, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class DefineNode:
    name: Name
    parameters: tuple[ParameterNode, ...]
    body: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class TypedDefineNode(DefineNode):
    """A definition that says of which type it is."""

    type: TypeNode


@dataclass(frozen=True, slots=True)
class FrameworkNode:
    """A catalogue of controls: ids and titles."""

    name: Name
    title: str | None
    controls: tuple[tuple[Name, str], ...]
    span: Span
