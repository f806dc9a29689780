"""Names in expressions: data by path, definitions and tables by name."""

from __future__ import annotations

from policy_engine.foundation.diagnostics import Code, Label
from policy_engine.foundation.source import Span
from policy_engine.language import checked as c, codes, tree as t
from policy_engine.language.checking import Checking, counted, every
from policy_engine.language.comparisons import converted
from policy_engine.language.habits import of_name
from policy_engine.language.scope import SELF, Scope, Signature
from policy_engine.language.type_rules import article, assignable
from policy_engine.values.parts import PARTS
from policy_engine.values.types import PRINCIPAL, Field, Record, Scalar, Type, Union


class NameChecks(Checking):
    """Paths, calls, parts."""

    def _path(self, node: t.PathNode, scope: Scope) -> c.Checked | None:
        first, *rest = node.names
        meanings = scope.meanings(first.text)
        if scope.is_root(first.text):
            return self._rooted(node, scope)
        if not meanings:
            return self._without_meaning(node, scope)
        if len(meanings) > 1:
            self._ambiguous(first, meanings)
            return None
        if meanings == ["define"]:
            return self._plain_define(first, rest, node.span, scope)
        if first.text in scope.uncommon:
            self._not_common(first)
            return None
        root: c.Root = meanings[0]  # type: ignore[assignment]
        if root == "fact" and not self._fact_is_open(first, scope):
            return None
        return self._walk(root, scope.fields(root)[first.text], (first.text,), rest, node, scope)

    def _without_meaning(self, node: t.PathNode, scope: Scope) -> c.Checked | None:
        first, *rest = node.names
        if first.text == "now" and not rest:
            return c.Now(node.span)
        if first.text == "today" and not rest:
            zone = self._zone(node.span, scope)
            return c.Today(zone, node.span) if zone else None
        if rest and scope.world.names.imported(first.text, first.span) is not None:
            return self._through_import(node, scope)
        if first.text in scope.unchecked:
            self._refuse(
                codes.UNKNOWN_NAME,
                f"the validation does not look at `{first.text}`",
                first.span,
                "an input, but not among those it checks",
                help_=f"write `checks …, {first.text}`",
            )
            return None
        label = "nothing of this name is known here"
        self._report.unknown(codes.UNKNOWN_NAME, "name", first, scope.names(), label)
        return None

    def _through_import(self, node: t.PathNode, scope: Scope) -> c.Checked | None:
        """`mail.ceiling`, `shop.order.total`."""
        alias, name, *rest = node.names
        there = scope.world.names.imported(alias.text, alias.span)
        place = scope.world.places.get(name.text)
        if place is None or place.source.name != there:
            known = ((n, p) for n, p in scope.world.places.items() if p.source.name == there)
            label = f"`{alias.text}` has no such fact or definition"
            self._report.unknown(codes.UNKNOWN_NAME, "name", name, known, label)
            return None
        if name.text in scope.defines:
            whole = t.Name(name.text, alias.span.to(name.span))
            return self._plain_define(whole, rest, node.span, scope)
        if not self._allowed("facts", scope, node.span):
            return None
        field = scope.world.facts[name.text]
        return self._walk("fact", field, (name.text,), rest, node, scope)

    def _fact_is_open(self, name: t.Name, scope: Scope) -> bool:
        place = scope.world.places.get(name.text)
        if place is not None and not scope.world.names.sees(name.span, place):
            self._of_another(codes.UNKNOWN_NAME, "name", name)
            return False
        return self._allowed("facts", scope, name.span)

    def _of_another(self, code: Code, what: str, name: t.Name) -> None:
        if not self._report.ignores(name.text):
            label = "it belongs to another policy; write it with the name of its import"
            self._refuse(code, f"unknown {what} `{name.text}`", name.span, label)

    def _ambiguous(self, name: t.Name, meanings: list[str]) -> None:
        what = " and ".join(_MEANINGS[m] for m in meanings)
        help_ = f"write `input.{name.text}` for the input" if "input" in meanings else None
        self._refuse(
            codes.AMBIGUOUS,
            f"`{name.text}` is {what}",
            name.span,
            "which one is meant?",
            help_=help_ or "rename one of them",
        )

    def _rooted(self, node: t.PathNode, scope: Scope) -> c.Checked | None:
        """`input.x`, `past.x`, `context.x`, `session.x`, `agent.x`, `human.x`, `principal`."""
        first, *rest = node.names
        root: c.Root = first.text  # type: ignore[assignment]
        if root == "past" and scope.past is None:
            self._refuse(
                codes.UNKNOWN_NAME,
                "there is no past action here",
                first.span,
                "`past` belongs into the `where` of a question about the past",
            )
            return None
        if root == "session" and not self._allowed("session", scope, node.span):
            return None
        if root == "principal" and not rest:
            return c.Read(root, (SELF.name,), PRINCIPAL, False, node.span)
        fields = scope.fields(root)
        if not rest:
            listed = " or ".join(f"`{root}.{name}`" for name in sorted(fields))
            title = f"`{root}` alone is no datum"
            self._refuse(codes.UNKNOWN_NAME, title, node.span, f"write {listed or 'its field'}")
            return None
        name, *rest = rest
        if root == "input" and name.text in scope.uncommon:
            self._not_common(name)
            return None
        if root == "past" and scope.past and name.text in scope.past.doubled:
            title = f"`past.{name.text}` is an input and the output"
            self._refuse(codes.AMBIGUOUS, title, name.span, "which one is meant?")
            return None
        if name.text not in fields:
            places = scope.input_places if root == "input" else scope.world.places
            known = ((f, places.get(f if root == "input" else f"{root}.{f}")) for f in fields)
            label = f"`{root}` has no such field"
            self._report.unknown(codes.UNKNOWN_FIELD, "field", name, known, label)
            return None
        return self._walk(root, fields[name.text], (name.text,), rest, node, scope)

    def _walk(
        self,
        root: c.Root,
        field: Field,
        path: tuple[str, ...],
        rest: list[t.Name],
        node: t.PathNode,
        scope: Scope,
    ) -> c.Checked | None:
        """Down a path, step by step; what may be absent on the way must be known to be given."""
        secret = field.secret
        if field.optional and (root, path) not in scope.known:
            self._maybe_absent(node, path, root)
            return None
        for number, name in enumerate(rest):
            if isinstance(field.type, Scalar) and field.type in PARTS:
                span = node.names[-len(rest) + number - 1].span
                read = c.Read(root, path, field.type, secret, node.names[0].span.to(span))
                return self._parts(read, rest[number:], secret, scope)
            inner = self._field_of(field, name, scope)
            if inner is None:
                return None
            field, path, secret = inner, (*path, name.text), secret or inner.secret
            if field.optional and (root, path) not in scope.known:
                self._maybe_absent(node, path, root)
                return None
        return c.Read(root, path, field.type, secret, node.span)

    def _field_of(self, field: Field, name: t.Name, scope: Scope) -> Field | None:
        """The field of a record, or None with the reason reported."""
        if not isinstance(field.type, Record):
            label = f"`{field.name}` is {article(field.type)}, without fields"
            title, help_ = "only records have fields", of_name(name.text)
            self._refuse(codes.UNKNOWN_FIELD, title, name.span, label, help_=help_)
            return None
        inner = field.type.field(name.text)
        if inner is None:
            record = field.type
            places = scope.world.places
            known = ((f.name, places.get(f"{record.name}.{f.name}")) for f in record.fields)
            label = f"the record {record} has no such field"
            self._report.unknown(codes.UNKNOWN_FIELD, "field", name, known, label)
        return inner

    def _parts(
        self, operand: c.Checked, names: list[t.Name], secret: bool, scope: Scope
    ) -> c.Checked | None:
        """Parts of what is computed, one after the other."""
        for name in names:
            type_ = operand.type
            optional = False
            if isinstance(type_, Scalar) and type_ in PARTS:
                found = PARTS[type_].get(name.text)
                if found is None:
                    known = ((part, None) for part in PARTS[type_])
                    label = f"{article(type_)} has no such part"
                    self._report.unknown(codes.UNKNOWN_FIELD, "part", name, known, label)
                    return None
            else:
                field = self._field_of(Field("this", type_), name, scope)
                if field is None:
                    return None
                found, optional, secret = field.type, field.optional, secret or field.secret
            if optional:
                title = f"`{name.text}` may be absent here"
                help_ = "ask for it inside a quantifier: `some x in … has (x.… is given and …)`"
                self._refuse(codes.MAYBE_ABSENT, title, name.span, "it is optional", help_=help_)
                return None
            operand = c.Part(operand, name.text, found, secret, operand.span.to(name.span))
        return operand

    def _part(self, node: t.PartNode, scope: Scope) -> c.Checked | None:
        names: list[t.Name] = []
        inner: t.Expression = node
        while isinstance(inner, t.PartNode):
            names.insert(0, inner.name)
            inner = inner.operand
        operand = self.value(inner, scope)
        return None if operand is None else self._parts(operand, names, False, scope)

    def _maybe_absent(self, node: t.PathNode, path: tuple[str, ...], root: c.Root) -> None:
        shown = ".".join(path if root in ("input", "fact", "local") else (root, *path))
        self._refuse(
            codes.MAYBE_ABSENT,
            f"`{shown}` may be absent here",
            node.span,
            "it is optional",
            help_=f"say which: `{shown} is given and …` or `{shown} is not given or …`",
        )

    def _not_common(self, name: t.Name) -> None:
        self._refuse(
            codes.NOT_COMMON,
            f"not every task of this rule has the input `{name.text}`",
            name.span,
            "missing, or of another type, in some of them",
            help_="write a rule for each kind of task",
        )

    # Definitions and tables

    def _plain_define(
        self, name: t.Name, rest: list[t.Name], span: Span, scope: Scope
    ) -> c.Checked | None:
        applied = self._apply(
            name, (), scope.defines[name.text], name.span if rest else span, scope
        )
        return self._parts(applied, rest, False, scope) if applied is not None else None

    def _call(self, node: t.CallNode, scope: Scope) -> c.Checked | None:
        arguments = every([self.value(argument, scope) for argument in node.arguments])
        alias, dot, rest = node.name.text.rpartition(".")
        signature = scope.defines.get(rest)
        there = scope.world.names.imported(alias, node.name.span) if dot else None
        if signature is not None and dot and signature.span.source.name != there:
            signature = None
        if signature is None:
            known = ((name, s.span) for name, s in scope.defines.items())
            self._report.unknown(codes.UNKNOWN_DEFINE, "definition", node.name, known)
            return None
        if arguments is None:
            return None
        name = t.Name(rest, node.name.span)
        return self._apply(name, tuple(arguments), signature, node.span, scope)

    def _apply(
        self,
        name: t.Name,
        arguments: tuple[c.Checked, ...],
        signature: Signature,
        span: Span,
        scope: Scope,
    ) -> c.Apply | c.Lookup | None:
        is_bare = "." not in name.span.text
        if is_bare and not scope.world.names.sees(name.span, signature.span):
            self._of_another(codes.UNKNOWN_DEFINE, "definition", name)
            return None
        if signature.type is None:
            return None
        if not all(self._allowed(feature, scope, span) for feature in sorted(signature.uses)):
            return None
        wanted = signature.parameters
        if len(arguments) != len(wanted):
            self._refuse(
                codes.WRONG_ARGUMENTS,
                f"`{name.text}` takes {counted(len(wanted), 'argument')}",
                span,
                f"{counted(len(arguments), 'argument')} here",
                also=(Label(signature.span, "defined here", primary=False),),
            )
            return None
        fitted = every(
            [
                self._argument(argument, name, parameter, signature)
                for argument, parameter in zip(arguments, wanted, strict=True)
            ]
        )
        if fitted is None:
            return None
        kind = c.Lookup if signature.is_table else c.Apply
        return kind(name.text, tuple(fitted), signature.type, span)

    def _argument(
        self,
        argument: c.Checked,
        name: t.Name,
        parameter: tuple[str, Type],
        signature: Signature,
    ) -> c.Checked | None:
        wanted, type_ = parameter
        argument = converted(argument, type_, self._report) or argument
        member = isinstance(type_, Union) and isinstance(argument, c.Constant)
        fits = member and argument.value in type_.members  # type: ignore[union-attr]
        if fits or assignable(argument.type, type_):
            return argument
        self._refuse(
            codes.WRONG_ARGUMENTS,
            f"`{wanted}` of `{name.text}` must be {type_}",
            argument.span,
            f"this is {article(argument.type)}",
            also=(Label(signature.span, "defined here", primary=False),),
        )
        return None


_MEANINGS = {
    "local": "a parameter or an item of a list",
    "input": "an input",
    "fact": "a fact",
    "define": "a definition",
}
