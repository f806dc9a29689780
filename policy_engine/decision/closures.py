"""What a compiled expression is, and what the compilers of all kinds of node share.

A closure takes a `Frame` and gives a value, an `Interval`, or an `Unknown` that says where it was
born. It never raises: every way in which data can fail to be there is an unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set as AbstractSet
from typing import Protocol, TypeAlias, cast

from policy_engine.decision.frame import Frame
from policy_engine.decision.truth import Unknown
from policy_engine.foundation.canonical import canonical_text
from policy_engine.foundation.source import Span
from policy_engine.language import checked as c
from policy_engine.language.policy import Define, Table
from policy_engine.values import numbers
from policy_engine.values.types import DURATION, MONEY, NUMERIC, TIMESTAMP

Evaluate: TypeAlias = Callable[[Frame], object]

_RANGED = (*NUMERIC, MONEY, DURATION, TIMESTAMP)


class Compiler(Protocol):
    """Turns nodes into closures."""

    def compile(self, node: c.Checked) -> Evaluate:
        """The closure of a node; the same node always gives the same closure."""
        ...

    def settled(self, node: c.Checked) -> Evaluate:
        """The same, where a range of numbers is of no use: then it is unknown."""
        ...

    def define(self, name: str) -> Define: ...

    def table(self, name: str) -> Table: ...


def may_range(node: c.Checked) -> bool:
    """Whether the node can be a range of numbers."""
    match node:
        case c.Tally() | c.PastTally():
            return True
        case c.Apply() | c.Read(root="local"):
            return node.type in _RANGED
        case c.Sum(terms=terms):
            return any(may_range(term) for _, term in terms)
        case c.Choice(yes=yes, no=no):
            return may_range(yes) or may_range(no)
        case _:
            return False


def strict(items: Iterable[object]) -> tuple[object, ...] | Unknown:
    """All items, or the first that is unknown."""
    found = tuple(items)
    for item in found:
        if isinstance(item, Unknown):
            return item
    return found


def in_order(items: object) -> Sequence[object]:
    """A list as it is; a set in the order of its items' canonical texts."""
    if isinstance(items, AbstractSet):
        return sorted(items, key=canonical_text)
    return cast("Sequence[object]", items)


def cannot_be_told(span: Span) -> Unknown:
    """Arithmetic without a result."""
    return Unknown(
        span,
        f"the result has more than {numbers.MAXIMUM_DIGITS} digits, or there is none",
    )
