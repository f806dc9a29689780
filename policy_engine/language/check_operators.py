"""Operators in expressions: comparisons, arithmetic, texts, calendars, choices."""

from __future__ import annotations

from typing import Any

from policy_engine.language import checked as c, codes, given, tree as t
from policy_engine.language.checking import Checking, every
from policy_engine.language.comparisons import clash, compare, converted
from policy_engine.language.scope import Scope
from policy_engine.language.type_rules import (
    article,
    is_collection,
    is_number,
    is_text,
    is_textual,
    joint,
    product_type,
    sum_type,
)
from policy_engine.values.globs import glob_problem
from policy_engine.values.patterns import LONGEST_PATTERN, InvalidPattern, compiled
from policy_engine.values.types import (
    DATE,
    DURATION,
    EMAIL,
    INTEGER,
    PATH,
    TEXT,
    TIME,
    TIMESTAMP,
    URL,
    WEEKDAY,
    ListOf,
    MapOf,
    Type,
)


class OperatorChecks(Checking):
    """What stands between operands."""

    def _junction(self, node: t.JunctionNode, scope: Scope) -> c.Checked | None:
        truth = node.word == "and"
        parts = self._conditions([(part, truth) for part in node.parts], scope)
        kind = c.Every if truth else c.Some
        return kind(tuple(parts), node.span) if parts else None

    def _conditions(
        self, nodes: list[tuple[t.Expression, bool]], scope: Scope
    ) -> list[c.Checked] | None:
        """Conditions that stand beside each other, each with the outcome it must have."""
        return every([self.condition(node, inner) for node, inner in given.among(nodes, scope)])

    def _not(self, node: t.NotNode, scope: Scope) -> c.Checked | None:
        operand = self.condition(node.operand, scope)
        return c.Not(operand, node.span) if operand else None

    def _choice(self, node: t.ConditionalNode, scope: Scope) -> c.Checked | None:
        """Each branch may read what the condition tells about optional data."""
        condition = self.condition(node.condition, scope)
        yes_scope = scope.knowing(given.surely_given(node.condition, scope, True))
        no_scope = scope.knowing(given.surely_given(node.condition, scope, False))
        yes, no = self.value(node.yes, yes_scope), self.value(node.no, no_scope)
        if condition is None or yes is None or no is None:
            return None
        type_ = joint(yes.type, no.type)
        if type_ is None:
            clash(codes.INCOMPARABLE, "both branches are of one type", no, yes, self._report)
            return None
        return c.Choice(condition, yes, no, type_, node.span)

    def _compare(self, node: t.CompareNode, scope: Scope) -> c.Compare | None:
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        if left is None or right is None:
            return None
        return compare(node, left, right, self._report)

    def _list(self, node: t.ListNode, scope: Scope) -> c.Listing | None:
        if not node.items:
            self._refuse(codes.NOT_A_LIST, "an empty list holds nothing", node.span, "remove it")
            return None
        items = every([self.value(item, scope) for item in node.items])
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
        operands = every([self.value(operand, scope) for _, operand in node.terms])
        if operands is None:
            return None
        signs = [sign for sign, _ in node.terms]
        if is_text(operands[0].type) and "-" not in signs:
            title = "only texts are joined to a text"
            if self._each(operands, is_text, codes.NOT_A_TEXT, title):
                return c.Joined(tuple(operands), TEXT, node.span)
            return None
        type_ = sum_type(list(zip(signs, (o.type for o in operands), strict=True)))
        if type_ is None:
            self._not_a_sum(operands)
            return None
        return c.Sum(tuple(zip(signs, operands, strict=True)), type_, node.span)

    def _not_a_sum(self, operands: list[c.Checked]) -> None:
        """Points at the first operand that no arithmetic takes, or at two that do not meet."""
        adding = (DURATION, TIMESTAMP, DATE)
        for operand in operands:
            if not is_number(operand.type) and str(operand.type) not in (
                "Money",
                *(str(type_) for type_ in adding),
            ):
                label = f"this is {article(operand.type)}"
                self._refuse(codes.NOT_A_NUMBER, "arithmetic needs numbers", operand.span, label)
                return
        other = next((o for o in operands if o.type != operands[0].type), operands[-1])
        clash(codes.NOT_A_NUMBER, "these do not add up", other, operands[0], self._report)

    def _product(self, node: t.ProductNode, scope: Scope) -> c.Product | None:
        factors = every([self.value(factor, scope) for factor in node.factors])
        if factors is None:
            return None
        type_ = product_type([factor.type for factor in factors])
        if type_ is None:
            odd = next(f for f in factors if not is_number(f.type))
            label = f"this is {article(odd.type)}"
            self._refuse(codes.NOT_A_NUMBER, "arithmetic needs numbers", odd.span, label)
            return None
        return c.Product(tuple(factors), type_, node.span)

    # Texts

    def _match(self, node: t.MatchNode, scope: Scope) -> c.Checked | None:
        operand = self.value(node.operand, scope)
        if node.word == "matches" and not self._is_pattern(node):
            return None
        title = "only a text can match a pattern"
        if operand is None or not self._each([operand], is_textual, codes.NOT_A_TEXT, title):
            return None
        if node.word == "matches":
            return c.Match(operand, node.pattern, node.span)
        type_ = TEXT if is_text(operand.type) else operand.type
        problem = glob_problem(node.pattern, type_)
        if problem is not None:
            title = "this pattern cannot be used"
            self._refuse(codes.BAD_PATTERN, title, node.pattern_span, problem)
            return None
        return c.Like(operand, node.pattern, node.span)

    def _is_pattern(self, node: t.MatchNode) -> bool:
        if len(node.pattern) > LONGEST_PATTERN:
            title = "this pattern cannot be used"
            problem = f"is longer than {LONGEST_PATTERN:,} characters"
            self._refuse(codes.BAD_PATTERN, title, node.pattern_span, problem)
            return False
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
            return False
        return True

    def _affix(self, node: t.AffixNode, scope: Scope) -> c.Checked | None:
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        if left is None or right is None:
            return None
        if node.word == "under":
            right = converted(right, PATH, self._report) or right
            title = "`under` asks for paths"
            if not self._each([left, right], lambda type_: type_ == PATH, codes.NOT_A_TEXT, title):
                return None
        else:
            if is_collection(left.type) and node.word == "contains":
                title = "`contains` asks for a text"
                help_ = "of a list, write `x in list`"
                label = f"this is {article(left.type)}"
                self._refuse(codes.NOT_A_TEXT, title, left.span, label, help_=help_)
                return None
            title = f"`{node.word}` asks for texts"
            if not self._each([left, right], is_textual, codes.NOT_A_TEXT, title):
                return None
        return c.Affix(node.word, left, right, node.span)

    # Time

    def _recent(self, node: t.RecentNode, scope: Scope) -> c.Checked | None:
        operand = self.value(node.operand, scope)
        title = "`in the last` asks for an instant"
        if operand is None or not self._each(
            [operand], lambda type_: type_ == TIMESTAMP, codes.UNORDERED, title
        ):
            return None
        return c.Recent(operand, node.duration, node.span)

    def _between(self, node: t.BetweenNode, scope: Scope) -> c.Checked | None:
        operand = self.value(node.operand, scope)
        title = "`between` asks for a time of day"
        if operand is None or not self._each(
            [operand], lambda type_: type_ == TIME, codes.UNORDERED, title
        ):
            return None
        return c.Between(operand, node.start, node.end, node.span)

    def _function(self, node: t.FunctionNode, scope: Scope) -> c.Checked | None:
        operand = self.value(node.operand, scope)
        if operand is None:
            return None
        holds, code, asked, result = _FUNCTIONS[node.word]
        title = f"`{node.word} of` asks for {asked}"
        if not self._each([operand], holds, code, title):
            return None
        zone = None
        if node.word in ("time", "date") or (node.word == "weekday" and operand.type != DATE):
            zone = self._zone(node.span, scope)
            if zone is None:
                return None
        return c.Function(node.word, operand, zone, result(operand.type), node.span)


def _has_size(type_: Type) -> bool:
    return is_collection(type_) or isinstance(type_, MapOf) or is_textual(type_)


def _is_map(type_: Type) -> bool:
    return isinstance(type_, MapOf)


_FUNCTIONS: dict[str, tuple[Any, Any, str, Any]] = {
    "size": (_has_size, codes.NOT_A_LIST, "a list, a set, a map or a text", lambda _: INTEGER),
    "lower": (is_textual, codes.NOT_A_TEXT, "a text", lambda _: TEXT),
    "links": (is_text, codes.NOT_A_TEXT, "a text", lambda _: ListOf(URL)),
    "emails": (is_text, codes.NOT_A_TEXT, "a text", lambda _: ListOf(EMAIL)),
    "keys": (_is_map, codes.NOT_A_LIST, "a map", lambda _: ListOf(TEXT)),
    "values": (_is_map, codes.NOT_A_LIST, "a map", lambda type_: ListOf(type_.value)),
    "weekday": (
        lambda type_: type_ in (TIMESTAMP, DATE),
        codes.UNORDERED,
        "an instant or a date",
        lambda _: WEEKDAY,
    ),
    "time": (lambda type_: type_ == TIMESTAMP, codes.UNORDERED, "an instant", lambda _: TIME),
    "date": (lambda type_: type_ == TIMESTAMP, codes.UNORDERED, "an instant", lambda _: DATE),
}
"""By word: which types it takes, what is said of others, what it asks for, what it gives."""
