"""True, false and unknown (None): strong Kleene logic, in which order never matters."""

from __future__ import annotations

from collections.abc import Iterable

Truth = bool | None


def all_hold(parts: Iterable[Truth]) -> Truth:
    found = list(parts)
    if False in found:
        return False
    return None if None in found else True


def one_holds(parts: Iterable[Truth]) -> Truth:
    return negated(all_hold([negated(part) for part in parts]))


def negated(part: Truth) -> Truth:
    return None if part is None else not part
