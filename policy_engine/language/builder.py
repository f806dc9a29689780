"""The builder that Lark calls while it parses: text straight to the syntax tree.

No parse tree stands in between: each rule of the grammar becomes its node as soon as it is read.
"""

from __future__ import annotations

from policy_engine.language.build_declarations import DeclarationBuilder
from policy_engine.language.build_expressions import ExpressionBuilder
from policy_engine.language.build_rules import RuleBuilder
from policy_engine.language.build_tests import ScenarioBuilder


class Builder(DeclarationBuilder, RuleBuilder, ScenarioBuilder, ExpressionBuilder):
    """All rules of the grammar."""
