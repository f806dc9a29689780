"""Whether data of the store are those that the record tells, some of them as digests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from policy_engine.audit.reading import UNDECLARED
from policy_engine.foundation.canonical import canonical_text

Seal = Callable[[object], str]


def agrees(told: object, kept: object, seal: Seal) -> bool:
    """Whether what is told in the clear is the same, and each digest is that of what is kept."""
    if isinstance(told, Mapping):
        if told.keys() == {"secret"} and told["secret"] == seal(kept):
            return True
        return isinstance(kept, Mapping) and _members_agree(told, kept, seal)
    if isinstance(told, list):
        return (
            isinstance(kept, list)
            and len(told) == len(kept)
            and all(agrees(one, other, seal) for one, other in zip(told, kept, strict=True))
        )
    return canonical_text(told) == canonical_text(kept)


def _members_agree(told: Mapping[str, object], kept: Mapping[str, object], seal: Seal) -> bool:
    """All that nobody declared is told together, by one digest."""
    names = told.keys() - {UNDECLARED}
    rest = {name: value for name, value in kept.items() if name not in names}
    if not names <= kept.keys():
        return False
    if rest or UNDECLARED in told:
        undeclared = told.get(UNDECLARED)
        if not isinstance(undeclared, Mapping) or undeclared.get("secret") != seal(rest):
            return False
    return all(agrees(told[name], kept[name], seal) for name in names)
