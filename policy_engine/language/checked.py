"""Checked expressions: every name looked up, every type known. What evaluators read.

Few kinds of node, each with one meaning. `BOOLEAN` nodes evaluate to true, false or unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Literal, TypeAlias

from policy_engine.foundation.source import Span
from policy_engine.language.tree_expressions import (
    AffixWord,
    CompareOperator,
    FunctionWord,
    LiteralValue,
    OriginWord,
    QuantifierWord,
    Stage,
)
from policy_engine.values.types import BOOLEAN, DATE, TIMESTAMP, Type

Root: TypeAlias = Literal[
    "input", "fact", "context", "session", "agent", "human", "principal", "local", "past"
]


@dataclass(frozen=True, slots=True)
class Constant:
    value: LiteralValue
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Read:
    """A datum: `path` from its root, as in `order.total` = fact, ("order", "total").

    `principal` itself is ("principal", ("self",)), of type Principal; `past.principal` is
    ("past", ("principal",)). `secret` data is never shown. Unknown where any step is absent.
    """

    root: Root
    path: tuple[str, ...]
    type: Type
    secret: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Now:
    span: Span
    type: Type = TIMESTAMP


@dataclass(frozen=True, slots=True)
class Today:
    zone: str
    span: Span
    type: Type = DATE


@dataclass(frozen=True, slots=True)
class Part:
    """A field of a computed record, or a part of a scalar: `to.domain`. Unknown where absent."""

    operand: Checked
    name: str
    type: Type
    secret: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Index:
    """`m[key]`: unknown where the map has no such key."""

    operand: Checked
    key: Checked
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Listing:
    items: tuple[Checked, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Sum:
    """Exact: numbers, money of one currency, durations, instants and durations."""

    terms: tuple[tuple[Literal["+", "-"], Checked], ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Product:
    """Exact; unknown beyond 38 digits."""

    factors: tuple[Checked, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Joined:
    """Texts one after the other: `first + " " + last`."""

    parts: tuple[Checked, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Apply:
    """A definition with its arguments (none for a plain name)."""

    define: str
    arguments: tuple[Checked, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Lookup:
    """A table with its arguments."""

    table: str
    arguments: tuple[Checked, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Choice:
    """`if c then a else b`; where `c` is unknown, so is the whole, unless both are the same."""

    condition: Checked
    yes: Checked
    no: Checked
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Function:
    """`size of x` and the like; `zone` for what needs a calendar."""

    word: FunctionWord
    operand: Checked
    zone: str | None
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Compare:
    operator: CompareOperator
    left: Checked
    right: Checked
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Every:
    """All of the parts hold (`and`)."""

    parts: tuple[Checked, ...]
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Some:
    """One of the parts holds (`or`)."""

    parts: tuple[Checked, ...]
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Not:
    operand: Checked
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Quantified:
    """`bound` is the number of `at most`, `at least` and `exactly`."""

    word: QuantifierWord
    bound: int | None
    variable: str
    over: Checked
    body: Checked
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Paired:
    """Holds of every pair in order; lists of unequal length: unknown."""

    variables: tuple[str, str]
    over: tuple[Checked, Checked]
    body: Checked
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Tally:
    """How many items there are for which `where` holds, or the sum of a `term` over them.

    An item of which that is unknown may or may not count: the result is a range of numbers.
    """

    term: Checked | None
    variable: str
    over: Checked
    where: Checked | None
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Pick:
    """The first or last item for which `where` holds; unknown where there is none for sure."""

    word: Literal["first", "last"]
    variable: str
    over: Checked
    where: Checked | None
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Given:
    """Whether an optional datum is there."""

    operand: Read
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a datum comes from: dictated by the user, vouched for, or neither."""

    word: Literal["dictated", "trusted", "untrusted"]
    operand: Read
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Origin:
    """Whether a datum comes from a task, was created in this session, is named in the request."""

    word: OriginWord
    operand: Checked
    task: str | None
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class AskedFor:
    """Whether the request has one of the words by which a task is asked for."""

    words: tuple[str, ...]
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Seen:
    """Whether an output with this label has entered the session."""

    label: str
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Match:
    """The whole text is what the pattern describes (RE2 syntax)."""

    operand: Checked
    pattern: str
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Like:
    """The whole text is what the glob describes; `*` stops at the type's own separators."""

    operand: Checked
    pattern: str
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Affix:
    """`starts with`, `ends with`, `contains`, and `under` of paths."""

    word: AffixWord
    left: Checked
    right: Checked
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Recent:
    """The instant is not before `now - duration` and not after `now`."""

    operand: Checked
    duration: timedelta
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Between:
    """A time of day: `start` is included, `end` is not; wraps past midnight."""

    operand: Checked
    start: time
    end: time
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class Window:
    """How far back: a duration, this day or month of a zone, this session."""

    kind: Literal["duration", "day", "month", "session"]
    duration: timedelta | None
    zone: str | None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Past actions: of these tasks, come so far, for which `where` holds."""

    stage: Stage
    tasks: frozenset[str]
    where: Checked | None


@dataclass(frozen=True, slots=True)
class Happened:
    """There is such an action in the window."""

    occurrence: Occurrence
    window: Window
    span: Span
    type: Type = BOOLEAN


@dataclass(frozen=True, slots=True)
class PastTally:
    """How many such actions there are in the window, or the sum of a `term` over them.

    What may or may not have happened makes the result a range of numbers.
    """

    term: Checked | None
    occurrence: Occurrence
    window: Window
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class NoneSince:
    """There is a `since` in the window, and no `occurrence` after the last of them."""

    occurrence: Occurrence
    since: Occurrence
    window: Window
    span: Span
    type: Type = BOOLEAN


Checked: TypeAlias = (
    Constant
    | Read
    | Now
    | Today
    | Part
    | Index
    | Listing
    | Sum
    | Product
    | Joined
    | Apply
    | Lookup
    | Choice
    | Function
    | Compare
    | Every
    | Some
    | Not
    | Quantified
    | Paired
    | Tally
    | Pick
    | Given
    | Provenance
    | Origin
    | AskedFor
    | Seen
    | Match
    | Like
    | Affix
    | Recent
    | Between
    | Happened
    | PastTally
    | NoneSince
)
