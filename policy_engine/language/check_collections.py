"""Lists, sets and maps in expressions: quantifiers, tallies, picks, keys."""

from __future__ import annotations

from policy_engine.language import checked as c, codes, given, tree as t
from policy_engine.language.checking import Checking
from policy_engine.language.scope import Scope
from policy_engine.language.type_rules import article, is_text, sum_type
from policy_engine.values.types import (
    DECIMAL,
    DURATION,
    INTEGER,
    MONEY,
    ListOf,
    MapOf,
    SetOf,
    Type,
)


class CollectionChecks(Checking):
    """What is asked of many items at once."""

    def _quantifier(self, node: t.QuantifierNode, scope: Scope) -> c.Checked | None:
        found = self._items(node.over, node.variable, f"`{node.word} … in`", scope)
        if found is None:
            return None
        over, inner = found
        body = self.condition(node.body, inner)
        if body is None:
            return None
        return c.Quantified(node.word, node.bound, node.variable.text, over, body, node.span)

    def _paired(self, node: t.PairedNode, scope: Scope) -> c.Checked | None:
        first = self._items(node.over[0], node.variables[0], "`every … paired with`", scope)
        second = self._items(node.over[1], node.variables[1], "`every … paired with`", scope)
        if first is None or second is None:
            return None
        if node.variables[0].text == node.variables[1].text:
            title = f"`{node.variables[1].text}` stands for two items"
            self._refuse(codes.RESERVED, title, node.variables[1].span, "choose another name")
            return None
        sides = (first[0], second[0])
        for side in sides:
            if isinstance(side.type, SetOf):
                title = "a set has no order in which it could be paired"
                self._refuse(codes.NOT_A_LIST, title, side.span, f"this is {article(side.type)}")
                return None
        one, other = node.variables
        item: Type = second[0].type.item  # type: ignore[union-attr]
        body = self.condition(node.body, first[1].with_local(other.text, item))
        if body is None:
            return None
        return c.Paired((one.text, other.text), sides, body, node.span)

    def _tally(self, node: t.TallyNode, scope: Scope) -> c.Checked | None:
        found = self._items(node.over, node.variable, "`count of … in`", scope)
        if found is None:
            return None
        over, inner = found
        where = None if node.where is None else self.condition(node.where, inner)
        if node.where is not None and where is None:
            return None
        name = node.variable.text
        if node.term is None:
            return c.Tally(None, name, over, where, INTEGER, node.span)
        if node.where is not None:
            inner = inner.knowing(given.surely_given(node.where, inner, True))
        term = self._summed(node.term, inner)
        return term and c.Tally(term, name, over, where, term.type, node.span)

    def _summed(self, node: t.Expression, scope: Scope) -> c.Checked | None:
        """What is added up: numbers, money, durations."""
        term = self.value(node, scope)
        if term is None:
            return None
        if sum_type([("+", term.type)]) not in (INTEGER, DECIMAL, MONEY, DURATION):
            label = f"this is {article(term.type)}"
            self._refuse(codes.NOT_A_NUMBER, "`sum of` asks for numbers", term.span, label)
            return None
        return term

    def _pick(self, node: t.PickNode, scope: Scope) -> c.Checked | None:
        found = self._items(node.over, node.variable, f"`{node.word} … in`", scope)
        if found is None:
            return None
        over, inner = found
        if not isinstance(over.type, ListOf):
            title = f"a set has no {node.word} item"
            self._refuse(codes.NOT_A_LIST, title, over.span, f"this is {article(over.type)}")
            return None
        where = None if node.where is None else self.condition(node.where, inner)
        if node.where is not None and where is None:
            return None
        name, type_ = node.variable.text, over.type.item
        return c.Pick(node.word, name, over, where, type_, node.span)

    def _index(self, node: t.IndexNode, scope: Scope) -> c.Checked | None:
        operand, key = self.value(node.operand, scope), self.value(node.key, scope)
        if operand is None or key is None:
            return None
        if not isinstance(operand.type, MapOf):
            label = f"this is {article(operand.type)}"
            self._refuse(codes.NOT_A_LIST, "`[…]` asks for a map", operand.span, label)
            return None
        if not self._each([key], is_text, codes.NOT_A_TEXT, "the keys of a map are texts"):
            return None
        return c.Index(operand, key, operand.type.value, node.span)

    def _items(
        self, node: t.Expression, variable: t.Name, what: str, scope: Scope
    ) -> tuple[c.Checked, Scope] | None:
        """The collection, and the scope in which its items have a name."""
        over = self.value(node, scope)
        if not self._variable(variable, scope) or over is None:
            return None
        if not isinstance(over.type, (ListOf, SetOf)):
            label = f"this is {article(over.type)}"
            help_ = "write `values of …` or `keys of …`" if isinstance(over.type, MapOf) else None
            title = f"{what} asks for a list"
            self._refuse(codes.NOT_A_LIST, title, over.span, label, help_=help_)
            return None
        return over, scope.with_local(variable.text, over.type.item)
