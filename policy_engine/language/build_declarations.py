"""Builds what a policy declares: roles, types, tasks, facts, tables, definitions, frameworks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policy_engine.foundation.diagnostics import Label
from policy_engine.language import codes, literals, tree as t
from policy_engine.language.build_expressions import value_node
from policy_engine.language.building import (
    Building,
    Clause,
    Part,
    Refused,
    nodes,
    once,
    value_of,
)


class DeclarationBuilder(Building):
    """One method for each declaration of `policy.lark`."""

    def start(self, parts: Sequence[Part]) -> tuple[t.Statement, ...]:
        return tuple(parts)

    def policy(self, parts: Sequence[Part]) -> t.PolicyNode:
        _, name, title, *clauses = parts
        version, owner, zone = (
            once(clauses, kind, word)
            for kind, word in (("version", None), ("owner", None), ("zone", "times in"))
        )
        return t.PolicyNode(
            name,
            self.title(title),
            value_of(version),
            value_of(owner),
            t.Name(zone.value, zone.span) if zone else None,
            self.span(parts),
        )

    def dotted(self, parts: Sequence[Part]) -> t.Name:
        return t.Name("".join(parts), self.span(parts))

    name = dotted

    def names(self, parts: Sequence[Part]) -> tuple[t.Name, ...]:
        return tuple(parts[0::2])

    def labels(self, parts: Sequence[Part]) -> tuple[t.Name, ...]:
        return tuple(self.named(token) for token in parts[0::2])

    def title(self, token: Part | None) -> str | None:
        return None if token is None else literals.text(token, self.place(token))

    def version(self, parts: Sequence[Part]) -> Clause:
        return self._quoted("version", parts)

    def owner(self, parts: Sequence[Part]) -> Clause:
        return self._quoted("owner", parts)

    def zone(self, parts: Sequence[Part]) -> Clause:
        place = self.place(parts[1])
        return Clause("zone", literals.text(parts[1], place), place)

    def _quoted(self, kind: str, parts: Sequence[Part]) -> Clause:
        return Clause(kind, literals.text(parts[1], self.place(parts[1])), self.span(parts))

    def import_(self, parts: Sequence[Part]) -> t.ImportNode:
        _, name, _, alias = parts
        return t.ImportNode(name, alias and self.named(alias), self.span(parts))

    def role(self, parts: Sequence[Part]) -> t.RoleNode:
        _, name, title, _, includes, _, kind = parts
        word: Any = kind and str(kind)
        return t.RoleNode(
            self.named(name), self.title(title), includes or (), word, self.span(parts)
        )

    def attributes(self, parts: Sequence[Part]) -> t.AttributesNode:
        whose: Any = str(parts[0])
        return t.AttributesNode(whose, tuple(nodes(parts)), self.span(parts))

    def type_alias(self, parts: Sequence[Part]) -> t.AliasNode:
        return t.AliasNode(self.named(parts[1]), parts[3], self.span(parts))

    def record(self, parts: Sequence[Part]) -> t.RecordNode:
        _, name, title, *fields = parts
        return t.RecordNode(
            self.named(name), self.title(title), tuple(nodes(fields)), self.span(parts)
        )

    def field(self, parts: Sequence[Part]) -> t.FieldNode:
        name, optional, _, type_, secret = parts
        return t.FieldNode(
            self.named(name), type_, optional is not None, secret is not None, self.span(parts)
        )

    def union_type(self, parts: Sequence[Part]) -> t.UnionType:
        members = tuple(literals.text(token, self.place(token)) for token in parts[0::2])
        return t.UnionType(members, self.span(parts))

    def list_type(self, parts: Sequence[Part]) -> t.ListType:
        return self.deepen((parts[2],), t.ListType(parts[2], self.span(parts)))

    def set_type(self, parts: Sequence[Part]) -> t.SetType:
        return self.deepen((parts[2],), t.SetType(parts[2], self.span(parts)))

    def map_type(self, parts: Sequence[Part]) -> t.MapType:
        _, _, key, _, value = parts
        return self.deepen((value,), t.MapType(key, value, self.span(parts)))

    def named_type(self, parts: Sequence[Part]) -> t.NamedType:
        return t.NamedType(parts[0], parts[0].span)

    def task(self, parts: Sequence[Part]) -> t.TaskNode:
        _, name, title, *items = parts
        inputs = tuple(item for item in items if isinstance(item, t.FieldNode))
        outputs = tuple(item for item in items if isinstance(item, t.OutputNode))
        return t.TaskNode(self.named(name), self.title(title), inputs, outputs, self.span(parts))

    def input(self, parts: Sequence[Part]) -> t.FieldNode:
        return parts[1]  # type: ignore[no-any-return]

    def output(self, parts: Sequence[Part]) -> t.OutputNode:
        _, named, *clauses = parts
        trusted, untrusted = once(clauses, "trusted"), once(clauses, "untrusted")
        if trusted and untrusted:
            label = Label(untrusted.span, "the other one stands here too")
            raise Refused(codes.TWICE_IN_STATEMENT, "an output is trusted or it is not", label)
        name, type_ = named or (None, None)
        return t.OutputNode(
            name,
            type_,
            trusted is not None,
            value_of(trusted),
            tuple(clause.value for clause in clauses if clause.kind == "labelled"),
            once(clauses, "new") is not None,
            self.span(parts),
        )

    def named_output(self, parts: Sequence[Part]) -> tuple[t.Name, t.TypeNode]:
        return self.named(parts[0]), parts[2]

    def trusted(self, parts: Sequence[Part]) -> Clause:
        return Clause("trusted", parts[1], self.span(parts))

    def untrusted(self, parts: Sequence[Part]) -> Clause:
        return Clause("untrusted", None, self.span(parts))

    def labelled(self, parts: Sequence[Part]) -> Clause:
        return Clause("labelled", self.named(parts[1]), self.span(parts))

    def new(self, parts: Sequence[Part]) -> Clause:
        return Clause("new", None, self.span(parts))

    def about(self, parts: Sequence[Part]) -> t.AboutNode:
        _, tasks, _, *clauses, _ = parts
        owner, priority = once(clauses, "owner"), once(clauses, "priority")
        exclusive = once(clauses, "exclusive", "exclusive per")
        asked = [word for clause in clauses if clause.kind == "asked_for" for word in clause.value]
        return t.AboutNode(
            tasks,
            tuple(tag for clause in clauses if clause.kind == "tags" for tag in clause.value),
            (owner.value, owner.span) if owner else None,
            exclusive.value if exclusive else (),
            (priority.value, priority.span) if priority else None,
            tuple(asked),
            once(clauses, "without_effect", "failure has no effect") is not None,
            once(clauses, "retried", "may be retried") is not None,
            self.span(parts),
        )

    def tags(self, parts: Sequence[Part]) -> Clause:
        return Clause("tags", parts[1], self.span(parts))

    def exclusive(self, parts: Sequence[Part]) -> Clause:
        return Clause("exclusive", parts[1], self.span(parts))

    def priority(self, parts: Sequence[Part]) -> Clause:
        place = self.place(parts[1])
        return Clause("priority", literals.whole(parts[1], place, "a priority"), place)

    def asked_for(self, parts: Sequence[Part]) -> Clause:
        words = tuple(literals.text(token, self.place(token)) for token in parts[1::2])
        return Clause("asked_for", words, self.span(parts))

    def without_effect(self, parts: Sequence[Part]) -> Clause:
        return Clause("without_effect", None, self.span(parts))

    def retried(self, parts: Sequence[Part]) -> Clause:
        return Clause("retried", None, self.span(parts))

    def fact(self, parts: Sequence[Part]) -> t.FactNode:
        _, name, _, type_, source, may_drift = parts
        task, arguments = source.value if source else (None, ())
        return t.FactNode(
            self.named(name), type_, task, arguments, may_drift is not None, self.span(parts)
        )

    def source(self, parts: Sequence[Part]) -> Clause:
        task, *arguments = nodes(parts)
        return Clause("source", (task, tuple(arguments)), self.span(parts))

    def table(self, parts: Sequence[Part]) -> t.TableNode:
        found = nodes(parts[2:])
        rows = tuple(node for node in found if isinstance(node, t.RowNode))
        parameters = tuple(node for node in found if isinstance(node, t.ParameterNode))
        type_ = found[len(parameters)]
        return t.TableNode(self.named(parts[1]), parameters, type_, rows, self.span(parts))

    def row(self, parts: Sequence[Part]) -> t.RowNode:
        *cells, value = nodes(parts)
        span = self.span(parts[:-1])
        if any(cell.kind == "otherwise" for cell in cells):
            if len(cells) > 1:
                label = Label(cells[0].span, "`otherwise` is a whole row")
                raise Refused(codes.UNEXPECTED, "`otherwise` stands alone in its row", label)
            return t.RowNode((), value_node(value), span)
        read = tuple(
            t.Cell(None if cell.kind == "any" else cell.value, cell.span) for cell in cells
        )
        return t.RowNode(read, value_node(value), span)

    def cell(self, parts: Sequence[Part]) -> Clause:
        return Clause("value", parts[0].value, parts[0].span)

    def any_value(self, parts: Sequence[Part]) -> Clause:
        return Clause("any", None, self.place(parts[0]))

    def other_value(self, parts: Sequence[Part]) -> Clause:
        return Clause("otherwise", None, self.place(parts[0]))

    def define(self, parts: Sequence[Part]) -> t.DefineNode:
        _, name, parameters, type_, _, body = parts
        said = (self.named(name), parameters or (), body, self.span(parts))
        return t.DefineNode(*said) if type_ is None else t.TypedDefineNode(*said, type_)

    def stated(self, parts: Sequence[Part]) -> t.TypeNode:
        return parts[1]  # type: ignore[no-any-return]

    def parameters(self, parts: Sequence[Part]) -> tuple[t.ParameterNode, ...]:
        return tuple(nodes(parts))

    def parameter(self, parts: Sequence[Part]) -> t.ParameterNode:
        return t.ParameterNode(self.named(parts[0]), parts[2], self.span(parts))

    def framework(self, parts: Sequence[Part]) -> t.FrameworkNode:
        _, name, title, *controls = parts
        return t.FrameworkNode(
            self.named(name), self.title(title), tuple(nodes(controls)), self.span(parts)
        )

    def control(self, parts: Sequence[Part]) -> tuple[t.Name, str]:
        return self.named(parts[0]), literals.text(parts[1], self.place(parts[1]))

    def validation(self, parts: Sequence[Part]) -> t.ValidationNode:
        _, name, title, _, checks, how = parts
        known = {how.kind: how.value}
        return t.ValidationNode(
            self.named(name),
            self.title(title),
            checks,
            known.get("schema"),
            known.get("function"),
            how.span if how.kind != "condition" else None,
            known.get("condition"),
            self.span(parts),
        )

    def against(self, parts: Sequence[Part]) -> Clause:
        place = self.place(parts[1])
        return Clause("schema", literals.text(parts[1], place), place)

    def checked_with(self, parts: Sequence[Part]) -> Clause:
        place = self.place(parts[1])
        return Clause("function", literals.text(parts[1], place), place)

    def checked_that(self, parts: Sequence[Part]) -> Clause:
        return Clause("condition", parts[1], parts[1].span)
