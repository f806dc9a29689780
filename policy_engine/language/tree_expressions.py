"""The syntax tree of types, conditions and data: word for word, nothing looked up yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from policy_engine.foundation.source import Span
from policy_engine.values.money import Money


@dataclass(frozen=True, slots=True)
class Name:
    """A name, perhaps qualified by the import that it comes from: `eu_ai_act.art_14`."""

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


@dataclass(frozen=True, slots=True)
class SetType:
    item: TypeNode
    span: Span


@dataclass(frozen=True, slots=True)
class MapType:
    """`map of Text to T`; `key` is checked later, since `Text` could be an alias."""

    key: Name
    value: TypeNode
    span: Span


TypeNode: TypeAlias = NamedType | UnionType | ListType | SetType | MapType


@dataclass(frozen=True, slots=True)
class FieldNode:
    name: Name
    type: TypeNode
    optional: bool
    secret: bool
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


# Expressions

LiteralValue: TypeAlias = str | bool | int | Decimal | datetime | date | time | timedelta | Money


@dataclass(frozen=True, slots=True)
class LiteralNode:
    value: LiteralValue
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
class PartNode:
    """A part of what is computed: `(first line in lines).price`, `prices["a"].amount`."""

    operand: Expression
    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class IndexNode:
    """`m[key]`."""

    operand: Expression
    key: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class CallNode:
    name: Name
    arguments: tuple[Expression, ...]
    span: Span


FunctionWord: TypeAlias = Literal[
    "size", "lower", "links", "emails", "keys", "values", "weekday", "time", "date"
]


@dataclass(frozen=True, slots=True)
class FunctionNode:
    """`size of lines`, `weekday of now`."""

    word: FunctionWord
    operand: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class ConditionalNode:
    """`if c then a else b`."""

    condition: Expression
    yes: Expression
    no: Expression
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


CompareOperator: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">=", "in", "subset of"]


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


QuantifierWord: TypeAlias = Literal["some", "every", "no", "at most", "at least", "exactly"]


@dataclass(frozen=True, slots=True)
class QuantifierNode:
    """`some x in xs has (…)`; `bound` is the number of `at most n`, `at least n`, `exactly n`."""

    word: QuantifierWord
    bound: int | None
    variable: Name
    over: Expression
    body: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class PairedNode:
    """`every a in xs paired with b in ys has (…)`."""

    variables: tuple[Name, Name]
    over: tuple[Expression, Expression]
    body: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class TallyNode:
    """`count of x in xs where (…)`, `sum of x.f for x in xs where (…)` (with a `term`)."""

    term: Expression | None
    variable: Name
    over: Expression
    where: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class PickNode:
    """`first x in xs where (…)`, `last x in xs where (…)`."""

    word: Literal["first", "last"]
    variable: Name
    over: Expression
    where: Expression | None
    span: Span


PredicateWord: TypeAlias = Literal["given", "dictated", "trusted", "untrusted"]


@dataclass(frozen=True, slots=True)
class PredicateNode:
    """`x is given`, `x is dictated`, `x is trusted`, `x is untrusted`."""

    word: PredicateWord
    operand: Expression
    span: Span


OriginWord: TypeAlias = Literal["comes from", "created", "named"]


@dataclass(frozen=True, slots=True)
class OriginNode:
    """`x comes from TASK`, `x was created in this session`, `the request names x`."""

    word: OriginWord
    operand: Expression
    task: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class AskedForNode:
    """`the request asks for TASK`."""

    task: Name
    span: Span


@dataclass(frozen=True, slots=True)
class SeenNode:
    """`session has seen LABEL`."""

    label: Name
    span: Span


@dataclass(frozen=True, slots=True)
class MatchNode:
    """`x matches /…/`, or with a glob `x like "a*b"`."""

    word: Literal["matches", "like"]
    operand: Expression
    pattern: str
    pattern_span: Span
    span: Span


AffixWord: TypeAlias = Literal["starts with", "ends with", "contains", "under"]


@dataclass(frozen=True, slots=True)
class AffixNode:
    """`x starts with y`, `x contains y`, `file under folder`."""

    word: AffixWord
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class RecentNode:
    """`t in the last D`."""

    operand: Expression
    duration: timedelta
    span: Span


@dataclass(frozen=True, slots=True)
class BetweenNode:
    """`time of t between 08:00 and 18:00`."""

    operand: Expression
    start: time
    end: time
    span: Span


# The past

Stage: TypeAlias = Literal["executed", "attempted", "approved", "denied", "failed"]


@dataclass(frozen=True, slots=True)
class OccurrenceNode:
    """Past actions: of which tasks, and how far they must have come (None: executed)."""

    stage: Stage | None
    targets: Targets
    span: Span


@dataclass(frozen=True, slots=True)
class WindowNode:
    """How far back: a duration, this day or month, or this session."""

    kind: Literal["duration", "day", "month", "session"]
    duration: timedelta | None
    span: Span


@dataclass(frozen=True, slots=True)
class PastNode:
    """`exists T where … within D`, `count of T …`, `sum of f over T …`."""

    word: Literal["exists", "count", "sum"]
    term: Expression | None
    occurrence: OccurrenceNode
    where: Expression | None
    window: WindowNode
    span: Span


@dataclass(frozen=True, slots=True)
class SinceNode:
    """`no T where … since U where … within D`."""

    occurrence: OccurrenceNode
    where: Expression | None
    since: OccurrenceNode
    since_where: Expression | None
    window: WindowNode
    span: Span


Expression: TypeAlias = (
    LiteralNode
    | ListNode
    | PathNode
    | PartNode
    | IndexNode
    | CallNode
    | FunctionNode
    | ConditionalNode
    | JunctionNode
    | NotNode
    | CompareNode
    | SumNode
    | ProductNode
    | QuantifierNode
    | PairedNode
    | TallyNode
    | PickNode
    | PredicateNode
    | OriginNode
    | AskedForNode
    | SeenNode
    | MatchNode
    | AffixNode
    | RecentNode
    | BetweenNode
    | PastNode
    | SinceNode
)


# Values, as tests write them down


@dataclass(frozen=True, slots=True)
class ValueNode:
    """Plain data: texts, numbers, booleans, instants, money, lists and objects of them.

    `spans` are the places of its members, by path: `total`, `lines[2].price`.
    """

    value: object
    span: Span
    spans: Mapping[str, Span] = field(default_factory=dict)

    def place(self, path: str) -> Span:
        """Where a member stands, or the nearest around it that has a place."""
        while path:
            if path in self.spans:
                return self.spans[path]
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.span


@dataclass(frozen=True, slots=True)
class FromCase:
    """`case.amount`: stands for a member of each case of a table of tests."""

    name: str
    span: Span
