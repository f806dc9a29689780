"""The words of a workload: a rule, and a request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """Every part that is None or empty asks for nothing."""

    name: str
    permits: bool
    """Else it forbids."""
    role: str | None
    task: str | None
    bound: int | None
    """A permit is about amounts up to it, a forbid about amounts above it."""
    regions: tuple[str, ...]
    pii: bool | None
    """Whether there must be personal data, or must not be."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks to do what. `roles` are those of the user."""

    user: str
    roles: tuple[str, ...]
    task: str
    amount: int
    region: str
    pii: bool
