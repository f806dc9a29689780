"""Finds the grammar: in the installed package first, in the checkout second.

The three files are one grammar, cut where a reader would cut it.
"""

from __future__ import annotations

from functools import cache

from policy_engine.foundation.data import read_data

FILES = ("policy.lark", "expressions.lark", "literals.lark")


@cache
def grammar_text() -> str:
    return "\n".join(read_data(f"grammar/{name}") for name in FILES)
