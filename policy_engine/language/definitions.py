"""Fourth pass: roles, tasks, facts and definitions. Finds cycles and unknown names among them."""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.foundation.diagnostics import Label
from policy_engine.language import codes
from policy_engine.language import tree as t
from policy_engine.language.checked import Checked
from policy_engine.language.declare import RESERVED, Declarations
from policy_engine.language.digests import first_names
from policy_engine.language.expressions import Expressions
from policy_engine.language.policy import Define, Fact, Kind, Output, Role, Task
from policy_engine.language.report import Report
from policy_engine.language.resolve_types import Types
from policy_engine.language.scope import ID, Scope, Signature
from policy_engine.values.types import Field, ListOf, Type

_KINDS: Mapping[str, Kind] = {"humans": "human", "agents": "agent"}


def roles(found: Declarations, report: Report) -> dict[str, Role]:
    """Roles with what they include; a role that includes itself is refused."""
    for node in found.roles.values():
        for name in node.includes:
            if name.text not in found.roles:
                unknown_role(name, found, report)
            elif _reaches(found.roles, name.text, node.name.text):
                title = f"the role `{node.name.text}` includes itself"
                report.add(codes.CYCLE, title, name.span, "by including this")
            else:
                _refuse_mixed_kinds(node, found.roles[name.text], name, report)
    return {
        name: Role(
            name,
            node.title,
            tuple(included.text for included in node.includes),
            _KINDS[node.kind] if node.kind else None,
            node.name.span,
        )
        for name, node in found.roles.items()
    }


def unknown_role(name: t.Name, found: Declarations, report: Report) -> None:
    known = [(n, node.name.span) for n, node in found.roles.items()]
    report.unknown(codes.UNKNOWN_ROLE, "role", name, known)


def unknown_task(name: t.Name, found: Declarations, report: Report) -> None:
    known = [(n, node.name.span) for n, node in found.tasks.items()]
    report.unknown(codes.UNKNOWN_TASK, "task", name, known)


def global_scope(found: Declarations, types: Types, report: Report) -> Scope:
    """What every condition may read: facts, and the attributes of those who act."""
    attributes = {
        root: {f.name: f for f in types.fields(found.attributes.get(plural, []), "attribute")}
        for root, plural in (("agent", "agents"), ("human", "humans"), ("context", "context"))
    }
    for root, plural in (("agent", "agents"), ("human", "humans")):
        for attribute in found.attributes.get(plural, []):
            if attribute.name.text == ID.name:
                title = "`id` is every principal's own"
                report.add(codes.RESERVED, title, attribute.name.span, "choose another name")
        attributes[root][ID.name] = ID
    attributes["principal"] = {ID.name: ID}
    facts = {}
    for name, node in found.facts.items():
        type_ = types.resolve(node.type)
        if type_ is None:
            report.ignore(name)
        else:
            facts[name] = Field(name, type_)
    places = {name: node.name.span for name, node in found.facts.items()}
    places.update({name: node.name.span for name, node in found.defines.items()})
    return Scope(facts=facts, attributes=attributes, places=places)


def facts(found: Declarations, scope: Scope) -> dict[str, Fact]:
    return {
        name: Fact(name, scope.facts[name].type, node.name.span)
        for name, node in found.facts.items()
        if name in scope.facts
    }


def defines(
    found: Declarations, scope: Scope, types: Types, report: Report
) -> tuple[dict[str, Define], dict[str, Signature]]:
    """Definitions in the order in which they rest on each other; cycles are refused."""
    expressions = Expressions(report)
    done: dict[str, Define] = {}
    signatures: dict[str, Signature] = {}

    def define(node: t.DefineNode, open_: tuple[str, ...]) -> None:
        name = node.name.text
        if name in signatures:
            return
        for used in sorted(_used_defines(node.body, found)):
            if used in (*open_, name):
                chain = " → ".join([*open_, name, used])
                title = f"the definition `{used}` rests on itself"
                report.add(codes.CYCLE, title, node.name.span, chain)
                report.ignore(used)
            else:
                define(found.defines[used], (*open_, name))
        parameters = _parameters(node, types, report)
        inner = Scope(
            facts=scope.facts,
            defines=signatures,
            attributes=scope.attributes,
            locals={p: Field(p, type_) for p, type_ in parameters},
            places=scope.places,
        )
        body = expressions.value(node.body, inner)
        signatures[name] = Signature(parameters, body.type if body else None, node.name.span)
        if body is not None:
            done[name] = Define(name, parameters, body, node.name.span)

    for node in found.defines.values():
        define(node, ())
    return done, signatures


def tasks(found: Declarations, scope: Scope, types: Types, report: Report) -> dict[str, Task]:
    """Tasks with their inputs, their output and what `about` adds to them."""
    tags, owners = _abouts(found, report)
    return {
        name: Task(
            name,
            node.title,
            types.fields(node.inputs, "input"),
            _output(node, scope, types, report),
            frozenset(tags.get(name, ())),
            owners.get(name),
            node.name.span,
        )
        for name, node in found.tasks.items()
    }


def _abouts(found: Declarations, report: Report) -> tuple[dict[str, set[str]], dict[str, str]]:
    tags: dict[str, set[str]] = {}
    owners: dict[str, str] = {}
    for about in found.abouts:
        for task in about.tasks:
            if task.text not in found.tasks:
                unknown_task(task, found, report)
                continue
            tags.setdefault(task.text, set()).update(tag.text for tag in about.tags)
            for owner, span in about.owners:
                if owners.setdefault(task.text, owner) != owner:
                    title = f"the task `{task.text}` has two owners"
                    label = f'"{owners[task.text]}" owns it already'
                    report.add(codes.DUPLICATE, title, span, label)
    return tags, owners


def _output(node: t.TaskNode, scope: Scope, types: Types, report: Report) -> Output | None:
    if not node.outputs:
        return None
    output, *more = node.outputs
    if more:
        also = (Label(output.span, "the first one", primary=False),)
        title = f"the task `{node.name.text}` has two outputs"
        report.add(codes.TWICE_IN_STATEMENT, title, more[0].span, "a task has one", also=also)
    type_ = types.resolve(output.type) if output.type else None
    name = output.name.text if output.name else None
    where = None
    if output.where is not None:
        where = _item_condition(output, type_, scope, report)
    return Output(name, type_, output.trusted, where)


def _item_condition(
    output: t.OutputNode, type_: Type | None, scope: Scope, report: Report
) -> Checked | None:
    assert output.where is not None
    if not isinstance(type_, ListOf):
        if type_ is not None or output.type is None:
            title = "only the items of a list can be trusted one by one"
            help_ = "write `output name: list of … trusted where item. …`"
            report.add(codes.NOT_A_LIST, title, output.span, "this is no list", help_=help_)
        return None
    return Expressions(report).condition(output.where, scope.with_local("item", type_.item))


def _parameters(node: t.DefineNode, types: Types, report: Report) -> tuple[tuple[str, Type], ...]:
    result: dict[str, Type] = {}
    for parameter in node.parameters:
        name = parameter.name.text
        if name in RESERVED or name in result:
            title = f"`{name}` already means something here"
            report.add(codes.RESERVED, title, parameter.name.span, "choose another name")
        type_ = types.resolve(parameter.type)
        if type_ is None:
            report.ignore(name)
        else:
            result[name] = type_
    return tuple(result.items())


def _used_defines(body: t.Expression, found: Declarations) -> set[str]:
    return first_names(body) & found.defines.keys()


def _reaches(declared: Mapping[str, t.RoleNode], start: str, goal: str) -> bool:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        if name not in seen and name in declared:
            seen.add(name)
            waiting.extend(included.text for included in declared[name].includes)
    return False


def _refuse_mixed_kinds(
    node: t.RoleNode, included: t.RoleNode, name: t.Name, report: Report
) -> None:
    if included.kind and node.kind != included.kind:
        report.add(
            codes.WRONG_KIND,
            f"`{included.name.text}` is for {included.kind} only",
            name.span,
            f"`{node.name.text}` is not",
            also=(Label(included.name.span, "declared here", primary=False),),
            help_=f"say `for {included.kind}` of `{node.name.text}` too",
        )
