"""The static size of a condition: how many steps it can take and how deep it is, before it runs.

A collection counts as a hundred items, and so does the past; what stands in a quantifier is paid
once for each. Definitions are paid wherever they are used, and are as deep there as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from policy_engine.language import checked as c, codes
from policy_engine.language.policy import Define
from policy_engine.language.report import Report
from policy_engine.language.walk import all_of, parts_of

MOST = 2_000_000
DEEPEST = 200
"""Beyond this the stack of Python could run out while a condition is decided."""
ITEMS = 100

_REPEATING = (c.Quantified, c.Paired, c.Tally, c.Pick, c.Happened, c.PastTally, c.NoneSince)


class Size(NamedTuple):
    """`steps` in the worst case; `depth`: how many expressions stand inside of each other."""

    steps: int
    depth: int


def size(node: c.Checked, defines: Mapping[str, Define]) -> Size:
    """The size of a condition.

    Each part of it and of its definitions is looked at once, and none on the stack of Python:
    definitions rest on each other deeper than that is.
    """
    known: dict[int, Size] = {}
    waiting = [node]
    while waiting:
        here = waiting[-1]
        paid = _paid(here, defines)
        unknown = [part for part in paid if id(part) not in known]
        if unknown:
            waiting.extend(unknown)
            continue
        sizes = [known[id(part)] for part in paid]
        steps = 1 + sum(size.steps for size in sizes) * _times(here)
        known[id(here)] = Size(steps, 1 + max((size.depth for size in sizes), default=0))
        waiting.pop()
    return known[id(node)]


def _paid(node: c.Checked, defines: Mapping[str, Define]) -> tuple[c.Checked, ...]:
    """What is paid for with a node: its parts, and the body of the definition that it uses."""
    if isinstance(node, c.Apply) and node.define in defines:
        return (*parts_of(node), defines[node.define].body)
    return parts_of(node)


def _times(node: c.Checked) -> int:
    """How often what stands inside is done."""
    over = getattr(node, "over", None)
    if isinstance(over, c.Listing):
        return len(over.items)
    return ITEMS if isinstance(node, _REPEATING) else 1


def refuse_large(node: c.Checked, defines: Mapping[str, Define], report: Report) -> bool:
    """Says of a condition that nobody should have to wait for it, or could follow it."""
    if not _could_be(node):
        return False
    steps, depth = size(node, defines)
    if steps > MOST:
        title = "this condition can take too long"
        label = f"up to {steps:,} steps, counting a list as {ITEMS} items"
        help_ = "ask one thing of a list at a time, or look it up as a fact"
        report.add(codes.TOO_COSTLY, title, node.span, label, help_=help_)
    if depth > DEEPEST:
        title = f"an expression nests more than {DEEPEST} deep in its definitions"
        help_ = "let definitions rest on fewer others, or be less deep themselves"
        report.add(codes.TOO_DEEP, title, node.span, f"{depth} deep", help_=help_)
    return depth > DEEPEST


def _could_be(node: c.Checked) -> bool:
    """Only what repeats or uses definitions can be costly; the rest is as long as its text."""
    return any(isinstance(part, (*_REPEATING, c.Apply)) for part in all_of(node))
