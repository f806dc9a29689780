"""Where statements may break: into a line that says what they are, and their parts below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policy_engine.language.concrete import Branch, Part, Word
from policy_engine.language.format_conditions import CONDITIONS
from policy_engine.language.format_marks import (
    BREAK,
    CLOSE,
    HANG,
    LATE,
    SAME,
    SPACE,
    WINDOWS,
    Blanks,
    Gap,
    Item,
    Layout,
    Open,
    after_commas,
    arguments,
    between_commas,
    breaking,
    broken_before,
    grouped,
    in_line,
    kind_of,
)

_HEAD = Open("hang", 4, fill=True)


def _clausal(branch: Branch, _: str) -> Iterable[Item]:
    """A line that says what it is, and its clauses, each on its own line."""
    head: list[Item] = []
    clauses: list[list[Item]] = [head]
    last = ""
    for i, part in enumerate(branch.parts):
        kind = kind_of(part)
        comma, rest = _leading_comma(part)
        clauses[-1].extend(comma)
        if (last, kind) in _SAME_LINE:
            clauses[-1].extend((_SAME_LINE[last, kind], *rest))
        elif _begins_clause(branch.rule, part):
            clauses.append(rest)
        else:
            clauses[-1].extend([BREAK] if kind in _MAY_BREAK or (i, kind) == _TITLE else [])
            clauses[-1].extend(rest)
        last = kind
    line = Gap(hard=True, row="clause", blanks=_BLANKS.get(branch.rule, Blanks.NONE))
    yield from grouped(_HEAD, head)
    yield Open("fixed", 2)
    for clause in clauses[1:]:
        yield line
        yield from grouped(HANG, clause)
    yield CLOSE


_SAME_LINE = {
    ("within", "otherwise"): BREAK,
    ("otherwise", "within"): SPACE,
    ("until", "approved_by"): BREAK,
}
_TITLE = (2, "STRING")
_MAY_BREAK = ("FOR_EACH_CASE", "against", "checked_with", "BECAUSE")
_BLANKS = {"test": Blanks.ALL}
_CLAUSE_WORDS = {
    "validation": ("CHECKS",),
    "constraint": ("NEVER",),
    "exception": ("TO",),
    "test": ("WHEN", "EXPECT"),
}
_NO_CLAUSES = (
    "dotted",
    "name",
    "names",
    "any_subject",
    "any_task",
    "tagged",
    "object",
    "from_case",
    "for_whom",
    "against",
    "checked_with",
    "checked_that",
)


def _begins_clause(statement: str, part: Part) -> bool:
    if isinstance(part, Branch):
        return part.rule not in _NO_CLAUSES
    return part.kind in _CLAUSE_WORDS.get(statement, ())


def _leading_comma(part: Part) -> tuple[list[Item], list[Item]]:
    """The comma of `…, otherwise` ends the line before."""
    if isinstance(part, Branch) and part.rule == "otherwise" and kind_of(part.parts[0]) == "COMMA":
        return [part.parts[0]], list(part.parts[1:])
    return [], [part]


def _block(branch: Branch, text: str) -> Iterable[Item]:
    """A head and its members in braces: on one line where the author wrote them so."""
    parts = branch.parts
    opened = next(i for i, part in enumerate(parts) if kind_of(part) == "LBRACE")
    first, last = parts[opened], parts[-1]
    assert isinstance(first, Word) and isinstance(last, Word)
    head = _head(branch.rule, parts[:opened])
    yield from grouped(_HEAD, [*head, Gap(column="body"), first])
    yield from _members(parts[opened + 1 : -1], "\n" in text[first.end : last.start])
    yield last
    yield CLOSE


def _head(statement: str, parts: tuple[Part, ...]) -> Iterable[Item]:
    if statement == "table":
        yield from arguments(Branch(statement, parts), "")
        return
    for part in parts:
        if kind_of(part) == "STRING":
            yield Gap(soft=True, column="title")
        elif kind_of(part) in ("HAVE", "HAS"):
            yield Gap(column="have")
        yield part


def _members(parts: Sequence[Part], apart: bool) -> Iterable[Item]:
    """The members; `apart` where each has its own line already."""
    yield Open("fixed", 2)
    between = Gap(soft=True, hard=apart, row="member", blanks=Blanks.NOT_FIRST)
    for part in parts:
        if kind_of(part) == "COMMA":
            between = Gap(soft=True, hard=apart, row="member", blanks=Blanks.ALL)
            yield part
        else:
            yield between
            yield part
            between = Gap("  ", soft=True, hard=apart, row="member", blanks=Blanks.ALL)
    padding = " " if parts else ""
    hard = apart and bool(parts)
    yield Gap(padding, soft=True, hard=hard, closing=True, row="end", blanks=Blanks.NOT_LAST)


def _role(branch: Branch, _: str) -> Iterable[Item]:
    head, rest = branch.parts[:2], branch.parts[2:]
    items = broken_before(rest, ("INCLUDES", "FOR"))
    return grouped(_HEAD, [*head, Gap(soft=True, column="rest"), *items])


def _alias(branch: Branch, _: str) -> Iterable[Item]:
    return grouped(HANG, [*branch.parts[:2], Gap(column="equals"), *branch.parts[2:]])


def _fact(branch: Branch, _: str) -> Iterable[Item]:
    named, rest = branch.parts[:3], branch.parts[3:]
    return grouped(HANG, [*named, LATE, *broken_before(rest, ("source", "MAY_DRIFT"))])


def _define(branch: Branch, _: str) -> Iterable[Item]:
    *head, body = branch.parts
    return grouped(HANG, [*head, LATE, body])


def _only_when(branch: Branch, _: str) -> Iterable[Item]:
    targets, only, when, condition = branch.parts
    return (targets, LATE, only, when, LATE, condition)


def _field(branch: Branch, _: str) -> Iterable[Item]:
    colon = next(i for i, part in enumerate(branch.parts) if kind_of(part) == "COLON") + 1
    return (*branch.parts[:colon], Gap(column="type"), *branch.parts[colon:])


def _output(branch: Branch, _: str) -> Iterable[Item]:
    word, *rest = branch.parts
    items = broken_before(rest, ("trusted", "untrusted", "labelled", "new"))
    return grouped(Open("hang", 2), [word, Gap(column="name"), *items])


def _row(branch: Branch, _: str) -> Iterable[Item]:
    arrow = next(i for i, part in enumerate(branch.parts) if kind_of(part) == "ARROW")
    head, rest = branch.parts[:arrow], branch.parts[arrow:]
    return (*grouped(HANG, after_commas(head)), Gap(column="arrow"), *rest)


def _cells(column: str) -> Layout:
    """Two columns: the first part, and the rest."""
    return lambda branch, _: (branch.parts[0], Gap(column=column), *branch.parts[1:])


LAYOUTS: dict[str, Layout] = {
    **CONDITIONS,
    **dict.fromkeys(
        ("policy", "validation", "rule", "constraint", "exception", "guarantee", "test"), _clausal
    ),
    **dict.fromkeys(("attributes", "record", "task", "about", "table", "framework"), _block),
    "role": _role,
    "type_alias": _alias,
    "fact": _fact,
    "define": _define,
    "source": arguments,
    "parameters": arguments,
    "field": _field,
    "union_type": breaking(HANG, "VBAR"),
    "map_type": breaking(HANG, "TO"),
    "input": _cells("name"),
    "output": _output,
    "named_output": _field,
    **dict.fromkeys(("version", "owner", "tags", "priority"), _cells("value")),
    "asked_for": between_commas(HANG),
    "row": _row,
    "control": _cells("control"),
    "only_when": _only_when,
    "only_after": in_line("where", *WINDOWS),
    "escalate": in_line("TO"),
    "limit": in_line("TO", "PER", *WINDOWS),
    "people": breaking(SAME, "AND"),
    "names": between_commas(SAME),
    "labels": between_commas(HANG),
}
"""How the rules of the grammar are laid out that are more than their parts in a row."""
