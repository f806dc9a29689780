"""What the parser read, as a syntax tree: one method for each rule of the grammar.

A method gets the span of what was read and its parts, in the order of the grammar: words that the
grammar keeps (`Word`), nodes built before, and None for what may be left out and was. It refuses
what the grammar lets through only to be explained: mixed `and` and `or`, nesting beyond
`DEEPEST`, broken escapes, numbers and dates that are none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, NoReturn, TypeVar

from policy_engine.foundation.diagnostics import Code, Diagnostic, Label
from policy_engine.foundation.source import Span
from policy_engine.language import codes
from policy_engine.language import tree as t
from policy_engine.values import numbers
from policy_engine.values.conform import timestamp

DEEPEST = 100

_T = TypeVar("_T")

Part = Any
"""A word, a node or None: what it is, the grammar says, rule by rule."""


class Word(NamedTuple):
    """A terminal of the grammar, as it stood in the text."""

    kind: str
    text: str
    span: Span


class Clause(NamedTuple):
    """A part of a statement on its way into it."""

    kind: str
    value: Any
    span: Span


class Refused(Exception):
    """The text is grammatical and still wrong."""

    def __init__(self, code: Code, title: str, label: Label, help_: str | None = None) -> None:
        super().__init__(title)
        self.diagnostic = Diagnostic(code, title, (label,), help=help_)


class Builder:
    """Builds the tree of one text; `statements` of `start` is the result."""

    def __init__(self) -> None:
        self._depths: dict[int, int] = {}
        self._kept: list[object] = []

    def start(self, span: Span, parts: Sequence[Part]) -> tuple[t.Statement, ...]:
        return tuple(parts)

    # Statements

    def policy(self, span: Span, parts: Sequence[Part]) -> t.PolicyNode:
        _, name, title, *clauses = parts
        version, owner = _once(clauses, "version"), _once(clauses, "owner")
        return t.PolicyNode(name, title, version and version.value, owner and owner.value, span)

    def dotted(self, span: Span, parts: Sequence[Part]) -> t.Name:
        return t.Name(".".join(word.text for word in parts), span)

    def title(self, span: Span, parts: Sequence[Part]) -> str:
        return _unquoted(parts[0])

    def version(self, span: Span, parts: Sequence[Part]) -> Clause:
        return Clause("version", _unquoted(parts[0]), span)

    def owner(self, span: Span, parts: Sequence[Part]) -> Clause:
        return Clause("owner", _unquoted(parts[0]), span)

    def role(self, span: Span, parts: Sequence[Part]) -> t.RoleNode:
        _, name, title, includes, kind = parts
        return t.RoleNode(_name(name), title, includes or (), kind and kind.text, span)

    def attributes(self, span: Span, parts: Sequence[Part]) -> t.AttributesNode:
        whose, *fields = parts
        return t.AttributesNode(whose.text, _present(fields), span)

    def type_alias(self, span: Span, parts: Sequence[Part]) -> t.AliasNode:
        _, name, type_ = parts
        return t.AliasNode(_name(name), type_, span)

    def record(self, span: Span, parts: Sequence[Part]) -> t.RecordNode:
        _, name, title, *fields = parts
        return t.RecordNode(_name(name), title, _present(fields), span)

    def field(self, span: Span, parts: Sequence[Part]) -> t.FieldNode:
        name, optional, type_, secret = parts
        return t.FieldNode(_name(name), type_, bool(optional), bool(secret), span)

    def union_type(self, span: Span, parts: Sequence[Part]) -> t.UnionType:
        return t.UnionType(tuple(_unquoted(word) for word in parts), span)

    def list_type(self, span: Span, parts: Sequence[Part]) -> t.ListType:
        self._deepen(span, parts[0], into=(node := t.ListType(parts[0], span)))
        return node

    def named_type(self, span: Span, parts: Sequence[Part]) -> t.NamedType:
        return t.NamedType(_name(parts[0]), span)

    def task(self, span: Span, parts: Sequence[Part]) -> t.TaskNode:
        _, name, title, *items = parts
        inputs = tuple(item for item in items if isinstance(item, t.FieldNode))
        outputs = tuple(item for item in items if isinstance(item, t.OutputNode))
        return t.TaskNode(_name(name), title, inputs, outputs, span)

    def input(self, span: Span, parts: Sequence[Part]) -> t.FieldNode:
        return parts[0]  # type: ignore[no-any-return]

    def output(self, span: Span, parts: Sequence[Part]) -> t.OutputNode:
        _, named, trust = parts
        trusted = isinstance(trust, Clause)
        return t.OutputNode(
            named and named[0], named and named[1], trusted, trust.value if trusted else None, span
        )

    def named_output(self, span: Span, parts: Sequence[Part]) -> tuple[t.Name, t.TypeNode]:
        return _name(parts[0]), parts[1]

    def trusted(self, span: Span, parts: Sequence[Part]) -> Clause:
        return Clause("trusted", parts[1] if len(parts) > 1 else None, span)

    def about(self, span: Span, parts: Sequence[Part]) -> t.AboutNode:
        _, tasks, *clauses = parts
        tags = [tag for clause in clauses if clause.kind == "tags" for tag in clause.value]
        owners = [(c.value, c.span) for c in clauses if c.kind == "owner"]
        _once(clauses, "owner")
        return t.AboutNode(tasks, tuple(tags), tuple(owners), span)

    def tags(self, span: Span, parts: Sequence[Part]) -> Clause:
        return Clause("tags", parts[0], span)

    def fact(self, span: Span, parts: Sequence[Part]) -> t.FactNode:
        _, name, type_ = parts
        return t.FactNode(_name(name), type_, span)

    def define(self, span: Span, parts: Sequence[Part]) -> t.DefineNode:
        _, name, parameters, body = parts
        return t.DefineNode(_name(name), parameters or (), body, span)

    def parameters(self, span: Span, parts: Sequence[Part]) -> tuple[t.ParameterNode, ...]:
        return tuple(parts)

    def parameter(self, span: Span, parts: Sequence[Part]) -> t.ParameterNode:
        return t.ParameterNode(_name(parts[0]), parts[1], span)

    def rule(self, span: Span, parts: Sequence[Part]) -> t.RuleNode:
        _, name, title, effect, *conditions = parts
        return t.RuleNode(_name(name), title, effect, tuple(conditions), span)

    def permit(self, span: Span, parts: Sequence[Part]) -> t.GrantNode:
        _, subjects, targets = parts
        return t.GrantNode("permit", _subjects(subjects), _targets(targets), span)

    def forbid(self, span: Span, parts: Sequence[Part]) -> t.GrantNode:
        _, subjects, targets = parts
        return t.GrantNode("forbid", _subjects(subjects), _targets(targets), span)

    def only_when(self, span: Span, parts: Sequence[Part]) -> t.OnlyWhenNode:
        targets, _, condition = parts
        return t.OnlyWhenNode(_targets(targets), condition, span)

    def require(self, span: Span, parts: Sequence[Part]) -> t.RequireNode:
        _, validations, targets = parts
        return t.RequireNode(validations, _targets(targets), span)

    def escalate(self, span: Span, parts: Sequence[Part]) -> t.EscalateNode:
        _, targets, quorum, role = parts
        number = self.number(quorum.span, [quorum]).value if quorum else 1
        place = quorum.span if quorum else role.span
        if not isinstance(number, int) or number < 1:
            title = f"a quorum of {number} is not a number of people"
            raise Refused(codes.BAD_QUORUM, title, Label(place, "a whole number, at least 1"))
        return t.EscalateNode(_targets(targets), number, place, _name(role), span)

    def any_subject(self, span: Span, parts: Sequence[Part]) -> t.Subjects:
        return t.Subjects((), parts[0].text, span)

    def any_task(self, span: Span, parts: Sequence[Part]) -> t.Targets:
        return t.Targets((), None, span)

    def tagged(self, span: Span, parts: Sequence[Part]) -> t.Targets:
        return t.Targets((), _name(parts[0]), span)

    def when(self, span: Span, parts: Sequence[Part]) -> t.ConditionNode:
        return t.ConditionNode("when", parts[0], span)

    def unless(self, span: Span, parts: Sequence[Part]) -> t.ConditionNode:
        return t.ConditionNode("unless", parts[0], span)

    def validation(self, span: Span, parts: Sequence[Part]) -> t.ValidationNode:
        _, name, title, checks, test = parts
        against = test if isinstance(test, Clause) else None
        return t.ValidationNode(
            _name(name),
            title,
            checks,
            against and against.value,
            against and against.span,
            None if against else test,
            span,
        )

    def against(self, span: Span, parts: Sequence[Part]) -> Clause:
        return Clause("schema", _unquoted(parts[0]), parts[0].span)

    def test(self, span: Span, parts: Sequence[Part]) -> t.TestNode:
        _, title, *middle, task, input_, outcome, role, because = parts
        return t.TestNode(
            _unquoted(title),
            title.span,
            tuple(middle),
            _name(task),
            input_,
            outcome.text,
            outcome.span,
            role and _name(role),
            because or (),
            span,
        )

    def given_principal(self, span: Span, parts: Sequence[Part]) -> t.GivenPrincipal:
        _, kind, id_, roles, attributes = parts
        return t.GivenPrincipal(kind.text, _unquoted(id_), roles or (), attributes, span)

    def given_context(self, span: Span, parts: Sequence[Part]) -> t.GivenContext:
        return t.GivenContext(parts[2], span)

    def given_request(self, span: Span, parts: Sequence[Part]) -> t.GivenRequest:
        return t.GivenRequest(_unquoted(parts[1]), span)

    def given_now(self, span: Span, parts: Sequence[Part]) -> t.GivenNow:
        return t.GivenNow(_instant(parts[1]), span)

    def given_fact(self, span: Span, parts: Sequence[Part]) -> t.GivenFact:
        return t.GivenFact(_name(parts[1]), _value(parts[2]), span)

    def given_output(self, span: Span, parts: Sequence[Part]) -> t.GivenOutput:
        _, task, input_, value = parts
        return t.GivenOutput(_name(task), input_, _value(value), span)

    def given_validation(self, span: Span, parts: Sequence[Part]) -> t.GivenValidation:
        return t.GivenValidation(_name(parts[1]), parts[2].text == "passed", span)

    def given_approval(self, span: Span, parts: Sequence[Part]) -> t.GivenApproval:
        return t.GivenApproval(_unquoted(parts[1]), parts[2], span)

    def names(self, span: Span, parts: Sequence[Part]) -> tuple[t.Name, ...]:
        return tuple(_name(word) for word in parts)

    # Expressions

    def junction(self, span: Span, parts: Sequence[Part]) -> t.Expression:
        words = parts[1::2]
        for word in words:
            if word.text != words[0].text:
                raise Refused(
                    codes.MIXED_JUNCTION,
                    "`and` and `or` are mixed without parentheses",
                    Label(word.span, f"`{word.text}` after `{words[0].text}`"),
                    "put parentheses around what belongs together",
                )
        operands = tuple(parts[0::2])
        return self._deepen(span, *operands, into=t.JunctionNode(words[0].text, operands, span))

    def negation(self, span: Span, parts: Sequence[Part]) -> t.Expression:
        return self._deepen(span, parts[1], into=t.NotNode(parts[1], span))

    def comparison(self, span: Span, parts: Sequence[Part]) -> t.Expression:
        left, operator, right = parts
        return self._deepen(span, left, right, into=t.CompareNode(operator.text, left, right, span))

    def membership(self, span: Span, parts: Sequence[Part]) -> t.Expression:
        left, negated, right = parts
        node = self._deepen(span, left, right, into=t.CompareNode("in", left, right, span))
        return self._negated(node, negated, span)

    def predicate(self, span: Span, parts: Sequence[Part]) -> t.Expression:
        operand, negated, word = parts
        node = self._deepen(span, operand, into=t.PredicateNode(word.text, operand, span))
        return self._negated(node, negated, span)

    def match(self, span: Span, parts: Sequence[Part]) -> t.Expression:
        operand, negated, pattern = parts
        text = pattern.text[1:-1].replace("\\/", "/")
        node = self._deepen(span, operand, into=t.MatchNode(operand, text, pattern.span, span))
        return self._negated(node, negated, span)

    def sum(self, span: Span, parts: Sequence[Part]) -> t.Expression:
        signs = ["+", *(word.text for word in parts[1::2])]
        operands = parts[0::2]
        terms = tuple(zip(signs, operands, strict=True))
        return self._deepen(span, *operands, into=t.SumNode(terms, span))

    def product(self, span: Span, parts: Sequence[Part]) -> t.Expression:
        return self._deepen(span, *parts, into=t.ProductNode(tuple(parts), span))

    def minus(self, span: Span, parts: Sequence[Part]) -> t.Expression:
        operand = parts[1]
        if isinstance(operand, t.LiteralNode) and type(operand.value) in (int, Decimal):
            return t.LiteralNode(-operand.value, span)  # type: ignore[operator]
        return self._deepen(span, operand, into=t.SumNode((("-", operand),), span))

    def path(self, span: Span, parts: Sequence[Part]) -> t.Expression:
        return t.PathNode(tuple(_name(word) for word in parts), span)

    def call(self, span: Span, parts: Sequence[Part]) -> t.Expression:
        name, *arguments = parts
        return self._deepen(span, *arguments, into=t.CallNode(_name(name), tuple(arguments), span))

    def quantifier(self, span: Span, parts: Sequence[Part]) -> t.Expression:
        word, variable, over, body = parts
        node = t.QuantifierNode(word.text, _name(variable), over, body, span)
        return self._deepen(span, over, body, into=node)

    def list(self, span: Span, parts: Sequence[Part]) -> t.Expression:
        items = _present(parts)
        return self._deepen(span, *items, into=t.ListNode(items, span))

    # Literals and values

    def text(self, span: Span, parts: Sequence[Part]) -> t.LiteralNode:
        return t.LiteralNode(_unquoted(parts[0]), span)

    def number(self, span: Span, parts: Sequence[Part]) -> t.LiteralNode:
        digits = parts[0].text.replace("_", "")
        exact = Decimal(digits) if "." in digits else Decimal(digits).to_integral_value()
        if len(digits) > 2 * numbers.MAXIMUM_DIGITS or not numbers.fits(exact):
            title = f"a number has more than {numbers.MAXIMUM_DIGITS} digits"
            help_ = "an account number or the like is a text: put it in quotes"
            raise Refused(codes.BAD_NUMBER, title, Label(span, "cannot be kept exactly"), help_)
        return t.LiteralNode(exact if "." in digits else int(digits), span)

    def boolean(self, span: Span, parts: Sequence[Part]) -> t.LiteralNode:
        return t.LiteralNode(parts[0].text == "true", span)

    def timestamp(self, span: Span, parts: Sequence[Part]) -> t.LiteralNode:
        return t.LiteralNode(_instant(parts[0]), span)

    def date(self, span: Span, parts: Sequence[Part]) -> NoReturn:
        instant = f"{span.text}T00:00:00Z"
        raise Refused(
            codes.BAD_TIME,
            f"`{span.text}` is a day, not an instant",
            Label(span, "a time and an offset from UTC are missing"),
            f"write {instant}" if timestamp(instant) else None,
        )

    def negative(self, span: Span, parts: Sequence[Part]) -> t.LiteralNode:
        literal = self.number(span, [parts[1]])
        assert isinstance(literal.value, (int, Decimal))
        return t.LiteralNode(-literal.value, span)

    def object(self, span: Span, parts: Sequence[Part]) -> t.ValueNode:
        members: dict[str, Any] = {}
        for name, value in _present(parts):
            if name.text in members:
                label = Label(name.span, "stands here again")
                raise Refused(codes.TWICE_IN_STATEMENT, f"`{name.text}` is given twice", label)
            members[name.text] = value.value
        values = [value for _, value in _present(parts)]
        return self._deepen(span, *values, into=t.ValueNode(members, span))

    def member(self, span: Span, parts: Sequence[Part]) -> tuple[t.Name, t.ValueNode]:
        return _name(parts[0]), parts[1]

    def value_list(self, span: Span, parts: Sequence[Part]) -> t.ValueNode:
        values = _present(parts)
        node = t.ValueNode([value.value for value in values], span)
        return self._deepen(span, *values, into=node)

    def _negated(self, node: t.Expression, word: Word | None, span: Span) -> t.Expression:
        return self._deepen(span, node, into=t.NotNode(node, span)) if word else node

    def _deepen(self, span: Span, *operands: Part, into: _T) -> _T:
        depth = 1 + max((self._depths.get(id(operand), 0) for operand in operands), default=0)
        if depth > DEEPEST:
            raise Refused(
                codes.TOO_DEEP,
                f"an expression nests more than {DEEPEST} deep",
                Label(Span(span.source, span.start, span.start + 1), "it begins here"),
                "name parts of it with `define`",
            )
        self._depths[id(into)] = depth
        self._kept.append(into)
        return into


def _name(word: Word) -> t.Name:
    return t.Name(word.text, word.span)


def _present(parts: Sequence[_T | None]) -> tuple[_T, ...]:
    return tuple(part for part in parts if part is not None)


def _once(clauses: Sequence[Clause], kind: str) -> Clause | None:
    found = [clause for clause in clauses if clause.kind == kind]
    if len(found) > 1:
        label = Label(found[1].span, "stands here again")
        raise Refused(codes.TWICE_IN_STATEMENT, f"`{kind}` may stand once", label)
    return found[0] if found else None


def _subjects(part: t.Subjects | tuple[t.Name, ...]) -> t.Subjects:
    if isinstance(part, t.Subjects):
        return part
    return t.Subjects(part, None, part[0].span.to(part[-1].span))


def _targets(part: t.Targets | tuple[t.Name, ...]) -> t.Targets:
    if isinstance(part, t.Targets):
        return part
    return t.Targets(part, None, part[0].span.to(part[-1].span))


def _value(node: t.ValueNode | t.LiteralNode) -> t.ValueNode:
    return node if isinstance(node, t.ValueNode) else t.ValueNode(node.value, node.span)


def _instant(word: Word) -> datetime:
    instant = timestamp(word.text)
    if instant is not None:
        return instant
    in_utc = f"{word.text}Z"
    if timestamp(in_utc):
        label = Label(word.span, "it could be any of forty instants")
        title, help_ = "a timestamp needs its offset from UTC", f"write {in_utc}"
        raise Refused(codes.BAD_TIME, title, label, help_)
    label = Label(word.span, "no calendar has this instant")
    raise Refused(codes.BAD_TIME, f"`{word.text}` is not a timestamp", label)


def _unquoted(word: Word) -> str:
    try:
        text = json.loads(word.text, strict=False)
        assert isinstance(text, str)
        text.encode("utf-8")
    except ValueError as error:
        label = Label(word.span, 'escapes are \\" \\\\ \\n \\t and \\u0041')
        help_ = "write `\\\\` for a backslash"
        raise Refused(codes.BAD_TEXT, "a text has a broken escape", label, help_) from error
    return text
