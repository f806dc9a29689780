"""The checked policy: what `build` hands over, valid, frozen and named by its digest.

The decision, its explanation, the documentation and the linter all read this and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal

from policy_engine.foundation.source import Span
from policy_engine.language.checked import Checked
from policy_engine.values.types import Field, Type

Kind = Literal["agent", "human"]


class Effect(Enum):
    """What a rule says. Only `PERMIT` grants."""

    PERMIT = "permit"
    FORBID = "forbid"
    REQUIRE = "require"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class Header:
    """Who answers for a file of policy."""

    name: str
    title: str | None
    version: str | None
    owner: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Role:
    name: str
    title: str | None
    includes: tuple[str, ...]
    kind: Kind | None
    """The only kind of principal that may hold it; None: either."""
    span: Span


@dataclass(frozen=True, slots=True)
class Output:
    """What a task returns, and how far it vouches for it."""

    name: str | None
    type: Type | None
    trusted: bool
    where: Checked | None
    """For a list: only items for which this holds (as local `item`) are trusted."""


@dataclass(frozen=True, slots=True)
class Task:
    name: str
    title: str | None
    inputs: tuple[Field, ...]
    output: Output | None
    tags: frozenset[str]
    owner: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Define:
    name: str
    parameters: tuple[tuple[str, Type], ...]
    body: Checked
    span: Span


@dataclass(frozen=True, slots=True)
class Validation:
    """A check of inputs: against a JSON Schema, or by a condition."""

    name: str
    title: str | None
    checks: tuple[str, ...]
    """Names of the inputs it looks at; empty for the whole input."""
    schema: str | None
    """The text of the JSON Schema."""
    condition: Checked | None
    span: Span


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a rule is about: holders of any of `roles`, or everybody of `kind` (None: of either)."""

    roles: frozenset[str]
    kind: Kind | None
    span: Span


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a rule; it counts as met when the expression is `expected`."""

    expression: Checked
    expected: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Requirement:
    """People who must approve: `quorum` distinct holders of `role`."""

    role: str
    quorum: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One effect under conditions, all of which must be met."""

    name: str
    title: str | None
    effect: Effect
    subject: Subject
    tasks: frozenset[str]
    conditions: tuple[Condition, ...]
    only_when: bool
    """Written `TASK only when C`: a forbid unless C."""
    validations: tuple[str, ...]
    requirement: Requirement | None
    digest: str
    span: Span
    effect_span: Span


@dataclass(frozen=True, slots=True)
class Test:
    """A scenario and what is expected of it."""

    __test__ = False

    title: str
    kind: Kind
    principal: str
    roles: frozenset[str]
    attributes: Mapping[str, object]
    context: Mapping[str, object]
    request: str | None
    outputs: tuple[tuple[str, Mapping[str, object], object], ...]
    """What the session has seen: task, its input, what it returned."""
    facts: Mapping[str, object]
    validations: Mapping[str, bool]
    approvals: tuple[tuple[str, frozenset[str]], ...]
    now: datetime | None
    task: str
    input: Mapping[str, object]
    outcome: str
    outcome_span: Span
    approver: str | None
    because: frozenset[str]
    span: Span


@dataclass(frozen=True, slots=True)
class PolicySet:
    """All that was loaded together. Order of files and statements has left no trace in it."""

    headers: tuple[Header, ...]
    roles: Mapping[str, Role]
    agents: tuple[Field, ...]
    humans: tuple[Field, ...]
    context: tuple[Field, ...]
    tasks: Mapping[str, Task]
    facts: Mapping[str, Fact]
    defines: Mapping[str, Define]
    validations: Mapping[str, Validation]
    rules: Mapping[str, Rule]
    tests: tuple[Test, ...]
    digest: str

    def including(self, roles: frozenset[str], kind: Kind) -> frozenset[str]:
        """The roles that this kind of principal may hold, and all that these include.

        What the policy does not know stays as it is.
        """
        found: set[str] = set()
        waiting = list(roles)
        while waiting:
            name = waiting.pop()
            role = self.roles.get(name)
            if name not in found and (role is None or role.kind in (None, kind)):
                found.add(name)
                waiting.extend(role.includes if role else ())
        return frozenset(found)
