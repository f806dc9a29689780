"""Which comparisons can be true at all, and which always are: types that meet, texts that occur."""

from __future__ import annotations

from policy_engine.foundation.diagnostics import Code, Label
from policy_engine.foundation.suggest import nearest
from policy_engine.language import checked as c, codes, tree as t
from policy_engine.language.report import Report
from policy_engine.language.type_rules import (
    article,
    assignable,
    is_collection,
    is_text,
    plain_type,
)
from policy_engine.values.conform import conform
from policy_engine.values.types import (
    TEXT,
    TEXT_LIKE,
    ListOf,
    MapOf,
    Record,
    SetOf,
    Type,
    Union,
    comparable,
    ordered,
)

_ORDERING = ("<", "<=", ">", ">=")


def compare(
    node: t.CompareNode, left: c.Checked, right: c.Checked, report: Report
) -> c.Compare | None:
    """A comparison of two checked sides, or None with the reason reported."""
    if node.operator == "subset of":
        return _subset(node, left, right, report)
    against = right.type
    if node.operator == "in":
        if not isinstance(right.type, (ListOf, SetOf)):
            label = f"this is {article(right.type)}"
            report.add(codes.NOT_A_LIST, "`in` asks for a list", node.right.span, label)
            return None
        against = right.type.item
        sides = _converted_both(left, right, left.type, against, report)
    else:
        sides = _converted_both(left, right, left.type, right.type, report)
    if sides is None:
        return None
    left, right = sides
    against = right.type.item if node.operator == "in" else right.type  # type: ignore[union-attr]
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


def _subset(
    node: t.CompareNode, left: c.Checked, right: c.Checked, report: Report
) -> c.Compare | None:
    for side in (left, right):
        if not is_collection(side.type):
            label = f"this is {article(side.type)}"
            report.add(codes.NOT_A_LIST, "`subset of` asks for lists", side.span, label)
            return None
    item, against = left.type.item, right.type.item  # type: ignore[union-attr]
    sides = _converted_both(left, right, item, against, report)
    if sides is None:
        return None
    left, right = sides
    item, against = left.type.item, right.type.item  # type: ignore[union-attr]
    if not comparable(item, against):
        _incomparable(left, right, against, report)
        return None
    if not _can_occur(left, right, report):
        return None
    return c.Compare("subset of", left, right, node.span)


def _converted_both(
    left: c.Checked, right: c.Checked, one: Type, other: Type, report: Report
) -> tuple[c.Checked, c.Checked] | None:
    """Texts as written beside addresses and paths become such; None where one cannot."""
    new_left, new_right = left, right
    if other in TEXT_LIKE and is_text(one):
        new_left = converted(left, other, report) or left
        if _is_constant(left) and new_left is left:
            return None
    if one in TEXT_LIKE and is_text(other):
        new_right = converted(right, one, report) or right
        if _is_constant(right) and new_right is right:
            return None
    return new_left, new_right


def _is_constant(node: c.Checked) -> bool:
    if isinstance(node, c.Listing):
        return all(_is_constant(item) for item in node.items)
    return isinstance(node, c.Constant)


def converted(node: c.Checked, type_: Type, report: Report) -> c.Checked | None:
    """Constant texts as values of a text-like type; what is none of it is reported, and None."""
    if type_ not in TEXT_LIKE or not _is_constant(node):
        return None
    if isinstance(node, c.Listing):
        items = [converted(item, type_, report) for item in node.items]
        present = tuple(item for item in items if item is not None)
        whole = len(present) == len(items)
        return c.Listing(present, ListOf(type_), node.span) if whole else None
    assert isinstance(node, c.Constant)
    return _read_as(node, type_, report) if node.type == TEXT else None


def _read_as(node: c.Constant, type_: Type, report: Report) -> c.Constant | None:
    """A text as a value of a type of texts, or None with the reason reported."""
    value, misfits = conform(node.value, type_, "this")
    if misfits:
        title = f'"{node.value}" never occurs here'
        problem = str(misfits[0]).removeprefix("`this` ")
        report.add(codes.NOT_IN_UNION, title, node.span, problem)
        return None
    return c.Constant(value, type_, node.span)  # type: ignore[arg-type]


def stated(node: c.Checked, type_: Type, report: Report) -> c.Checked | None:
    """A value of the type that is said of it, or None with the reason reported."""
    if isinstance(type_, ListOf) and isinstance(node, c.Listing):
        items = [stated(item, type_.item, report) for item in node.items]
        present = tuple(item for item in items if item is not None)
        return c.Listing(present, type_, node.span) if len(present) == len(items) else None
    is_written = isinstance(node, c.Constant) and node.type == TEXT
    if is_written and (type_ in TEXT_LIKE or isinstance(type_, Union)):
        return _read_as(node, type_, report)  # type: ignore[arg-type]
    if assignable(node.type, type_):
        return node
    label = f"this is {article(node.type)}"
    report.add(codes.WRONG_VALUE, f"this must be {article(type_)}", node.span, label)
    return None


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
    whole = left.type == against
    title = f"cannot compare {plain_type(left.type)} with {plain_type(against)}"
    help_ = None
    if whole and isinstance(left.type, ListOf):
        title = "a list is not compared as a whole"
        help_ = "ask of its items: `some x in … has (…)`"
    elif whole and isinstance(left.type, MapOf):
        title, help_ = "a map is not compared as a whole", "compare its values: `m[key]`"
    elif whole and isinstance(left.type, Record):
        title, help_ = "a record is not compared as a whole", "compare its fields"
    elif left.type in TEXT_LIKE or against in TEXT_LIKE:
        help_ = "declare both as the same type: they are compared in one spelling"
    elif {str(left.type), str(against)} == {"Timestamp", "Date"}:
        help_ = "write `date of …` for the day of an instant"
    clash(codes.INCOMPARABLE, title, left, right, report, help_)


def _can_occur(left: c.Checked, right: c.Checked, report: Report) -> bool:
    """A text compared with a union must be one of its members."""
    for one, other in ((left, right), (right, left)):
        union = one.type.item if isinstance(one.type, (ListOf, SetOf)) else one.type
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
