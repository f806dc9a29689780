"""Everything besides the action that a decision rests on. All of it is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from policy_engine.decision.evidence import Evidence
from policy_engine.decision.history import History
from policy_engine.decision.session import Session


@dataclass(frozen=True, slots=True)
class Circumstances:
    """`roles` None: nobody knows which roles the principal holds, so no permit by role applies."""

    now: datetime
    roles: frozenset[str] | None = None
    session: Session | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    history: History | None = None
    """None: nothing is known of the past, so every question about it is unknown."""
    attributes: Mapping[str, object] = field(default_factory=dict)
    """What is said of the session: its purpose, say."""
    chain_roles: tuple[frozenset[str] | None, ...] = ()
    """The roles of each member of the action's chain; where one is missing, they are unknown."""
    root: str | None = None
    """The id of the action at the root of the delegation to which this one belongs."""
    suspended: frozenset[str] = frozenset()
    """Who and what may do nothing for now: `agent bot-7`, `task pay`, `session s-1`."""


def names_of(what: str, given: Iterable[str]) -> frozenset[str]:
    """Several names; one text, which would be taken letter by letter, is refused."""
    if isinstance(given, str):
        raise TypeError(f"`{what}` are several names, not one text")
    return frozenset(given)
