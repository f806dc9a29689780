"""Everything besides the action that a decision rests on. All of it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from policy_engine.decision.evidence import Evidence
from policy_engine.decision.session import Session


@dataclass(frozen=True, slots=True)
class Circumstances:
    """`roles` None: nobody knows which roles the principal holds, so no permit by role applies."""

    now: datetime
    roles: frozenset[str] | None = None
    session: Session | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
