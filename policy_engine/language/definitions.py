"""Fourth pass: roles, attributes, facts and definitions. Finds cycles and unknown names in them."""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.foundation.diagnostics import Label
from policy_engine.foundation.source import Span
from policy_engine.language import checked as c, codes, tree as t
from policy_engine.language.comparisons import stated
from policy_engine.language.costs import refuse_large
from policy_engine.language.cycles import Cycles
from policy_engine.language.declare import RESERVED, Declarations
from policy_engine.language.digests import first_names
from policy_engine.language.expressions import Expressions
from policy_engine.language.policy import Define, Kind, Role
from policy_engine.language.report import Report
from policy_engine.language.resolve_types import Types
from policy_engine.language.scope import ID, Feature, Scope, Signature
from policy_engine.language.walk import all_of
from policy_engine.values.types import Field, Type

KINDS: Mapping[str, Kind] = {"humans": "human", "agents": "agent"}
_DEEPEST = 50


def roles(found: Declarations, report: Report) -> dict[str, Role]:
    """Roles with what they include; a role that includes itself is refused."""
    result: dict[str, Role] = {}
    cycles = Cycles({name: _included(found, node) for name, node in found.roles.items()})
    for name, node in found.roles.items():
        includes = []
        for written in node.includes:
            included = found.role(written, report)
            if included is None:
                continue
            includes.append(included.name.text)
            if cycles.closes(name, included.name.text):
                title = f"the role `{name}` includes itself"
                report.add(codes.CYCLE, title, written.span, "by including this")
            else:
                _refuse_mixed_kinds(node, included, written, report)
        kind = KINDS[node.kind] if node.kind else None
        result[name] = Role(name, node.title, tuple(includes), kind, node.name.span)
    return result


def attributes(found: Declarations, types: Types, report: Report) -> dict[str, dict[str, Field]]:
    """What is known of those who act, of the context and of the session, by root."""
    result = {
        root: {
            f.name: f
            for f in types.fields(found.attributes.get(plural, []), "attribute", shared=True)
        }
        for root, plural in (
            ("agent", "agents"),
            ("human", "humans"),
            ("context", "context"),
            ("session", "session"),
        )
    }
    for root, plural in (("agent", "agents"), ("human", "humans")):
        for attribute in found.attributes.get(plural, []):
            if attribute.name.text == ID.name:
                title = "`id` is every principal's own"
                report.add(codes.RESERVED, title, attribute.name.span, "choose another name")
        result[root][ID.name] = ID
    result["principal"] = {ID.name: ID}
    return result


def places(found: Declarations) -> dict[str, Span]:
    """Where what can be read in conditions is declared."""
    result: dict[str, Span] = {}
    for table in (found.facts, found.defines, found.tables):
        result.update({name: node.name.span for name, node in table.items()})
    for name, type_ in found.types.items():
        if isinstance(type_, t.RecordNode):
            result.update({f"{name}.{f.name.text}": f.name.span for f in type_.fields})
    for plural, root in (("agents", "agent"), ("humans", "human")):
        for field in found.attributes.get(plural, []):
            result[f"{root}.{field.name.text}"] = field.name.span
    for root in ("context", "session"):
        for field in found.attributes.get(root, []):
            result[f"{root}.{field.name.text}"] = field.name.span
    return result


class Definitions:
    """Checks definitions in the order in which they rest on each other; cycles are refused."""

    def __init__(
        self,
        found: Declarations,
        scope: Scope,
        types: Types,
        expressions: Expressions,
        report: Report,
    ) -> None:
        self._found = found
        self._scope = scope
        self._types = types
        self._expressions = expressions
        self._report = report
        self.done: dict[str, Define] = {}
        self._uses: dict[str, list[str]] = {}
        self._depths: dict[str, int] = {}
        self.signatures: dict[str, Signature] = dict(scope.defines)

    def check(self) -> None:
        for name in self._in_order():
            self._define(self._found.defines[name])

    def _in_order(self) -> list[str]:
        """Each definition after those that it rests on; what rests on itself is refused."""
        order: list[str] = []
        done: set[str] = set()
        for start in self._found.defines:
            open_: dict[str, list[str]] = {}
            if start not in done:
                open_[start] = self._below(start)
            while open_:
                name, waiting = next(reversed(open_.items()))
                if not waiting:
                    order.append(name)
                    done.add(name)
                    open_.popitem()
                    continue
                used = waiting.pop()
                if used in open_:
                    self._refuse_cycle(name, used, list(open_))
                elif used not in done:
                    open_[used] = self._below(used)
        return order

    def _below(self, name: str) -> list[str]:
        """The definitions that one rests on, the last one by name first."""
        names = first_names(self._found.defines[name].body, self._found.names)
        self._uses[name] = sorted(names & self._found.defines.keys(), reverse=True)
        return list(self._uses[name])

    def _refuse_cycle(self, name: str, used: str, open_: list[str]) -> None:
        chain = " → ".join([*open_[open_.index(used) :], used])
        title = f"the definition `{used}` rests on itself"
        self._report.add(codes.CYCLE, title, self._found.defines[name].name.span, chain)
        self._report.ignore(used)

    def _define(self, node: t.DefineNode) -> None:
        name = node.name.text
        depths = (self._depths.get(used, 0) for used in self._uses[name])
        self._depths[name] = 1 + max(depths, default=0)
        if self._depths[name] > _DEEPEST:
            self._too_deep(node)
            return
        parameters = parameters_of(node.parameters, self._types, self._report)
        inner = Scope(
            world=self._scope.world,
            defines=self.signatures,
            locals={p: Field(p, type_) for p, type_ in parameters},
            closed={"the request asks for": "a definition could stand where it widens"},
        )
        body, type_ = self._typed(node, self._expressions.value(node.body, inner))
        uses = features(body, self.signatures) if body else frozenset[Feature]()
        self.signatures[name] = Signature(parameters, type_, node.name.span, uses)
        if body is not None:
            if refuse_large(body, self.done, self._report):
                self._ignore(node)
                return
            self.done[name] = Define(name, parameters, body, node.name.span)

    def _typed(
        self, node: t.DefineNode, body: c.Checked | None
    ) -> tuple[c.Checked | None, Type | None]:
        """The body and its type: the one that the definition says, if it says one."""
        if not isinstance(node, t.TypedDefineNode):
            return body, body.type if body else None
        type_ = self._types.resolve(node.type)
        if body is None or type_ is None:
            return None, None
        body = stated(body, type_, self._report)
        return body, type_ if body else None

    def _too_deep(self, node: t.DefineNode) -> None:
        title = f"definitions rest on each other more than {_DEEPEST} deep"
        self._report.add(codes.TOO_DEEP, title, node.name.span, "this one does")
        self._ignore(node)

    def _ignore(self, node: t.DefineNode) -> None:
        """What rests on this one is not judged."""
        self._report.ignore(node.name.text)
        self.signatures[node.name.text] = Signature((), None, node.name.span)


def parameters_of(
    nodes: tuple[t.ParameterNode, ...], types: Types, report: Report
) -> tuple[tuple[str, Type], ...]:
    """Parameters of a definition or table, each with its type."""
    result: dict[str, Type] = {}
    for parameter in nodes:
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


def features(body: c.Checked, signatures: Mapping[str, Signature]) -> frozenset[Feature]:
    """What a checked expression rests on besides the action itself."""
    found: set[Feature] = set()
    for node in all_of(body):
        match node:
            case c.Read(root="fact"):
                found.add("facts")
            case c.Read(root="session") | c.Seen():
                found.add("session")
            case c.Provenance() | c.Origin():
                found.add("provenance")
            case c.AskedFor():
                found.add("the request asks for")
            case c.Happened() | c.PastTally() | c.NoneSince():
                found.add("past")
            case c.Apply(define=name):
                found |= signatures[name].uses
    return frozenset(found)


def _included(found: Declarations, node: t.RoleNode) -> list[str]:
    there = (found.find(found.roles, name) for name in node.includes)
    return [included.name.text for included in there if included]


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
