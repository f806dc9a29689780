"""The syntax tree of rules, constraints, exceptions, guarantees and validations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

from policy_engine.foundation.source import Span
from policy_engine.language.tree_expressions import (
    Expression,
    Name,
    PastNode,
    Subjects,
    Targets,
    WindowNode,
)


@dataclass(frozen=True, slots=True)
class PartyNode:
    """So many different people of one role."""

    quorum: int
    quorum_span: Span
    role: Name
    span: Span


@dataclass(frozen=True, slots=True)
class RungNode:
    """Who is asked and how long they have (None: a day); nobody on the rung that denies."""

    parties: tuple[PartyNode, ...]
    within: timedelta | None
    span: Span


Ladder: TypeAlias = tuple[RungNode, ...]


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
class OnlyAfterNode:
    """`T only after U where … within D`."""

    targets: Targets
    past: PastNode
    span: Span


@dataclass(frozen=True, slots=True)
class RequireNode:
    validations: tuple[Name, ...]
    targets: Targets
    after: bool
    span: Span


@dataclass(frozen=True, slots=True)
class ConfirmNode:
    """`require confirmation before T`."""

    targets: Targets
    span: Span


@dataclass(frozen=True, slots=True)
class EscalateNode:
    targets: Targets
    span: Span


@dataclass(frozen=True, slots=True)
class LimitNode:
    """`limit T to at most N per agent within D`, or of the `sum` of an input."""

    targets: Targets
    sum_of: Name | None
    bound: Expression
    per: tuple[Name, ...]
    window: WindowNode
    span: Span


@dataclass(frozen=True, slots=True)
class NeverNode:
    """What a `constraint` says."""

    targets: Targets
    span: Span


EffectNode: TypeAlias = (
    GrantNode
    | OnlyWhenNode
    | OnlyAfterNode
    | RequireNode
    | ConfirmNode
    | EscalateNode
    | LimitNode
    | NeverNode
)


@dataclass(frozen=True, slots=True)
class ConditionNode:
    word: Literal["when", "unless"]
    expression: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class FailureNode:
    """`on failure deny`, `on failure escalate to …`, `on failure retry n`."""

    retries: int
    parties: tuple[PartyNode, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Day:
    """A date as written."""

    value: date
    span: Span


@dataclass(frozen=True, slots=True)
class RuleNode:
    """A `rule` or a `constraint`."""

    name: Name
    title: str | None
    effect: EffectNode
    conditions: tuple[ConditionNode, ...]
    ladder: Ladder
    on_failure: FailureNode | None
    fresh_for: timedelta | None
    observe_until: Day | None
    satisfies: tuple[Name, ...]
    hint: str | None
    instead: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class ExceptionNode:
    """A named, expiring, owned waiver of one rule."""

    name: Name
    title: str | None
    rule: Name
    subjects: Subjects | None
    conditions: tuple[ConditionNode, ...]
    until: Day
    approved_by: str
    approved_span: Span
    ladder: Ladder
    span: Span


ClaimWord: TypeAlias = Literal["can", "can never", "always need approval", "always need"]


@dataclass(frozen=True, slots=True)
class GuaranteeNode:
    """A claim about the whole policy set."""

    name: Name
    title: str | None
    claim: ClaimWord
    subjects: Subjects | None
    targets: Targets
    parties: tuple[PartyNode, ...]
    """For `always need approval`; empty for any human."""
    validations: tuple[Name, ...]
    conditions: tuple[ConditionNode, ...]
    satisfies: tuple[Name, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ValidationNode:
    """A check: against a schema file, by a registered function, or by a condition."""

    name: Name
    title: str | None
    checks: tuple[Name, ...]
    schema: str | None
    function: str | None
    how_span: Span | None
    """Of the schema's or the function's name."""
    condition: Expression | None
    span: Span
