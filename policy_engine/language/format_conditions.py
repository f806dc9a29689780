"""Where conditions and data may break: before `and` and `or`, in brackets, and then elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from policy_engine.language.concrete import Branch
from policy_engine.language.format_marks import (
    BREAK,
    CLOSE,
    EACH,
    GLUE,
    HANG,
    LATE,
    SAME,
    SPACE,
    UNDER,
    WINDOWS,
    Item,
    Layout,
    after_commas,
    arguments,
    breaking,
    broken_before,
    enclosed,
    grouped,
    kind_of,
)


def _parenthesis(branch: Branch, _: str) -> Iterable[Item]:
    opened, inside, closed = branch.parts
    return (opened, *grouped(UNDER, [inside]), closed)


def _has(branch: Branch, _: str) -> Iterable[Item]:
    """`… has (…)`, `where (…)`: the condition on lines of its own if it is long."""
    *head, opened, inside, closed = branch.parts
    last = "PAIRED_WITH" if branch.rule == "paired" else "IN"
    asked = grouped(HANG, broken_before(head, (last,), LATE))
    return (*asked, SPACE, opened, *enclosed([inside]), closed, CLOSE)


def _compared(branch: Branch, _: str) -> Iterable[Item]:
    left, *rest = branch.parts
    if kind_of(rest[-1]) == "list":
        return (left, LATE, *rest)
    return grouped(SAME, [left, BREAK, *rest])


def _asked(branch: Branch, _: str) -> Iterable[Item]:
    left, *rest = branch.parts
    return (left, LATE, *rest)


def _index(branch: Branch, _: str) -> Iterable[Item]:
    return (branch.parts[0], GLUE, *branch.parts[1:])


def _minus(branch: Branch, _: str) -> Iterable[Item]:
    sign, operand = branch.parts
    return (sign, SPACE if kind_of(operand) == "minus" else GLUE, operand)


def _list(branch: Branch, _: str) -> Iterable[Item]:
    opened, *members, closed = branch.parts
    if not members:
        return (opened, GLUE, closed)
    plain = all(kind_of(member) in _PLAIN for member in members)
    items = grouped(SAME if plain else EACH, after_commas(members))
    return (opened, *enclosed(items), closed, CLOSE)


_PLAIN = (
    "COMMA",
    "text",
    "number",
    "boolean",
    "money",
    "duration",
    "date",
    "time",
    "timestamp",
    "negative",
    "path",
)


def _object(branch: Branch, _: str) -> Iterable[Item]:
    opened, *members, closed = branch.parts
    if not members:
        return (opened, GLUE, closed)
    return (opened, *enclosed(after_commas(members), " "), closed, CLOSE)


def _of_items(branch: Branch, _: str) -> Iterable[Item]:
    """`count of x in xs where (…)`: a question about the items of a list."""
    items: list[Item] = []
    for part in branch.parts:
        items += {"FOR": [BREAK], "IN": [LATE]}.get(kind_of(part), [])
        items.append(part)
    return grouped(HANG, items)


_QUESTIONS = ("happened", "count_past", "sum_past")
_COMPARISONS = (
    "comparison",
    "membership",
    "subset",
    "matching",
    "likeness",
    "affix",
    "beneath",
)
_PREDICATES = ("predicate", "recent", "between", "comes_from", "created")

CONDITIONS: dict[str, Layout] = {
    "conditional": breaking(EACH, "THEN", "ELSE"),
    "junction": breaking(EACH, "AND", "OR"),
    **dict.fromkeys(_COMPARISONS, _compared),
    **dict.fromkeys(_PREDICATES, _asked),
    "sum": breaking(SAME, "PLUS", "MINUS"),
    "product": breaking(SAME, "STAR"),
    "minus": _minus,
    "negative": _minus,
    "index": _index,
    "call": arguments,
    "parenthesis": _parenthesis,
    **dict.fromkeys(("quantifier", "counted", "paired", "where_in"), _has),
    **dict.fromkeys(_QUESTIONS, breaking(HANG, "where", *WINDOWS, "OVER")),
    **dict.fromkeys(("tally", "total", "pick"), _of_items),
    "none_since": breaking(EACH, "where", *WINDOWS, "SINCE"),
    "where": breaking(HANG),
    "list": _list,
    "value_list": _list,
    "object": _object,
}
