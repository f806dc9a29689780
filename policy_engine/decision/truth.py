"""The third truth value, and the logic of three values (strong Kleene).

A condition is True, False or an `Unknown` that remembers where and why it was born. The order of
operands never matters to the truth value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from policy_engine.foundation.source import Span


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither true nor false: something was missing, mistyped or beyond exact reach."""

    span: Span
    why: str


Truth: TypeAlias = bool | Unknown


def every(parts: Iterable[object]) -> Truth:
    """False if any part is; else unknown if any is; else True."""
    unknown: Unknown | None = None
    for part in parts:
        if part is False:
            return False
        if isinstance(part, Unknown) and unknown is None:
            unknown = part
    return True if unknown is None else unknown


def some(parts: Iterable[object]) -> Truth:
    """True if any part is; else unknown if any is; else False."""
    unknown: Unknown | None = None
    for part in parts:
        if part is True:
            return True
        if isinstance(part, Unknown) and unknown is None:
            unknown = part
    return False if unknown is None else unknown


def negated(value: object) -> Truth:
    return value if isinstance(value, Unknown) else value is False


def as_truth(value: object) -> Truth:
    """The truth that a condition came to."""
    return value if isinstance(value, Unknown) else value is True
