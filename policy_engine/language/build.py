"""Sources to a checked policy set: all passes in order, all diagnostics together.

Relies on nothing but its arguments; the text of a JSON Schema is asked for through `read_file`.
What comes out without errors is valid, frozen and named by its digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from policy_engine.foundation.diagnostics import Diagnostic
from policy_engine.foundation.source import Source, Span
from policy_engine.language import codes, definitions
from policy_engine.language.declare import Declarations, declare
from policy_engine.language.digests import policy_digest
from policy_engine.language.parse import parse
from policy_engine.language.policy import Effect, Header, PolicySet, Rule
from policy_engine.language.report import Report
from policy_engine.language.resolve_types import Types
from policy_engine.language.rules import Rules
from policy_engine.language.scenarios import Scenarios
from policy_engine.language.scope import ID
from policy_engine.language.tree import PolicyNode, Tree
from policy_engine.values.types import Field

ReadFile = Callable[[str, str], str | None]
"""The name of a policy file and a path written in it, to the text of that file or None."""


@dataclass(frozen=True, slots=True)
class Built:
    """A policy set, or None where there are errors; and all diagnostics, warnings included."""

    policy: PolicySet | None
    diagnostics: tuple[Diagnostic, ...]


def build(sources: Iterable[Source], read_file: ReadFile) -> Built:
    """Parse, look up and check all files together."""
    parsed = [(source, *parse(source)) for source in sources]
    trees = [(source, tree) for source, tree, _ in parsed]
    syntax = [diagnostic for _, _, found in parsed for diagnostic in found]
    report = Report(frozenset().union(*(tree.unread for _, tree in trees)))
    report.extend(syntax)
    _check_headers(trees, report)
    found = declare((tree for _, tree in trees), report)
    types = Types(found.types, report)
    schemas = _schemas(found, read_file, report)
    roles = definitions.roles(found, report)
    scope = definitions.global_scope(found, types, report)
    defines, signatures = definitions.defines(found, scope, types, report)
    scope = replace(scope, defines=signatures)
    facts = definitions.facts(found, scope)
    tasks = definitions.tasks(found, scope, types, report)
    checker = Rules(found, tasks, roles, scope, schemas, report)
    rules = checker.rules()
    validations = checker.validations(rules)
    tests = Scenarios(found, tasks, roles, facts, rules, scope, report).tests()
    if not syntax:
        _warn(found, rules, report)
    if report.has_errors:
        return Built(None, report.all())
    statements = (statement for _, tree in trees for statement in tree.statements)
    policy = PolicySet(
        headers=tuple(
            Header(h.name.text, h.title, h.version, h.owner, h.name.span) for h in found.headers
        ),
        roles=MappingProxyType(roles),
        agents=_fields(scope.attributes["agent"]),
        humans=_fields(scope.attributes["human"]),
        context=tuple(scope.attributes["context"].values()),
        tasks=MappingProxyType(tasks),
        facts=MappingProxyType(facts),
        defines=MappingProxyType(defines),
        validations=MappingProxyType(validations),
        rules=MappingProxyType(rules),
        tests=tests,
        digest=policy_digest(statements, schemas.values()),
    )
    return Built(policy, report.all())


def _check_headers(trees: list[tuple[Source, Tree]], report: Report) -> None:
    """Each file begins with one `policy` statement that says whose it is."""
    for source, tree in trees:
        headers = [s for s in tree.statements if isinstance(s, PolicyNode)]
        first = tree.statements[:1] == tuple(headers[:1]) and headers
        if not first and "policy" not in tree.unread:
            end = len(source.text.split("\n", 1)[0])
            place = headers[0].name.span if headers else Span(source, 0, end)
            title = "this file does not begin by saying which policy it is"
            help_ = 'begin it with `policy some.name "Title" owner "who answers for it"`'
            report.add(codes.MISSING_HEADER, title, place, "", help_=help_)
        for header in headers[1:]:
            title = "a file is one policy"
            report.add(codes.DUPLICATE, title, header.name.span, "a second `policy` statement")


def _schemas(found: Declarations, read_file: ReadFile, report: Report) -> dict[str, str]:
    """For each validation against a schema, the schema's text."""
    texts: dict[str, str] = {}
    for name, node in found.validations.items():
        if node.schema is None or node.schema_span is None:
            continue
        text = read_file(node.schema_span.source.name, node.schema)
        if text is None:
            title = f"there is no readable file `{node.schema}`"
            label = "looked for beside the policy file, and never above it"
            report.add(codes.UNKNOWN_FILE, title, node.schema_span, label)
        else:
            texts[name] = text
    return texts


def _warn(found: Declarations, rules: dict[str, Rule], report: Report) -> None:
    for header in found.headers:
        if not (header.owner or "").strip():
            title = f"nobody answers for the policy `{header.name.text}`"
            help_ = 'add `owner "…"`'
            report.add(codes.NO_OWNER, title, header.name.span, "it names no owner", help_=help_)
    permitted = {t for r in rules.values() if r.effect is Effect.PERMIT for t in r.tasks}
    for name, task in found.tasks.items():
        if name not in permitted and not report.has_errors:
            title = f"no rule permits the task `{name}`"
            help_ = f"write `permit ROLE to {name}`, or remove the task"
            report.add(codes.NEVER_PERMITTED, title, task.name.span, "never allowed", help_=help_)


def _fields(table: Mapping[str, Field]) -> tuple[Field, ...]:
    return tuple(field for name, field in table.items() if name != ID.name)
