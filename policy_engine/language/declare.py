"""First pass: what is declared, by name. Finds duplicates and reserved names.

Later passes look names up here; a name declared twice keeps its first meaning.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from policy_engine.foundation.diagnostics import Label
from policy_engine.foundation.source import Span
from policy_engine.language import codes
from policy_engine.language import tree as t
from policy_engine.language.report import Report
from policy_engine.values.types import SCALARS

RESERVED = frozenset(
    (
        "input",
        "context",
        "agent",
        "human",
        "principal",
        "session",
        "past",
        "now",
        "today",
        "request",
        "approval",
    )
)
"""Names with a meaning of their own at the beginning of a path, or after `given`."""

_Named: TypeAlias = (
    t.RoleNode
    | t.AliasNode
    | t.RecordNode
    | t.TaskNode
    | t.FactNode
    | t.DefineNode
    | t.RuleNode
    | t.ValidationNode
)

_N = TypeVar("_N", bound=_Named)


@dataclass(slots=True)
class Declarations:
    """Everything declared, in the order of names' first appearance."""

    headers: list[t.PolicyNode] = field(default_factory=list)
    roles: dict[str, t.RoleNode] = field(default_factory=dict)
    types: dict[str, t.AliasNode | t.RecordNode] = field(default_factory=dict)
    tasks: dict[str, t.TaskNode] = field(default_factory=dict)
    facts: dict[str, t.FactNode] = field(default_factory=dict)
    defines: dict[str, t.DefineNode] = field(default_factory=dict)
    rules: dict[str, t.RuleNode] = field(default_factory=dict)
    validations: dict[str, t.ValidationNode] = field(default_factory=dict)
    attributes: dict[str, list[t.FieldNode]] = field(default_factory=dict)
    abouts: list[t.AboutNode] = field(default_factory=list)
    tests: list[t.TestNode] = field(default_factory=list)


def declare(trees: Iterable[t.Tree], report: Report) -> Declarations:
    """The declarations of all files together."""
    found = Declarations()
    for tree in trees:
        for statement in tree.statements:
            _declare_one(statement, found, report)
    _refuse_shared_names(found, report)
    return found


def _declare_one(statement: t.Statement, found: Declarations, report: Report) -> None:
    match statement:
        case t.PolicyNode():
            found.headers.append(statement)
        case t.RoleNode():
            _add(statement, found.roles, "role", report)
        case t.AliasNode() | t.RecordNode():
            _add_type(statement, found, report)
        case t.TaskNode():
            _add(statement, found.tasks, "task", report)
        case t.FactNode():
            _add(statement, found.facts, "fact", report)
        case t.DefineNode():
            _add(statement, found.defines, "definition", report)
        case t.RuleNode():
            _add(statement, found.rules, "rule", report)
        case t.ValidationNode():
            _add(statement, found.validations, "validation", report)
        case t.AttributesNode():
            found.attributes.setdefault(statement.of, []).extend(statement.fields)
        case t.AboutNode():
            found.abouts.append(statement)
        case t.TestNode():
            found.tests.append(statement)


def _add(statement: _N, table: dict[str, _N], what: str, report: Report) -> None:
    name = statement.name
    earlier = table.get(name.text)
    if earlier is None:
        table[name.text] = statement
    else:
        duplicate(what, name, earlier.name.span, report)


def _add_type(statement: t.AliasNode | t.RecordNode, found: Declarations, report: Report) -> None:
    if statement.name.text in SCALARS:
        report.add(
            codes.RESERVED,
            f"`{statement.name.text}` is a built-in type",
            statement.name.span,
            "choose another name",
        )
        return
    _add(statement, found.types, "type", report)


_OF_ONE_PLACE = ("field", "input", "attribute")
"""What is declared inside of something else, where other files cannot interfere."""


def duplicate(what: str, name: t.Name, first: Span, report: Report) -> None:
    """Says that a name is declared twice, and where it was first."""
    report.add(
        codes.DUPLICATE,
        f"the {what} `{name.text}` is declared twice",
        name.span,
        "declared again here",
        also=(Label(first, "first declared here", primary=False),),
        help_=None
        if what in _OF_ONE_PLACE
        else "names are shared by all files that are loaded together",
    )


def _refuse_shared_names(found: Declarations, report: Report) -> None:
    """Facts and definitions are both read by bare name, so they share one space of names."""
    named: list[t.FactNode | t.DefineNode] = [*found.facts.values(), *found.defines.values()]
    for node in named:
        name = node.name.text
        if name in RESERVED:
            report.add(
                codes.RESERVED,
                f"`{name}` already means something in conditions",
                node.name.span,
                "choose another name",
            )
    for name, define in found.defines.items():
        if name in found.facts:
            duplicate("name", define.name, found.facts[name].name.span, report)
