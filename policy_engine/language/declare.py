"""First pass: what is declared, by name. Finds duplicates and reserved names.

Later passes look names up here; a name declared twice keeps its first meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from policy_engine.foundation.diagnostics import Code, Label
from policy_engine.foundation.source import Span
from policy_engine.language import codes, tree as t
from policy_engine.language.names import Names
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
        "case",
    )
)
"""Names with a meaning of their own at the beginning of a path, or after `given`."""

_Named: TypeAlias = (
    t.RoleNode
    | t.AliasNode
    | t.RecordNode
    | t.TaskNode
    | t.FactNode
    | t.TableNode
    | t.DefineNode
    | t.FrameworkNode
    | t.RuleNode
    | t.ExceptionNode
    | t.GuaranteeNode
    | t.ValidationNode
)

_N = TypeVar("_N", bound=_Named)
_M = TypeVar("_M", bound=_Named)


@dataclass(slots=True)
class Declarations:
    """Everything declared, in the order of names' first appearance."""

    names: Names = field(default_factory=Names)
    headers: list[t.PolicyNode] = field(default_factory=list)
    roles: dict[str, t.RoleNode] = field(default_factory=dict)
    types: dict[str, t.AliasNode | t.RecordNode] = field(default_factory=dict)
    tasks: dict[str, t.TaskNode] = field(default_factory=dict)
    facts: dict[str, t.FactNode] = field(default_factory=dict)
    tables: dict[str, t.TableNode] = field(default_factory=dict)
    defines: dict[str, t.DefineNode] = field(default_factory=dict)
    frameworks: dict[str, t.FrameworkNode] = field(default_factory=dict)
    rules: dict[str, t.RuleNode | t.ExceptionNode | t.GuaranteeNode] = field(default_factory=dict)
    validations: dict[str, t.ValidationNode] = field(default_factory=dict)
    attributes: dict[str, list[t.FieldNode]] = field(default_factory=dict)
    abouts: list[t.AboutNode] = field(default_factory=list)
    tests: list[t.TestNode] = field(default_factory=list)

    def find(self, table: Mapping[str, _M], name: t.Name) -> _M | None:
        """What a name stands for where it is used, or None."""
        alias, dot, rest = name.text.rpartition(".")
        node = table.get(rest)
        if node is None:
            return None
        if dot:
            there = self.names.imported(alias, name.span)
            return node if there == node.name.span.source.name else None
        return node if self.names.sees(name.span, node.name.span) else None

    def look_up(
        self, table: Mapping[str, _M], name: t.Name, what: str, code: Code, report: Report
    ) -> _M | None:
        """The same, with the nearest known names where there is nothing of this name."""
        node = self.find(table, name)
        if node is None:
            elsewhere = table.get(name.text)
            if elsewhere is not None and not report.ignores(name.text):
                self._only_through_import(what, name, elsewhere.name, code, report)
            else:
                known = ((n, declared.name.span) for n, declared in table.items())
                report.unknown(code, what, name, known)
        return node

    def _only_through_import(
        self, what: str, name: t.Name, declared: t.Name, code: Code, report: Report
    ) -> None:
        policy = self.names.policy(declared.span)
        own = self.names.policy(name.span)
        alias = policy.rpartition(".")[2]
        title = f"the {what} `{name.text}` belongs to another policy"
        label = f"declared in `{policy}`"
        help_ = f"write `{alias}.{name.text}` and `import {policy}` in `{own}`"
        report.add(code, title, name.span, label, help_=help_)

    def task(self, name: t.Name, report: Report) -> t.TaskNode | None:
        return self.look_up(self.tasks, name, "task", codes.UNKNOWN_TASK, report)

    def role(self, name: t.Name, report: Report) -> t.RoleNode | None:
        return self.look_up(self.roles, name, "role", codes.UNKNOWN_ROLE, report)

    def validation(self, name: t.Name, report: Report) -> t.ValidationNode | None:
        return self.look_up(self.validations, name, "validation", codes.UNKNOWN_VALIDATION, report)

    def rule(
        self, name: t.Name, report: Report
    ) -> t.RuleNode | t.ExceptionNode | t.GuaranteeNode | None:
        return self.look_up(self.rules, name, "rule", codes.UNKNOWN_RULE, report)


def declare(trees: Iterable[t.Tree], names: Names, report: Report) -> Declarations:
    """The declarations of all files together."""
    found = Declarations(names)
    for tree in trees:
        for statement in tree.statements:
            _declare_one(statement, found, report)
    _refuse_shared_names(found, report)
    return found


def _declare_one(statement: t.Statement, found: Declarations, report: Report) -> None:
    match statement:
        case t.RuleNode() | t.ExceptionNode() | t.GuaranteeNode():
            _add(statement, found.rules, "rule", report)
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
        case t.TableNode():
            _add(statement, found.tables, "table", report)
        case t.DefineNode():
            _add(statement, found.defines, "definition", report)
        case t.FrameworkNode():
            _add(statement, found.frameworks, "framework", report)
        case t.ValidationNode():
            _add(statement, found.validations, "validation", report)
        case t.AttributesNode():
            found.attributes.setdefault(statement.of, []).extend(statement.fields)
        case t.AboutNode():
            found.abouts.append(statement)
        case t.TestNode():
            found.tests.append(statement)
        case t.ImportNode():
            pass


def _add(statement: _N, table: dict[str, _N], what: str, report: Report) -> None:
    name = statement.name
    earlier = table.setdefault(name.text, statement)
    if earlier is not statement:
        _refuse_again(what, name, earlier.name.span, report)


def _refuse_again(what: str, name: t.Name, first: Span, report: Report) -> None:
    """A name declared twice; whoever means the second finds the first, and is not told of that."""
    duplicate(what, name, first, report)
    if first.source.name != name.span.source.name:
        report.ignore(name.text)


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


_OF_ONE_PLACE = ("field", "input", "attribute", "control")
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
    """Facts, definitions and tables are read by bare name, so they share one space of names."""
    named: list[t.FactNode | t.DefineNode | t.TableNode] = [
        *found.facts.values(),
        *found.defines.values(),
        *found.tables.values(),
    ]
    first: dict[str, t.Name] = {}
    for node in sorted(named, key=lambda node: (node.name.span.source.name, node.name.span.start)):
        name = node.name
        if name.text in RESERVED:
            report.add(
                codes.RESERVED,
                f"`{name.text}` already means something in conditions",
                name.span,
                "choose another name",
            )
        if first.setdefault(name.text, name) is not name:
            _refuse_again("name", name, first[name.text].span, report)
