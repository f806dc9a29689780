"""Checked expressions: every name looked up, every type known. What evaluators read.

Few kinds of node, each with one meaning. `BOOLEAN` nodes evaluate to true, false or unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from policy_engine.foundation.source import Span
from policy_engine.language.tree import CompareOperator
from policy_engine.values.types import BOOLEAN, Type

Root: TypeAlias = Literal["input", "fact", "context", "agent", "human", "principal", "local"]


@dataclass(frozen=True, slots=True)
class Constant:
    value: str | bool | int | Decimal | datetime
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Read:
    """A datum: `path` from its root, as in `order.total` = fact, ("order", "total").

    `secret` data is never shown. Unknown where any step is absent.
    """

    root: Root
    path: tuple[str, ...]
    type: Type
    secret: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Listing:
    items: tuple[Checked, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Sum:
    """Exact; unknown beyond 38 digits."""

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
    word: Literal["some", "every", "no"]
    variable: str
    over: Checked
    body: Checked
    span: Span
    type: Type = BOOLEAN


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
class Match:
    """The whole text is what the pattern describes (RE2 syntax)."""

    operand: Checked
    pattern: str
    span: Span
    type: Type = BOOLEAN


Checked: TypeAlias = (
    Constant
    | Read
    | Listing
    | Sum
    | Product
    | Joined
    | Apply
    | Compare
    | Every
    | Some
    | Not
    | Quantified
    | Given
    | Provenance
    | Match
)
