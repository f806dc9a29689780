"""Sources to a checked policy set: all passes in order, all diagnostics together.

Relies on nothing but its arguments; other files are asked for through `read_file` and `find`.
What comes out without errors is valid, frozen and named by its digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from policy_engine.foundation.diagnostics import Diagnostic
from policy_engine.foundation.source import Source, Span
from policy_engine.language import codes, definitions
from policy_engine.language.abouts import abouts
from policy_engine.language.controls import frameworks
from policy_engine.language.costs import refuse_large
from policy_engine.language.declare import Declarations, declare
from policy_engine.language.digests import policy_digest
from policy_engine.language.expressions import Expressions
from policy_engine.language.lints import lint
from policy_engine.language.names import FindPolicy, Loaded, load
from policy_engine.language.people import People
from policy_engine.language.policy import (
    Define,
    Fact,
    Header,
    PolicySet,
    Rule,
    Task,
    Validation,
)
from policy_engine.language.reliefs import Reliefs
from policy_engine.language.report import Report
from policy_engine.language.resolve_types import Types
from policy_engine.language.rules import Rules
from policy_engine.language.scenarios import Scenarios
from policy_engine.language.scope import ID, Scope, World
from policy_engine.language.tables import Tables
from policy_engine.language.tasks import Facts, Tasks
from policy_engine.language.texts import suspicious
from policy_engine.language.tree import PolicyNode, Statement
from policy_engine.language.validations import Validations
from policy_engine.values.calendar import is_zone
from policy_engine.values.types import Field

ReadFile = Callable[[str, str], str | None]
"""The name of a policy file and a path written in it, to the text of that file or None."""


@dataclass(frozen=True, slots=True)
class Built:
    """A policy set, or None where there are errors; and all diagnostics, warnings included."""

    policy: PolicySet | None
    diagnostics: tuple[Diagnostic, ...]


def build(
    sources: Iterable[Source],
    read_file: ReadFile,
    find: FindPolicy = lambda name: None,
    *,
    at: datetime | None = None,
    kept: timedelta | None = None,
) -> Built:
    """Parse, look up and check all files together, with what they import.

    `at` is the time by which exceptions have expired (None: nobody asks); `kept` is how long the
    store keeps the past (None: for ever).
    """
    early = Report()
    loaded = load(sources, find, early)
    report = Report(frozenset().union(*(file.tree.unread for file in loaded.files)))
    report.extend((*loaded.syntax, *early.all()))
    for file in loaded.files:
        report.extend(suspicious(file.source))
    names = loaded.names()
    _check_headers(loaded, report)
    found = declare((file.tree for file in loaded.files), names, report)
    schemas = _schemas(found, read_file, report)
    policy = _checked(found, loaded, schemas, read_file, report, at, kept)
    return Built(None if report.has_errors else policy, report.all())


def _checked(
    found: Declarations,
    loaded: Loaded,
    schemas: dict[str, str],
    read_file: ReadFile,
    report: Report,
    at: datetime | None,
    kept: timedelta | None,
) -> PolicySet:
    """The passes after declaration, each relying on those before it."""
    types = Types(found, report)
    told = abouts(found, report)
    roles = definitions.roles(found, report)
    attributes = definitions.attributes(found, types, report)
    typed = Tasks(found, told, types, report)
    fields = _fact_fields(found, types, report)
    places = definitions.places(found)
    world = World(found.names, fields, attributes, typed.shapes(), places)
    expressions = Expressions(found, told, report, kept)
    tables = Tables(found, types, report)
    tables.check()
    scope = Scope(world, defines=tables.signatures)
    defined = definitions.Definitions(found, scope, types, expressions, report)
    defined.check()
    scope = replace(scope, defines=defined.signatures)
    facts = Facts(found, typed, scope, defined.done, expressions, report).facts()
    tasks = typed.tasks(expressions, scope)
    people = People(found, report)
    checker = Rules(
        found, scope, expressions, people, facts, defined.done, typed.inputs, schemas, report
    )
    rules = checker.rules()
    checks = Validations(found, expressions, checker, typed.outputs, schemas, report)
    validations = checks.validations(rules)
    _refuse_large(tasks, facts, rules, validations, defined.done, report)
    reliefs = Reliefs(found, expressions, people, checker, report)
    waivers, guarantees = reliefs.waivers(rules, at), reliefs.guarantees()
    tests = Scenarios(found, tasks, roles, facts, world, read_file, report).tests()
    if not report.has_errors:
        checks.warn_unseen(rules)
        lint(found, told, expressions.told, rules, waivers, guarantees, defined.done, report)
    return PolicySet(
        headers=tuple(_header(node) for node in found.headers),
        roles=MappingProxyType(roles),
        agents=_fields(attributes["agent"]),
        humans=_fields(attributes["human"]),
        context=tuple(attributes["context"].values()),
        session=tuple(attributes["session"].values()),
        tasks=MappingProxyType(tasks),
        facts=MappingProxyType(facts),
        tables=MappingProxyType(tables.done),
        defines=MappingProxyType(defined.done),
        frameworks=MappingProxyType(frameworks(found, report)),
        validations=MappingProxyType(validations),
        rules=MappingProxyType(rules),
        waivers=MappingProxyType(waivers),
        guarantees=MappingProxyType(guarantees),
        tests=tests,
        digested=_digested(loaded, schemas),
    )


def _refuse_large(
    tasks: Mapping[str, Task],
    facts: Mapping[str, Fact],
    rules: Mapping[str, Rule],
    validations: Mapping[str, Validation],
    defines: Mapping[str, Define],
    report: Report,
) -> None:
    """What is evaluated beside the conditions of rules can be too large as well."""
    outputs = (task.output for task in tasks.values())
    bodies = [output.where for output in outputs if output and output.where]
    bodies += [argument for fact in facts.values() for argument in fact.arguments]
    bodies += [rule.limit.bound for rule in rules.values() if rule.limit]
    bodies += [check.condition for check in validations.values() if check.condition]
    for body in bodies:
        refuse_large(body, defines, report)


def _header(node: PolicyNode) -> Header:
    zone = node.zone.text if node.zone else None
    return Header(node.name.text, node.title, node.version, node.owner, zone, node.name.span)


def _digested(loaded: Loaded, schemas: dict[str, str]) -> Callable[[], str]:
    statements: list[Statement] = [s for file in loaded.files for s in file.tree.statements]
    return lambda: policy_digest(statements, schemas.values())


def _fact_fields(found: Declarations, types: Types, report: Report) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for name, node in found.facts.items():
        type_ = types.resolve(node.type)
        if type_ is None:
            report.ignore(name)
        else:
            fields[name] = Field(name, type_)
    return fields


def _check_headers(loaded: Loaded, report: Report) -> None:
    """Each file begins with one `policy` statement that says whose it is."""
    for file in loaded.files:
        tree, source = file.tree, file.source
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
        for header in headers[:1]:
            _check_zone(header, report)


def _check_zone(header: PolicyNode, report: Report) -> None:
    if header.zone is not None and not is_zone(header.zone.text):
        title = f"there is no time zone `{header.zone.text}`"
        help_ = 'name it by continent and city: `times in "Europe/Warsaw"`, or "UTC"'
        report.add(codes.NO_ZONE, title, header.zone.span, "not in the tz database", help_=help_)


def _schemas(found: Declarations, read_file: ReadFile, report: Report) -> dict[str, str]:
    """For each validation against a schema, the schema's text."""
    texts: dict[str, str] = {}
    for name, node in found.validations.items():
        if node.schema is None or node.how_span is None:
            continue
        text = read_file(node.how_span.source.name, node.schema)
        if text is None:
            title = f"there is no readable file `{node.schema}`"
            label = "looked for beside the policy file, and never above it"
            report.add(codes.UNKNOWN_FILE, title, node.how_span, label)
        else:
            texts[name] = text
    return texts


def _fields(table: Mapping[str, Field]) -> tuple[Field, ...]:
    return tuple(field for name, field in table.items() if name != ID.name)
