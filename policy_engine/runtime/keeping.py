"""What comes from outside, read once and kept as plain data."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from decimal import Decimal

from policy_engine.foundation.canonical import canonical_text, decode
from policy_engine.values.plain import plain

NO_PLAIN_FORM = object()
"""Stands for an output that cannot be kept."""


def snapshot(output: object) -> object:
    """An output as it is now, whoever else holds its lists and objects and may change them."""
    try:
        return copy.deepcopy(output) if _is_builtin(output) else output
    except RecursionError:
        return output


def as_plain(output: object, depth: int = 0) -> object:
    """A value as plain data, or `NO_PLAIN_FORM`; `depth` is how deep it will be kept."""
    try:
        return plain(output, depth)
    except (ValueError, RecursionError, SystemExit, GeneratorExit):  # raised by its own methods
        return NO_PLAIN_FORM


def plain_facts(facts: Mapping[str, object]) -> dict[str, object]:
    """A copy that nobody can change; a fact without a plain form is not known."""
    kept = {str(name): as_plain(value, 1) for name, value in facts.items()}
    return {n: v for n, v in kept.items() if v is not None and v is not NO_PLAIN_FORM}


def given_back(output: object, kept: object) -> object:
    """What the caller gets: the output itself where it is plain built-in data, else what was kept.

    An object that may answer differently when it is asked again is not handed on: what the agent
    reads is what the record has.
    """
    return output if _is_builtin(output) else kept


def _is_builtin(value: object) -> bool:
    if type(value) is dict:
        return all(type(k) is str and _is_builtin(v) for k, v in value.items())
    if type(value) in (list, tuple):
        return all(_is_builtin(item) for item in value)  # type: ignore[attr-defined]
    return value is None or type(value) in (str, int, float, bool, Decimal)


def write(value: object) -> str:
    """Data as the store has them."""
    return canonical_text(plain(value))


def read(text: str) -> object:
    """Data as they were written."""
    return decode(json.loads(text))
