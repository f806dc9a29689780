"""Third pass: expressions are looked up and typed.

`Expressions.condition` and `.value` turn an expression of the syntax tree into a checked one, or
into None with everything that is wrong with it reported. One mistake is reported once: what
depends on a broken part is not judged.
"""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.foundation.diagnostics import Code, Label
from policy_engine.foundation.source import Span
from policy_engine.language import checked as c
from policy_engine.language import codes, given
from policy_engine.language import tree as t
from policy_engine.language.comparisons import clash, compare
from policy_engine.language.report import Report
from policy_engine.language.scope import Scope, Signature
from policy_engine.language.type_rules import (
    article,
    assignable,
    is_number,
    is_text,
    joint,
    number_type,
)
from policy_engine.values.patterns import InvalidPattern, compiled
from policy_engine.values.types import (
    BOOLEAN,
    DECIMAL,
    INTEGER,
    TEXT,
    TIMESTAMP,
    Field,
    ListOf,
    Record,
    Union,
)

_LITERALS = {bool: BOOLEAN, str: TEXT, int: INTEGER}


class Expressions:
    """Checks the expressions of one policy set."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def condition(self, node: t.Expression, scope: Scope) -> c.Checked | None:
        """An expression that is true, false or unknown."""
        result = self.value(node, scope)
        if result is not None and result.type != BOOLEAN:
            self._refuse(
                codes.NOT_A_CONDITION,
                "a condition must be true or false",
                node.span,
                f"this is {article(result.type)}",
            )
            return None
        return result

    def conditions(
        self, nodes: list[tuple[t.Expression, bool]], scope: Scope
    ) -> list[c.Checked] | None:
        """Several conditions of one rule, each with the outcome it must have."""
        return _all([self.condition(node, inner) for node, inner in given.among(nodes, scope)])

    def value(self, node: t.Expression, scope: Scope) -> c.Checked | None:
        match node:
            case t.LiteralNode():
                type_ = _LITERALS.get(type(node.value))
                type_ = type_ or (TIMESTAMP if hasattr(node.value, "tzinfo") else DECIMAL)
                return c.Constant(node.value, type_, node.span)
            case t.PathNode():
                return self._path(node, scope)
            case t.ListNode():
                return self._list(node, scope)
            case t.CallNode():
                return self._call(node, scope)
            case t.JunctionNode():
                truth = node.word == "and"
                parts = self.conditions([(part, truth) for part in node.parts], scope)
                kind = c.Every if truth else c.Some
                return kind(tuple(parts), node.span) if parts else None
            case t.NotNode():
                operand = self.condition(node.operand, scope)
                return c.Not(operand, node.span) if operand else None
            case t.CompareNode():
                return self._compare(node, scope)
            case t.SumNode():
                return self._sum(node, scope)
            case t.ProductNode():
                return self._product(node, scope)
            case t.QuantifierNode():
                return self._quantifier(node, scope)
            case t.PredicateNode():
                return self._predicate(node, scope)
            case t.MatchNode():
                return self._match(node, scope)

    # Names

    def _path(self, node: t.PathNode, scope: Scope) -> c.Checked | None:
        first, *rest = node.names
        meanings = scope.meanings(first.text)
        if first.text == "input" or first.text in scope.attributes:
            return self._rooted(node, scope)
        if len(meanings) > 1:
            what = " and ".join(_MEANINGS[m] for m in meanings)
            help_ = f"write `input.{first.text}` for the input" if "input" in meanings else None
            self._refuse(
                codes.AMBIGUOUS,
                f"`{first.text}` is {what}",
                first.span,
                "which one is meant?",
                help_=help_ or "rename one of them",
            )
            return None
        if not meanings and first.text in scope.unchecked:
            self._refuse(
                codes.UNKNOWN_NAME,
                f"the validation does not look at `{first.text}`",
                first.span,
                "an input, but not among those it checks",
                help_=f"write `checks …, {first.text}`",
            )
            return None
        if not meanings:
            self._report.unknown(
                codes.UNKNOWN_NAME,
                "name",
                first,
                scope.names(),
                "nothing of this name is known here",
            )
            return None
        if meanings == ["define"]:
            return self._plain_define(node, first, rest, scope)
        if first.text in scope.uncommon:
            self._not_common(first)
            return None
        root: c.Root = meanings[0]  # type: ignore[assignment]
        tables = {"local": scope.locals, "input": scope.inputs, "fact": scope.facts}
        return self._walk(root, tables[root][first.text], (first.text,), rest, node, scope)

    def _rooted(self, node: t.PathNode, scope: Scope) -> c.Checked | None:
        """`input.x`, `context.x`, `agent.x`, `human.x`, `principal.x`."""
        first, *rest = node.names
        root: c.Root = first.text  # type: ignore[assignment]
        fields = scope.inputs if root == "input" else scope.attributes[root]
        if not rest:
            listed = " or ".join(f"`{root}.{name}`" for name in sorted(fields))
            title = f"`{root}` alone is no datum"
            self._refuse(codes.UNKNOWN_NAME, title, node.span, f"write {listed or 'its field'}")
            return None
        name, *rest = rest
        if root == "input" and name.text in scope.uncommon:
            self._not_common(name)
            return None
        if name.text not in fields:
            known = [(f, scope.places.get(f)) for f in fields]
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
    ) -> c.Read | None:
        """Down the fields of records; what may be absent must be known to be given."""
        secret = field.secret
        for name in [None, *rest]:
            if name is not None:
                if not isinstance(field.type, Record):
                    label = f"`{field.name}` is {article(field.type)}, without fields"
                    self._refuse(codes.UNKNOWN_FIELD, "only records have fields", name.span, label)
                    return None
                inner = field.type.field(name.text)
                if inner is None:
                    known = [(f.name, None) for f in field.type.fields]
                    label = f"the record {field.type} has no such field"
                    self._report.unknown(codes.UNKNOWN_FIELD, "field", name, known, label)
                    return None
                field, path, secret = inner, (*path, name.text), secret or inner.secret
            if field.optional and (root, path) not in scope.known:
                self._maybe_absent(node, path, root)
                return None
        return c.Read(root, path, field.type, secret, node.span)

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

    def _plain_define(
        self, node: t.PathNode, first: t.Name, rest: list[t.Name], scope: Scope
    ) -> c.Apply | None:
        signature = scope.defines[first.text]
        if rest:
            label = "a definition is used as a whole"
            self._refuse(codes.UNKNOWN_FIELD, "only records have fields", rest[0].span, label)
            return None
        return self._apply(first, (), signature, node.span)

    def _call(self, node: t.CallNode, scope: Scope) -> c.Apply | None:
        arguments = _all([self.value(argument, scope) for argument in node.arguments])
        signature = scope.defines.get(node.name.text)
        if signature is None:
            known = [(name, s.span) for name, s in scope.defines.items()]
            self._report.unknown(codes.UNKNOWN_DEFINE, "definition", node.name, known)
            return None
        if arguments is None:
            return None
        return self._apply(node.name, tuple(arguments), signature, node.span)

    def _apply(
        self, name: t.Name, arguments: tuple[c.Checked, ...], signature: Signature, span: Span
    ) -> c.Apply | None:

        wanted = signature.parameters
        if len(arguments) != len(wanted):
            self._refuse(
                codes.WRONG_ARGUMENTS,
                f"`{name.text}` takes {_counted(len(wanted), 'argument')}",
                span,
                f"{_counted(len(arguments), 'argument')} here",
                also=(Label(signature.span, "defined here", primary=False),),
            )
            return None
        for argument, (parameter, type_) in zip(arguments, wanted, strict=True):
            member = isinstance(type_, Union) and isinstance(argument, c.Constant)
            fits = member and argument.value in type_.members  # type: ignore[union-attr]
            if not fits and not assignable(argument.type, type_):
                self._refuse(
                    codes.WRONG_ARGUMENTS,
                    f"`{parameter}` of `{name.text}` must be {type_}",
                    argument.span,
                    f"this is {article(argument.type)}",
                    also=(Label(signature.span, "defined here", primary=False),),
                )
                return None
        if signature.type is None:
            return None
        return c.Apply(name.text, arguments, signature.type, span)

    # Operators

    def _compare(self, node: t.CompareNode, scope: Scope) -> c.Compare | None:
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        if left is None or right is None:
            return None
        return compare(node, left, right, self._report)

    def _list(self, node: t.ListNode, scope: Scope) -> c.Listing | None:
        if not node.items:
            self._refuse(codes.NOT_A_LIST, "an empty list holds nothing", node.span, "remove it")
            return None
        items = _all([self.value(item, scope) for item in node.items])
        if items is None:
            return None
        type_ = items[0].type
        for item in items[1:]:
            common = joint(type_, item.type)
            if common is None:
                title = "a list holds values of one type"
                clash(codes.INCOMPARABLE, title, item, items[0], self._report)
                return None
            type_ = common
        return c.Listing(tuple(items), ListOf(type_), node.span)

    def _sum(self, node: t.SumNode, scope: Scope) -> c.Checked | None:
        operands = _all([self.value(operand, scope) for _, operand in node.terms])
        if operands is None:
            return None
        if is_text(operands[0].type) and all(sign == "+" for sign, _ in node.terms):
            if self._each(operands, is_text, codes.NOT_A_TEXT, "only texts are joined to a text"):
                return c.Joined(tuple(operands), TEXT, node.span)
            return None
        if not self._each(operands, is_number, codes.NOT_A_NUMBER, "arithmetic needs numbers"):
            return None
        terms = zip((sign for sign, _ in node.terms), operands, strict=True)
        return c.Sum(tuple(terms), number_type(operands), node.span)

    def _product(self, node: t.ProductNode, scope: Scope) -> c.Product | None:
        factors = _all([self.value(factor, scope) for factor in node.factors])
        if factors is None or not self._each(
            factors, is_number, codes.NOT_A_NUMBER, "arithmetic needs numbers"
        ):
            return None
        return c.Product(tuple(factors), number_type(factors), node.span)

    def _quantifier(self, node: t.QuantifierNode, scope: Scope) -> c.Quantified | None:
        over = self.value(node.over, scope)
        name = node.variable.text
        if scope.meanings(name) or name in scope.attributes or name == "input":
            self._refuse(
                codes.RESERVED,
                f"`{name}` already means something here",
                node.variable.span,
                "choose another name for the item",
            )
            return None
        if over is None:
            return None
        if not isinstance(over.type, ListOf):
            label = f"this is {article(over.type)}"
            self._refuse(codes.NOT_A_LIST, f"`{node.word} … in` asks for a list", over.span, label)
            return None
        body = self.condition(node.body, scope.with_local(name, over.type.item))
        return c.Quantified(node.word, name, over, body, node.span) if body else None

    def _predicate(self, node: t.PredicateNode, scope: Scope) -> c.Checked | None:
        if node.word == "given":
            return self._given(node, scope)
        operand = self.value(node.operand, scope)
        if operand is None:
            return None
        if not isinstance(operand, c.Read):
            self._refuse(
                codes.NO_PROVENANCE,
                f"only data can be {node.word}",
                operand.span,
                "this is computed",
                help_="ask it of each datum by itself",
            )
            return None
        if operand.type == BOOLEAN or isinstance(operand.type, Union):
            label = f"this is {article(operand.type)}, which is never untrusted"
            self._refuse(codes.NO_PROVENANCE, "there is nothing to ask here", operand.span, label)
            return None
        return c.Provenance(node.word, operand, node.span)

    def _given(self, node: t.PredicateNode, scope: Scope) -> c.Given | None:
        path = node.operand
        key = scope.key(path) if isinstance(path, t.PathNode) else None
        if not isinstance(path, t.PathNode) or key is None:
            if not isinstance(path, t.PathNode) or self._path(path, scope) is not None:
                label = "not a datum"
                self._refuse(codes.NOT_OPTIONAL, "only data can be given", path.span, label)
            return None
        knowing = scope.knowing(frozenset({key}))
        read = self._path(path, knowing)
        if not isinstance(read, c.Read):
            return None
        unless_asked = self._is_optional(read, scope)
        if not unless_asked:
            label = "it is not optional"
            self._refuse(
                codes.NOT_OPTIONAL, f"`{path.span.text}` is always given", path.span, label
            )
            return None
        return c.Given(read, node.span)

    def _is_optional(self, read: c.Read, scope: Scope) -> bool:
        tables = {"local": scope.locals, "input": scope.inputs, "fact": scope.facts}
        fields = tables.get(read.root) or scope.attributes.get(read.root, {})
        first, *rest = read.path
        field = fields[first]
        for name in rest:
            assert isinstance(field.type, Record)
            inner = field.type.field(name)
            assert inner is not None
            field = inner
        return field.optional

    def _match(self, node: t.MatchNode, scope: Scope) -> c.Match | None:
        operand = self.value(node.operand, scope)
        try:
            compiled(node.pattern)
        except InvalidPattern as error:
            self._refuse(
                codes.BAD_PATTERN,
                "this pattern cannot be used",
                node.pattern_span,
                str(error),
                help_="patterns run in linear time: no back-references, no looking ahead or behind",
            )
            return None
        if operand is None or not self._each(
            [operand], is_text, codes.NOT_A_TEXT, "only a text can match a pattern"
        ):
            return None
        return c.Match(operand, node.pattern, node.span)

    def _each(self, operands: list[c.Checked], holds: object, code: Code, title: str) -> bool:
        assert callable(holds)
        for operand in operands:
            if not holds(operand.type):
                self._refuse(code, title, operand.span, f"this is {article(operand.type)}")
                return False
        return True

    def _refuse(
        self,
        code: Code,
        title: str,
        span: Span,
        label: str,
        *,
        also: tuple[Label, ...] = (),
        help_: str | None = None,
    ) -> None:
        self._report.add(code, title, span, label, also=also, help_=help_)


_MEANINGS = {
    "local": "a parameter or an item of a list",
    "input": "an input",
    "fact": "a fact",
    "define": "a definition",
}


def _all(parts: Sequence[c.Checked | None]) -> list[c.Checked] | None:
    present = [part for part in parts if part is not None]
    return present if len(present) == len(parts) else None


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
