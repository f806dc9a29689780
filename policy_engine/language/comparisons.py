"""Which comparisons can be true at all: types that meet, texts that can occur."""

from __future__ import annotations

from policy_engine.foundation.diagnostics import Code, Label
from policy_engine.foundation.suggest import nearest
from policy_engine.language import checked as c
from policy_engine.language import codes
from policy_engine.language import tree as t
from policy_engine.language.report import Report
from policy_engine.language.type_rules import article, plain_type
from policy_engine.values.types import ListOf, Record, Type, Union, comparable, ordered

_ORDERING = ("<", "<=", ">", ">=")


def compare(
    node: t.CompareNode, left: c.Checked, right: c.Checked, report: Report
) -> c.Compare | None:
    """A comparison of two checked sides, or None with the reason reported."""
    against = right.type
    if node.operator == "in":
        if not isinstance(right.type, ListOf):
            label = f"this is {article(right.type)}"
            report.add(codes.NOT_A_LIST, "`in` asks for a list", node.right.span, label)
            return None
        against = right.type.item
    if node.operator in _ORDERING:
        if not ordered(left.type, against):
            clash(codes.UNORDERED, f"`{node.operator}` does not order these", left, right, report)
            return None
    elif not comparable(left.type, against):
        _incomparable(left, right, against, report)
        return None
    elif not _can_occur(left, right, report):
        return None
    return c.Compare(node.operator, left, right, node.span)


def clash(
    code: Code,
    title: str,
    left: c.Checked,
    right: c.Checked,
    report: Report,
    help_: str | None = None,
) -> None:
    """Says that two expressions do not go together, and what each of them is."""
    also = (Label(right.span, f"this is {article(right.type)}"),)
    report.add(code, title, left.span, f"this is {article(left.type)}", also=also, help_=help_)


def _incomparable(left: c.Checked, right: c.Checked, against: Type, report: Report) -> None:
    whole = isinstance(left.type, (ListOf, Record)) and left.type == against
    title = f"cannot compare {plain_type(left.type)} with {plain_type(against)}"
    help_ = None
    if whole and isinstance(left.type, ListOf):
        title, help_ = (
            "a list is not compared as a whole",
            "ask of its items: `some x in … has (…)`",
        )
    elif whole:
        title, help_ = "a record is not compared as a whole", "compare its fields"
    clash(codes.INCOMPARABLE, title, left, right, report, help_)


def _can_occur(left: c.Checked, right: c.Checked, report: Report) -> bool:
    """A text compared with a union must be one of its members."""
    for one, other in ((left, right), (right, left)):
        union = one.type.item if isinstance(one.type, ListOf) else one.type
        if not isinstance(union, Union):
            continue
        literals = other.items if isinstance(other, c.Listing) else (other,)
        for literal in literals:
            if isinstance(literal, c.Constant) and literal.value not in union.members:
                _never_occurs(literal, one, union, report)
                return False
    return True


def _never_occurs(literal: c.Constant, one: c.Checked, union: Union, report: Report) -> None:
    near = nearest(str(literal.value), union.members)
    report.add(
        codes.NOT_IN_UNION,
        f'"{literal.value}" never occurs here',
        literal.span,
        f"the values are {union}",
        also=(Label(one.span, "compared with this", primary=False),),
        help_=f'replace it with "{near}"' if near else None,
    )
