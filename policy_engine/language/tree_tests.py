"""The syntax tree of tests: a scenario and what is expected of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from policy_engine.foundation.source import Span
from policy_engine.language.tree_expressions import FromCase, Name, ValueNode


@dataclass(frozen=True, slots=True)
class GivenPrincipal:
    kind: Literal["agent", "human"]
    id: str | FromCase
    roles: tuple[Name, ...]
    attributes: ValueNode | None
    span: Span


@dataclass(frozen=True, slots=True)
class GivenBehalf:
    id: str | FromCase
    span: Span


@dataclass(frozen=True, slots=True)
class GivenAttributes:
    of: Literal["context", "session"]
    value: ValueNode
    span: Span


@dataclass(frozen=True, slots=True)
class GivenRequest:
    text: str | FromCase
    span: Span


@dataclass(frozen=True, slots=True)
class GivenNow:
    at: datetime | FromCase
    span: Span


@dataclass(frozen=True, slots=True)
class GivenFact:
    name: Name
    value: ValueNode
    span: Span


@dataclass(frozen=True, slots=True)
class GivenOutput:
    """A call of this session, and what it returned."""

    task: Name
    input: ValueNode | None
    value: ValueNode
    ago: timedelta | None
    span: Span


PastStage: TypeAlias = Literal[
    "executed", "attempted", "approved", "denied", "failed", "running", "unknown", "withheld"
]


@dataclass(frozen=True, slots=True)
class GivenPast:
    """Past actions: `number` of the same kind."""

    number: int
    task: Name
    input: ValueNode
    stage: PastStage
    ago: timedelta | None
    by: tuple[Literal["agent", "human"], str] | None
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
    ago: timedelta | None
    span: Span


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """A person's rejection, or the user's confirmation."""

    word: Literal["rejection", "confirmation"]
    by: str
    ago: timedelta | None
    span: Span


@dataclass(frozen=True, slots=True)
class GivenAsked:
    """People were first asked so long ago."""

    ago: timedelta
    span: Span


GivenNode: TypeAlias = (
    GivenPrincipal
    | GivenBehalf
    | GivenAttributes
    | GivenRequest
    | GivenNow
    | GivenFact
    | GivenOutput
    | GivenPast
    | GivenValidation
    | GivenApproval
    | GivenAnswer
    | GivenAsked
)


@dataclass(frozen=True, slots=True)
class TestNode:
    __test__ = False

    title: str
    title_span: Span
    cases: str | None
    cases_span: Span | None
    givens: tuple[GivenNode, ...]
    task: Name
    input: ValueNode
    outcome: str | FromCase
    outcome_span: Span
    roles: tuple[Name, ...]
    because: tuple[Name, ...]
    span: Span
