"""The static cost of a condition: how many steps it can take at most, known before it runs.

A collection counts as a hundred items, and so does the past; what stands in a quantifier is paid
once for each. Definitions are paid wherever they are used.
"""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.language import checked as c, codes
from policy_engine.language.policy import Define
from policy_engine.language.report import Report
from policy_engine.language.walk import all_of, parts_of

MOST = 2_000_000
ITEMS = 100

_REPEATING = (c.Quantified, c.Paired, c.Tally, c.Pick, c.Happened, c.PastTally, c.NoneSince)


def cost(
    node: c.Checked, defines: Mapping[str, Define], known: dict[int, int] | None = None
) -> int:
    """The steps of a condition, in the worst case."""
    known = {} if known is None else known
    if id(node) not in known:
        inner = sum(cost(part, defines, known) for part in parts_of(node))
        if isinstance(node, c.Apply) and node.define in defines:
            inner += cost(defines[node.define].body, defines, known)
        known[id(node)] = 1 + inner * _times(node)
    return known[id(node)]


def _times(node: c.Checked) -> int:
    """How often what stands inside is done."""
    over = getattr(node, "over", None)
    if isinstance(over, c.Listing):
        return len(over.items)
    return ITEMS if isinstance(node, _REPEATING) else 1


def refuse_costly(node: c.Checked, defines: Mapping[str, Define], report: Report) -> None:
    """A condition that nobody should have to wait for."""
    if not _could_be(node):
        return
    steps = cost(node, defines)
    if steps > MOST:
        title = "this condition can take too long"
        label = f"up to {steps:,} steps, counting a list as {ITEMS} items"
        help_ = "ask one thing of a list at a time, or look it up as a fact"
        report.add(codes.TOO_COSTLY, title, node.span, label, help_=help_)


def _could_be(node: c.Checked) -> bool:
    """Only what repeats or uses definitions can be costly; the rest is as long as its text."""
    return any(isinstance(part, (*_REPEATING, c.Apply)) for part in all_of(node))
