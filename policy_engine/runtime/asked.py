"""One question to a policy: an action, and all that a decision about it is given beside it.

Another policy can be asked the same. Roles are not in here: each engine has its own directory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.clearance import Clearance
from policy_engine.decision.evidence import Evidence
from policy_engine.decision.history import History
from policy_engine.decision.outcome import Decision
from policy_engine.decision.session import Session
from policy_engine.runtime.ports import Decider


@dataclass(frozen=True, slots=True)
class Asked:
    """The members but `action` are those of `Circumstances`."""

    action: Action
    session: Session | None
    facts: Mapping[str, object]
    evidence: tuple[Evidence, ...]
    now: datetime
    history: History | None
    attributes: Mapping[str, object]
    suspended: frozenset[str]
    root: str | None = None

    @classmethod
    def of(cls, action: Action, given: Circumstances) -> Asked:
        """What was asked where an action was decided in these circumstances."""
        return cls(
            action,
            given.session,
            given.facts,
            given.evidence,
            given.now,
            given.history,
            given.attributes,
            given.suspended,
            given.root,
        )

    def answered_by(self, decider: Decider) -> Decision | Clearance:
        """What a policy says to it; where it allows at once, in short."""
        given = decider.circumstances(
            self.action,
            session=self.session,
            facts=self.facts,
            evidence=self.evidence,
            now=self.now,
            history=self.history,
            attributes=self.attributes,
            root=self.root,
            suspended=self.suspended,
        )
        clearance = decider.clear(self.action, given)
        return decider.decide_in(self.action, given) if clearance is None else clearance
