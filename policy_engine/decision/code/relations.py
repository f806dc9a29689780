"""Comparisons turned round: what is so where one is not, and the same with exchanged sides."""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.language.tree_expressions import CompareOperator

OPPOSITE: Mapping[CompareOperator, CompareOperator] = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
}
"""What is so where a comparison is not."""

MIRRORED: Mapping[CompareOperator, CompareOperator] = {
    "==": "==",
    "!=": "!=",
    "<": ">",
    ">": "<",
    "<=": ">=",
    ">=": "<=",
}
"""The same comparison with its sides exchanged."""
