"""The checked policy: what `build` hands over, valid, frozen and named by its digest.

The decision, its explanation, the documentation and the linter all read this and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from functools import cached_property
from typing import Literal

from policy_engine.foundation.source import Span
from policy_engine.language.checked import Checked, Window
from policy_engine.language.tree_rules import ClaimWord
from policy_engine.language.tree_tests import PastStage
from policy_engine.values.types import Field, Type

Kind = Literal["agent", "human"]


class Effect(Enum):
    """What a rule says. Only `PERMIT` grants."""

    PERMIT = "permit"
    FORBID = "forbid"
    REQUIRE = "require"
    ESCALATE = "escalate"
    LIMIT = "limit"


Form = Literal[
    "permit",
    "forbid",
    "only when",
    "only after",
    "constraint",
    "require",
    "require after",
    "confirm",
    "escalate",
    "limit",
]
"""How a rule is written; `only when`, `only after` and `constraint` are forbids."""


@dataclass(frozen=True, slots=True)
class Header:
    """Who answers for a file of policy."""

    name: str
    title: str | None
    version: str | None
    owner: str | None
    zone: str | None
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
    labels: frozenset[str] = frozenset()
    new: bool = False
    """What it returns did not exist before: it was created by this call."""


@dataclass(frozen=True, slots=True)
class Task:
    name: str
    title: str | None
    inputs: tuple[Field, ...]
    output: Output | None
    tags: frozenset[str]
    owner: str | None
    span: Span
    exclusive: tuple[str, ...] = ()
    """Inputs: while one action with these values runs, no other may."""
    priority: int = 0
    asked_for: tuple[str, ...] = ()
    without_effect: bool = False
    """A failure of it has changed nothing."""
    retried: bool = False
    """May be called again with the same key where its outcome is unknown."""


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    type: Type
    span: Span
    source: str | None = None
    """The task that looks it up; None: the host hands it in."""
    arguments: tuple[Checked, ...] = ()
    may_drift: bool = False
    """An approval stands though the fact has changed since."""


@dataclass(frozen=True, slots=True)
class Define:
    name: str
    parameters: tuple[tuple[str, Type], ...]
    body: Checked
    span: Span


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells (None: any value) with what they stand for; complete, without overlap."""

    name: str
    parameters: tuple[tuple[str, Type], ...]
    type: Type
    rows: tuple[tuple[tuple[object, ...], object], ...]
    otherwise: object
    """The value of all that no row names; `NO_ROW` where the rows are complete."""
    span: Span


NO_ROW = object()


@dataclass(frozen=True, slots=True)
class Framework:
    """A catalogue of controls: id to title."""

    name: str
    title: str | None
    controls: Mapping[str, str]
    span: Span


@dataclass(frozen=True, slots=True)
class Validation:
    """A check: against a JSON Schema, by a registered function, or by a condition."""

    name: str
    title: str | None
    checks: tuple[str, ...]
    """Names of the inputs (or the output) that it looks at; empty for the whole input."""
    schema: str | None
    """The text of the JSON Schema."""
    function: str | None
    """`module:callable`, as it is registered with the engine."""
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
class Party:
    """`quorum` different holders of `role`."""

    role: str
    quorum: int


@dataclass(frozen=True, slots=True)
class Rung:
    """People who may sign together, all different, and how long it is their turn."""

    parties: tuple[Party, ...]
    within: timedelta

    @property
    def quorum(self) -> int:
        """How many people it takes."""
        return sum(party.quorum for party in self.parties)

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(party.role for party in self.parties)


Ladder = tuple[Rung, ...]
"""Who is asked, and who when their time is over; after the last rung the answer is deny."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A ceiling over past and running actions of a rule's class, this one included."""

    sum_of: str | None
    """The input that is summed; None: actions are counted."""
    bound: Checked
    per: tuple[Checked, ...]
    """Actions count together where these are the same."""
    window: Window


@dataclass(frozen=True, slots=True)
class Rule:
    """One effect under conditions, all of which must be met."""

    name: str
    title: str | None
    effect: Effect
    form: Form
    subject: Subject
    tasks: frozenset[str]
    conditions: tuple[Condition, ...]
    span: Span
    effect_span: Span
    policy: str
    """The name of the policy in whose file it stands."""
    digested: Callable[[], str] = field(repr=False, compare=False)
    validations: tuple[str, ...] = ()
    retries: int = 0
    """How often a failed validation is tried again before it has failed for good."""
    fresh_for: timedelta | None = None
    ladder: Ladder = ()
    """Whom `escalate` asks; for a limit or a validation, who may let it pass (none: nobody)."""
    limit: Limit | None = None
    observe_until: datetime | None = None
    """Until then the rule decides nothing."""
    satisfies: tuple[str, ...] = ()
    hint: str | None = None
    instead: str | None = None

    @property
    def digest(self) -> str:
        """The name of the rule's text together with all that it rests on."""
        return self.digested()


@dataclass(frozen=True, slots=True)
class Waiver:
    """An `exception`: until a day, one rule's deny becomes a question to people."""

    name: str
    title: str | None
    rule: str
    subject: Subject
    conditions: tuple[Condition, ...]
    until: datetime
    approved_by: str
    ladder: Ladder
    span: Span
    digested: Callable[[], str] = field(repr=False, compare=False)

    @property
    def digest(self) -> str:
        return self.digested()


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A claim about the whole policy set, kept for whoever proves it."""

    name: str
    title: str | None
    claim: ClaimWord
    subject: Subject | None
    tasks: frozenset[str]
    parties: tuple[Party, ...]
    validations: tuple[str, ...]
    conditions: tuple[Condition, ...]
    satisfies: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class GivenCall:
    """A past action of a test; `returned` where this session saw what came back."""

    task: str
    input: Mapping[str, object]
    stage: PastStage
    ago: timedelta
    by: tuple[Kind, str] | None
    number: int = 1
    returned: tuple[object, ...] = ()
    """The output, or nothing where none was given."""


@dataclass(frozen=True, slots=True)
class Signature:
    """An approval of a test: by whom, holding which roles, how long ago."""

    by: str
    roles: frozenset[str]
    ago: timedelta


@dataclass(frozen=True, slots=True)
class Test:
    """A scenario and what is expected of it."""

    __test__ = False

    title: str
    kind: Kind
    principal: str
    roles: frozenset[str]
    attributes: Mapping[str, object]
    behalf: str | None
    context: Mapping[str, object]
    session: Mapping[str, object]
    request: str | None
    calls: tuple[GivenCall, ...]
    facts: Mapping[str, object]
    validations: Mapping[str, bool]
    approvals: tuple[Signature, ...]
    rejections: tuple[tuple[str, timedelta], ...]
    confirmations: tuple[tuple[str, timedelta], ...]
    asked: timedelta | None
    """How long ago people were first asked."""
    now: datetime | None
    task: str
    input: Mapping[str, object]
    outcome: str
    outcome_span: Span
    approvers: frozenset[str]
    because: frozenset[str]
    span: Span


@dataclass(frozen=True)
class PolicySet:
    """All that was loaded together. Order of files and statements has left no trace in it."""

    headers: tuple[Header, ...]
    roles: Mapping[str, Role]
    agents: tuple[Field, ...]
    humans: tuple[Field, ...]
    context: tuple[Field, ...]
    session: tuple[Field, ...]
    tasks: Mapping[str, Task]
    facts: Mapping[str, Fact]
    tables: Mapping[str, Table]
    defines: Mapping[str, Define]
    frameworks: Mapping[str, Framework]
    validations: Mapping[str, Validation]
    rules: Mapping[str, Rule]
    waivers: Mapping[str, Waiver]
    guarantees: Mapping[str, Guarantee]
    tests: tuple[Test, ...]
    digested: Callable[[], str] = field(repr=False, compare=False)

    @cached_property
    def digest(self) -> str:
        """The name of all that the policy set says, tests apart."""
        return self.digested()

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
