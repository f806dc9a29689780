"""Builds conditions, questions about the past, and data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from policy_engine.foundation.diagnostics import Label
from policy_engine.foundation.source import Span
from policy_engine.language import codes, literals, tree as t
from policy_engine.language.building import Building, Part, Refused, nodes
from policy_engine.values.money import Money

_LONGEST_PATH = 6_000


class ExpressionBuilder(Building):
    """One method for each rule of `expressions.lark`, down to the past."""

    def conditional(self, parts: Sequence[Part]) -> t.Expression:
        _, condition, _, yes, _, no = parts
        node = t.ConditionalNode(condition, yes, no, self.span(parts))
        return self.deepen((condition, yes, no), node)

    def junction(self, parts: Sequence[Part]) -> t.Expression:
        word = str(parts[1])
        for other in parts[3::2]:
            if other != word:
                raise Refused(
                    codes.MIXED_JUNCTION,
                    "`and` and `or` are mixed without parentheses",
                    Label(self.place(other), f"`{other}` after `{word}`"),
                    "put parentheses around what belongs together",
                )
        operands = tuple(parts[0::2])
        return self.deepen(operands, t.JunctionNode(word, operands, self.span(parts)))  # type: ignore[arg-type]

    def negation(self, parts: Sequence[Part]) -> t.Expression:
        return self.deepen((parts[1],), t.NotNode(parts[1], self.span(parts)))

    def comparison(self, parts: Sequence[Part]) -> t.Expression:
        left, operator, right = parts
        node = t.CompareNode(str(operator), left, right, self.span(parts))  # type: ignore[arg-type]
        return self.deepen((left, right), node)

    def membership(self, parts: Sequence[Part]) -> t.Expression:
        return self._compared("in", parts)

    def subset(self, parts: Sequence[Part]) -> t.Expression:
        return self._compared("subset of", parts)

    def _compared(self, operator: t.CompareOperator, parts: Sequence[Part]) -> t.Expression:
        left, negated, _, right = parts
        node = t.CompareNode(operator, left, right, self.span(parts))
        return self._negated(self.deepen((left, right), node), negated)

    def predicate(self, parts: Sequence[Part]) -> t.Expression:
        operand, _, negated, word = parts
        node = t.PredicateNode(str(word), operand, self.span(parts))  # type: ignore[arg-type]
        return self._negated(self.deepen((operand,), node), negated)

    def matching(self, parts: Sequence[Part]) -> t.Expression:
        operand, negated, _, pattern = parts
        text = pattern[1:-1].replace("\\/", "/")
        node = t.MatchNode("matches", operand, text, self.place(pattern), self.span(parts))
        return self._negated(self.deepen((operand,), node), negated)

    def likeness(self, parts: Sequence[Part]) -> t.Expression:
        operand, negated, _, pattern = parts
        place = self.place(pattern)
        text = literals.text(pattern, place)
        node = t.MatchNode("like", operand, text, place, self.span(parts))
        return self._negated(self.deepen((operand,), node), negated)

    def affix(self, parts: Sequence[Part]) -> t.Expression:
        left, negated, word, right = parts
        node = t.AffixNode(" ".join(word.split()), left, right, self.span(parts))  # type: ignore[arg-type]
        return self._negated(self.deepen((left, right), node), negated)

    beneath = affix

    def recent(self, parts: Sequence[Part]) -> t.Expression:
        operand, negated, _, duration = parts
        node = t.RecentNode(operand, self.length(duration), self.span(parts))
        return self._negated(self.deepen((operand,), node), negated)

    def between(self, parts: Sequence[Part]) -> t.Expression:
        operand, negated, _, start, _, end = parts
        times = [literals.time_of_day(token, self.place(token)) for token in (start, end)]
        node = t.BetweenNode(operand, times[0], times[1], self.span(parts))
        return self._negated(self.deepen((operand,), node), negated)

    def comes_from(self, parts: Sequence[Part]) -> t.Expression:
        operand, _, task = parts
        node = t.OriginNode("comes from", operand, task, self.span(parts))
        return self.deepen((operand,), node)

    def created(self, parts: Sequence[Part]) -> t.Expression:
        node = t.OriginNode("created", parts[0], None, self.span(parts))
        return self.deepen((parts[0],), node)

    def request_names(self, parts: Sequence[Part]) -> t.Expression:
        node = t.OriginNode("named", parts[1], None, self.span(parts))
        return self.deepen((parts[1],), node)

    def request_asks(self, parts: Sequence[Part]) -> t.Expression:
        return t.AskedForNode(parts[1], self.span(parts))

    def has_seen(self, parts: Sequence[Part]) -> t.Expression:
        return t.SeenNode(self.named(parts[1]), self.span(parts))

    def sum(self, parts: Sequence[Part]) -> t.Expression:
        signs = ["+", *(str(word) for word in parts[1::2])]
        operands = parts[0::2]
        terms: Any = tuple(zip(signs, operands, strict=True))
        return self.deepen(operands, t.SumNode(terms, self.span(parts)))

    def product(self, parts: Sequence[Part]) -> t.Expression:
        operands = tuple(parts[0::2])
        return self.deepen(operands, t.ProductNode(operands, self.span(parts)))

    def minus(self, parts: Sequence[Part]) -> t.Expression:
        operand, span = parts[1], self.span(parts)
        if isinstance(operand, t.LiteralNode) and type(operand.value) in (int, Decimal, timedelta):
            return t.LiteralNode(-operand.value, span)  # type: ignore[operator]
        return self.deepen((operand,), t.SumNode((("-", operand),), span))

    def function(self, parts: Sequence[Part]) -> t.Expression:
        word, _, operand = parts
        node = t.FunctionNode(str(word), operand, self.span(parts))  # type: ignore[arg-type]
        return self.deepen((operand,), node)

    def path(self, parts: Sequence[Part]) -> t.Expression:
        name = self.named(parts[0])
        return t.PathNode((name,), name.span)

    def part(self, parts: Sequence[Part]) -> t.Expression:
        operand, _, token = parts
        name, span = self.named(token), self.span(parts)
        if isinstance(operand, t.PathNode) and len(operand.names) < _LONGEST_PATH:
            return t.PathNode((*operand.names, name), span)
        return self.deepen((operand,), t.PartNode(operand, name, span))

    def index(self, parts: Sequence[Part]) -> t.Expression:
        operand, _, key, _ = parts
        return self.deepen((operand, key), t.IndexNode(operand, key, self.span(parts)))

    def call(self, parts: Sequence[Part]) -> t.Expression:
        callee, _, *rest = parts
        if not isinstance(callee, t.PathNode):
            label = Label(callee.span, "this is no name")
            raise Refused(codes.UNEXPECTED, "only definitions and tables take arguments", label)
        arguments = tuple(nodes(rest))
        name = t.Name(".".join(part.text for part in callee.names), callee.span)
        return self.deepen(arguments, t.CallNode(name, arguments, self.span(parts)))

    def parenthesis(self, parts: Sequence[Part]) -> t.Expression:
        """What stands in parentheses, its place with them where it has parts."""
        inner: t.Expression = parts[1]
        if isinstance(inner, (t.PathNode, t.LiteralNode)):
            return inner
        return self.again(inner, replace(inner, span=self.span(parts)))

    def quantifier(self, parts: Sequence[Part]) -> t.Expression:
        word, variable, _, over, _, _, body, _ = parts
        return self._quantified(str(word), None, variable, over, body, parts)

    def counted(self, parts: Sequence[Part]) -> t.Expression:
        words, token, variable, _, over, _, _, body, _ = parts
        bound = literals.whole(token, self.place(token), "a number")
        return self._quantified(" ".join(words.split()), bound, variable, over, body, parts)

    def _quantified(
        self,
        word: Any,
        bound: int | None,
        variable: Part,
        over: t.Expression,
        body: t.Expression,
        parts: Sequence[Part],
    ) -> t.Expression:
        node = t.QuantifierNode(word, bound, self.named(variable), over, body, self.span(parts))
        return self.deepen((over, body), node)

    def paired(self, parts: Sequence[Part]) -> t.Expression:
        _, one, _, xs, _, other, _, ys, _, _, body, _ = parts
        variables = (self.named(one), self.named(other))
        node = t.PairedNode(variables, (xs, ys), body, self.span(parts))
        return self.deepen((xs, ys, body), node)

    def tally(self, parts: Sequence[Part]) -> t.Expression:
        _, _, variable, _, over, where = parts
        node = t.TallyNode(None, self.named(variable), over, where, self.span(parts))
        return self.deepen((over, where), node)

    def total(self, parts: Sequence[Part]) -> t.Expression:
        _, _, term, _, variable, _, over, where = parts
        node = t.TallyNode(term, self.named(variable), over, where, self.span(parts))
        return self.deepen((term, over, where), node)

    def pick(self, parts: Sequence[Part]) -> t.Expression:
        word, variable, _, over, where = parts
        node = t.PickNode(str(word), self.named(variable), over, where, self.span(parts))  # type: ignore[arg-type]
        return self.deepen((over, where), node)

    def list(self, parts: Sequence[Part]) -> t.Expression:
        items = tuple(nodes(parts))
        return self.deepen(items, t.ListNode(items, self.span(parts)))

    # The past

    def happened(self, parts: Sequence[Part]) -> t.Expression:
        _, occurrence, where, window = parts
        return self._past("exists", None, occurrence, where, window, parts)

    def count_past(self, parts: Sequence[Part]) -> t.Expression:
        _, _, occurrence, where, window = parts
        return self._past("count", None, occurrence, where, window, parts)

    def sum_past(self, parts: Sequence[Part]) -> t.Expression:
        _, _, term, _, occurrence, where, window = parts
        return self._past("sum", term, occurrence, where, window, parts)

    def _past(
        self,
        word: Any,
        term: t.Expression | None,
        occurrence: t.OccurrenceNode,
        where: t.Expression | None,
        window: t.WindowNode,
        parts: Sequence[Part],
    ) -> t.PastNode:
        node = t.PastNode(word, term, occurrence, where, window, self.span(parts))
        return self.deepen((term, where), node)

    def none_since(self, parts: Sequence[Part]) -> t.Expression:
        _, occurrence, where, _, since, since_where, window = parts
        span = self.span(parts)
        node = t.SinceNode(occurrence, where, since, since_where, window, span)
        return self.deepen((where, since_where), node)

    def where(self, parts: Sequence[Part]) -> t.Expression:
        return parts[1]  # type: ignore[no-any-return]

    def where_in(self, parts: Sequence[Part]) -> t.Expression:
        inner: t.Expression = parts[2]
        return self.again(inner, replace(inner, span=self.span(parts[1:])))

    def occurrence(self, parts: Sequence[Part]) -> t.OccurrenceNode:
        stage, what = parts
        targets = what if isinstance(what, t.Targets) else t.Targets((what,), None, what.span)
        word: Any = None if stage is None else str(stage)
        if word in ("running", "unknown", "withheld"):
            label = Label(self.place(stage), "a state, not a stage")
            title = f"`{word}` cannot be asked for"
            help_ = "executed, attempted, approved, denied or failed"
            raise Refused(codes.UNEXPECTED, title, label, help_)
        return t.OccurrenceNode(word, targets, self.span(parts))

    def span_window(self, parts: Sequence[Part]) -> t.WindowNode:
        return t.WindowNode("duration", self.length(parts[1]), self.span(parts))

    def calendar_window(self, parts: Sequence[Part]) -> t.WindowNode:
        kind: Any = parts[1].split()[1]
        return t.WindowNode(kind, None, self.span(parts))

    def session_window(self, parts: Sequence[Part]) -> t.WindowNode:
        return t.WindowNode("session", None, self.span(parts))

    def length(self, token: Part) -> timedelta:
        return literals.duration(token, self.place(token))

    # Data

    def text(self, parts: Sequence[Part]) -> t.LiteralNode:
        span = self.place(parts[0])
        return t.LiteralNode(literals.text(parts[0], span), span)

    def number(self, parts: Sequence[Part]) -> t.LiteralNode:
        span = self.place(parts[0])
        return t.LiteralNode(literals.number(parts[0], span), span)

    def boolean(self, parts: Sequence[Part]) -> t.LiteralNode:
        return t.LiteralNode(parts[0] == "true", self.place(parts[0]))

    def money(self, parts: Sequence[Part]) -> t.LiteralNode:
        span = self.place(parts[0])
        return t.LiteralNode(literals.money(parts[0], span), span)

    def duration(self, parts: Sequence[Part]) -> t.LiteralNode:
        return t.LiteralNode(self.length(parts[0]), self.place(parts[0]))

    def date(self, parts: Sequence[Part]) -> t.LiteralNode:
        span = self.place(parts[0])
        return t.LiteralNode(literals.day(parts[0], span), span)

    def time(self, parts: Sequence[Part]) -> t.LiteralNode:
        span = self.place(parts[0])
        return t.LiteralNode(literals.time_of_day(parts[0], span), span)

    def timestamp(self, parts: Sequence[Part]) -> t.LiteralNode:
        span = self.place(parts[0])
        return t.LiteralNode(literals.instant(parts[0], span), span)

    def negative(self, parts: Sequence[Part]) -> t.LiteralNode:
        token, place = parts[1], self.place(parts[1])
        value: Any
        if token.type == "MONEY":
            amount = literals.money(token, place)
            value = Money(-amount.amount, amount.currency)
        else:
            read: Any = literals.duration if token.type == "DURATION" else literals.number
            value = -read(token, place)
        return t.LiteralNode(value, self.span(parts))

    def object(self, parts: Sequence[Part]) -> t.ValueNode:
        members: dict[str, Any] = {}
        spans: dict[str, Span] = {}
        found = nodes(parts)
        for name, value in found:
            spans[name.text] = name.span.to(value.span)
            _below(name.text, value, spans)
            if name.text in members:
                label = Label(name.span, "stands here again")
                raise Refused(codes.TWICE_IN_STATEMENT, f"`{name.text}` is given twice", label)
            members[name.text] = datum(value)
        values = [value for _, value in found]
        return self.deepen(values, t.ValueNode(members, self.span(parts), spans))

    def member(self, parts: Sequence[Part]) -> tuple[t.Name, t.ValueNode]:
        token, _, value = parts
        if token.type == "STRING":
            place = self.place(token)
            return t.Name(literals.text(token, place), place), value
        return self.named(token), value

    def value_list(self, parts: Sequence[Part]) -> t.ValueNode:
        values = nodes(parts)
        spans: dict[str, Span] = {}
        for number, value in enumerate(values):
            spans[f"[{number}]"] = value.span
            _below(f"[{number}]", value, spans)
        node = t.ValueNode([datum(value) for value in values], self.span(parts), spans)
        return self.deepen(values, node)

    def from_case(self, parts: Sequence[Part]) -> t.FromCase:
        return t.FromCase(str(parts[2]), self.span(parts))

    def _negated(self, node: t.Expression, word: Part | None) -> t.Expression:
        return node if word is None else self.deepen((node,), t.NotNode(node, node.span))


def _below(path: str, node: object, spans: dict[str, Span]) -> None:
    """Adds the places of what stands inside a value."""
    if isinstance(node, t.ValueNode):
        for inner, span in node.spans.items():
            spans[f"{path}{inner}" if inner.startswith("[") else f"{path}.{inner}"] = span


def datum(node: t.ValueNode | t.LiteralNode | t.FromCase) -> object:
    """What a value says; what stands for a member of a case stays what it is."""
    return node if isinstance(node, t.FromCase) else node.value


def value_node(node: t.ValueNode | t.LiteralNode | t.FromCase) -> t.ValueNode:
    return node if isinstance(node, t.ValueNode) else t.ValueNode(datum(node), node.span)
