"""Third pass: expressions are looked up and typed.

`Expressions.condition` and `.value` turn an expression of the syntax tree into a checked one, or
into None with everything that is wrong with it reported. One mistake is reported once: what
depends on a broken part is not judged.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from policy_engine.language import checked as c, codes, tree as t
from policy_engine.language.check_collections import CollectionChecks
from policy_engine.language.check_names import NameChecks
from policy_engine.language.check_operators import OperatorChecks
from policy_engine.language.check_origins import OriginChecks
from policy_engine.language.check_past import PastChecks
from policy_engine.language.scope import Scope
from policy_engine.language.type_rules import article
from policy_engine.values.money import Money
from policy_engine.values.types import (
    BOOLEAN,
    DATE,
    DECIMAL,
    DURATION,
    INTEGER,
    MONEY,
    TEXT,
    TIME,
    TIMESTAMP,
)

_LITERALS = {
    bool: BOOLEAN,
    str: TEXT,
    int: INTEGER,
    Decimal: DECIMAL,
    datetime: TIMESTAMP,
    date: DATE,
    time: TIME,
    timedelta: DURATION,
    Money: MONEY,
}


class Expressions(NameChecks, OperatorChecks, CollectionChecks, OriginChecks, PastChecks):
    """Checks the expressions of one policy set."""

    def value(self, node: t.Expression, scope: Scope) -> c.Checked | None:
        """An expression of any type, or None with all that is wrong with it reported."""
        return _CHECKS[type(node)](self, node, scope)  # type: ignore[no-any-return, operator]

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
        return self._conditions(nodes, scope)

    def _literal(self, node: t.LiteralNode, _: Scope) -> c.Checked | None:
        return c.Constant(node.value, _LITERALS[type(node.value)], node.span)


_CHECKS = {
    t.LiteralNode: Expressions._literal,
    t.PathNode: Expressions._path,
    t.PartNode: Expressions._part,
    t.IndexNode: Expressions._index,
    t.ListNode: Expressions._list,
    t.CallNode: Expressions._call,
    t.FunctionNode: Expressions._function,
    t.ConditionalNode: Expressions._choice,
    t.JunctionNode: Expressions._junction,
    t.NotNode: Expressions._not,
    t.CompareNode: Expressions._compare,
    t.SumNode: Expressions._sum,
    t.ProductNode: Expressions._product,
    t.QuantifierNode: Expressions._quantifier,
    t.PairedNode: Expressions._paired,
    t.TallyNode: Expressions._tally,
    t.PickNode: Expressions._pick,
    t.PredicateNode: Expressions._predicate,
    t.OriginNode: Expressions._origin,
    t.AskedForNode: Expressions._asked_for,
    t.SeenNode: Expressions._seen,
    t.MatchNode: Expressions._match,
    t.AffixNode: Expressions._affix,
    t.RecentNode: Expressions._recent,
    t.BetweenNode: Expressions._between,
    t.PastNode: Expressions._past,
    t.SinceNode: Expressions._since,
}
"""By kind of node; a table, since every expression passes here."""
