"""The syntax tree: what a policy file says, word for word, nothing looked up yet.

Every node carries the span of the text it came from. Names are still names here; what they
stand for is the business of `check`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from policy_engine.foundation.source import Span


@dataclass(frozen=True, slots=True)
class Name:
    text: str
    span: Span


# Types, as written


@dataclass(frozen=True, slots=True)
class NamedType:
    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class UnionType:
    members: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ListType:
    item: TypeNode
    span: Span


TypeNode: TypeAlias = NamedType | UnionType | ListType


@dataclass(frozen=True, slots=True)
class FieldNode:
    name: Name
    type: TypeNode
    optional: bool
    secret: bool
    span: Span


# Expressions


@dataclass(frozen=True, slots=True)
class LiteralNode:
    value: str | bool | int | Decimal | datetime
    span: Span


@dataclass(frozen=True, slots=True)
class ListNode:
    items: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class PathNode:
    """`amount`, `order.total`, `agent.team`."""

    names: tuple[Name, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class CallNode:
    name: Name
    arguments: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class JunctionNode:
    """Conditions joined by one word, `and` or `or`."""

    word: Literal["and", "or"]
    parts: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class NotNode:
    operand: Expression
    span: Span


CompareOperator: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">=", "in"]


@dataclass(frozen=True, slots=True)
class CompareNode:
    operator: CompareOperator
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class SumNode:
    """Terms with their signs: `a + b - c`."""

    terms: tuple[tuple[Literal["+", "-"], Expression], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ProductNode:
    factors: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class QuantifierNode:
    """`some x in xs has (…)`, and the same with `every` and `no`."""

    word: Literal["some", "every", "no"]
    variable: Name
    over: Expression
    body: Expression
    span: Span


PredicateWord: TypeAlias = Literal["given", "dictated", "trusted", "untrusted"]


@dataclass(frozen=True, slots=True)
class PredicateNode:
    """`x is given`, `x is dictated`, `x is trusted`, `x is untrusted`."""

    word: PredicateWord
    operand: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class MatchNode:
    operand: Expression
    pattern: str
    pattern_span: Span
    span: Span


Expression: TypeAlias = (
    LiteralNode
    | ListNode
    | PathNode
    | CallNode
    | JunctionNode
    | NotNode
    | CompareNode
    | SumNode
    | ProductNode
    | QuantifierNode
    | PredicateNode
    | MatchNode
)


# Values, as tests write them down


@dataclass(frozen=True, slots=True)
class ValueNode:
    """Plain data: texts, numbers, booleans, timestamps, lists and objects of them."""

    value: object
    span: Span


# Statements


@dataclass(frozen=True, slots=True)
class PolicyNode:
    name: Name
    title: str | None
    version: str | None
    owner: str | None
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
    """`agents have { … }`, `humans have { … }`, `context has { … }`."""

    of: Literal["agents", "humans", "context"]
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
    tasks: tuple[Name, ...]
    tags: tuple[Name, ...]
    owners: tuple[tuple[str, Span], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class FactNode:
    name: Name
    type: TypeNode
    span: Span


@dataclass(frozen=True, slots=True)
class ParameterNode:
    name: Name
    type: TypeNode
    span: Span


@dataclass(frozen=True, slots=True)
class DefineNode:
    name: Name
    parameters: tuple[ParameterNode, ...]
    body: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Subjects:
    """Who a rule is about: roles by name, or every agent, human or principal."""

    roles: tuple[Name, ...]
    every: Literal["agent", "human", "principal"] | None
    span: Span


@dataclass(frozen=True, slots=True)
class Targets:
    """What a rule is about: tasks by name, by tag, or any task (both fields empty)."""

    names: tuple[Name, ...]
    tag: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class GrantNode:
    """`permit` and `forbid`."""

    effect: Literal["permit", "forbid"]
    subjects: Subjects
    targets: Targets
    span: Span


@dataclass(frozen=True, slots=True)
class OnlyWhenNode:
    targets: Targets
    condition: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class RequireNode:
    validations: tuple[Name, ...]
    targets: Targets
    span: Span


@dataclass(frozen=True, slots=True)
class EscalateNode:
    targets: Targets
    quorum: int
    quorum_span: Span
    role: Name
    span: Span


EffectNode: TypeAlias = GrantNode | OnlyWhenNode | RequireNode | EscalateNode


@dataclass(frozen=True, slots=True)
class ConditionNode:
    word: Literal["when", "unless"]
    expression: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class RuleNode:
    name: Name
    title: str | None
    effect: EffectNode
    conditions: tuple[ConditionNode, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ValidationNode:
    name: Name
    title: str | None
    checks: tuple[Name, ...]
    schema: str | None
    schema_span: Span | None
    condition: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class GivenPrincipal:
    kind: Literal["agent", "human"]
    id: str
    roles: tuple[Name, ...]
    attributes: ValueNode | None
    span: Span


@dataclass(frozen=True, slots=True)
class GivenContext:
    value: ValueNode
    span: Span


@dataclass(frozen=True, slots=True)
class GivenRequest:
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class GivenNow:
    at: datetime
    span: Span


@dataclass(frozen=True, slots=True)
class GivenFact:
    name: Name
    value: ValueNode
    span: Span


@dataclass(frozen=True, slots=True)
class GivenOutput:
    task: Name
    input: ValueNode | None
    value: ValueNode
    span: Span


@dataclass(frozen=True, slots=True)
class GivenValidation:
    name: Name
    passed: bool
    span: Span


@dataclass(frozen=True, slots=True)
class GivenApproval:
    by: str
    roles: tuple[Name, ...]
    span: Span


GivenNode: TypeAlias = (
    GivenPrincipal
    | GivenContext
    | GivenRequest
    | GivenNow
    | GivenFact
    | GivenOutput
    | GivenValidation
    | GivenApproval
)


@dataclass(frozen=True, slots=True)
class TestNode:
    __test__ = False

    title: str
    title_span: Span
    givens: tuple[GivenNode, ...]
    task: Name
    input: ValueNode
    outcome: str
    outcome_span: Span
    role: Name | None
    because: tuple[Name, ...]
    span: Span


Statement: TypeAlias = (
    PolicyNode
    | RoleNode
    | AttributesNode
    | AliasNode
    | RecordNode
    | TaskNode
    | AboutNode
    | FactNode
    | DefineNode
    | RuleNode
    | ValidationNode
    | TestNode
)


@dataclass(frozen=True, slots=True)
class Tree:
    """One file. `unread` are the words of statements that could not be read."""

    statements: tuple[Statement, ...]
    unread: frozenset[str] = frozenset()
