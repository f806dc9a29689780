"""An answer that follows, held against the one that was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from typing import NamedTuple

from policy_engine.audit.reading import objects, text
from policy_engine.audit.redecide.said import Readings
from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.evidence import Evidence
from policy_engine.decision.outcome import Decision, Reason
from policy_engine.decision.program import Program

WHICH_ROLE = "the record does not say by which role somebody signed"
ROLE_HELD = "the record does not say whether whoever signed still held the role"
WHEN_RAN = "the record does not say when a validation began, which must be fresh"

_MOST_READINGS = 1_000
_Said = frozenset[tuple[str, str, str]]
"""Outcome, code and rule of each reason."""


class Lacks(NamedTuple):
    """It cannot be decided again."""

    why: str


class Differs(NamedTuple):
    """It does not follow."""

    text: str
    is_sure: bool = False
    """Whether no entry that is missing could explain it."""


Found = Lacks | Differs | None
"""None: it follows."""


@dataclass(frozen=True, slots=True)
class Trial:
    """An action and all that it was decided with, but for when and for what had been said."""

    program: Program
    action: Action
    given: Circumstances
    moments: tuple[datetime, ...]
    """When it may have been decided, the likeliest first."""
    body: Mapping[str, object]

    def bare(self, evidence: tuple[Evidence, ...], decision: Decision) -> Found:
        """Where nothing but this was said. `decision` is one without it."""
        if not evidence and self._is_as_recorded(decision):
            return None
        if self._follows(_always(evidence)):
            return None
        return self._differs(evidence)

    def heard(self, readings: Readings, more: tuple[Evidence, ...]) -> Found:
        """Where this may have been said: it follows only if all ways to read it agree."""
        if readings.number > _MOST_READINGS:
            return Lacks(WHICH_ROLE)
        sure = (*readings.sure, *more)
        for number in self._ways_to_validate():
            each = (_at_each(readings, number, sure, way) for way in readings.signed())
            follow = [self._follows(heard) for heard in each]
            if all(follow):
                return None
            if any(follow):
                return Lacks(WHICH_ROLE)
        return self._unheard(readings, sure)

    def _unheard(self, readings: Readings, sure: tuple[Evidence, ...]) -> Found:
        """Why it does not follow, or whether it might if more were recorded."""
        if readings.checks:
            stale = (*sure, *readings.stale())
            each = ((*stale, *way) for way in readings.signed())
            if any(self._follows(_always(heard)) for heard in each):
                return Lacks(WHEN_RAN)
        if readings.signatures:
            lost = product(self._ways_to_validate(), readings.lost())
            each_lost = (_at_each(readings, number, sure, way) for number, way in lost)
            if any(self._follows(heard) for heard in each_lost):
                return Lacks(ROLE_HELD)
        first = next(iter(readings.signed()))
        return self._differs((*sure, *readings.validated(self.moments[0])[0], *first))

    def _ways_to_validate(self) -> range:
        """Without running validations anew, the gate decides nothing but a denial."""
        return range(2 if text(self.body, "outcome") == "deny" else 1)

    def _follows(self, evidence: _Heard) -> bool:
        """Whether it does at one of the moments."""
        return any(self._is_as_recorded(self._decided(evidence(now), now)) for now in self.moments)

    def _decided(self, evidence: tuple[Evidence, ...], now: datetime) -> Decision:
        given = replace(self.given, evidence=evidence, now=now)
        return decide(self.program, self.action, given)

    def _is_as_recorded(self, decision: Decision) -> bool:
        body = self.body
        return (
            decision.outcome.word == text(body, "outcome")
            and _said(decision.reasons) == _recorded(body, "reasons")
            and _said(decision.observed) == _recorded(body, "observed")
        )

    def _differs(self, evidence: tuple[Evidence, ...]) -> Differs:
        decision = self._decided(evidence, self.moments[0])
        recorded = _words(text(self.body, "outcome"), _recorded(self.body, "reasons"))
        follows = _words(decision.outcome.word, _said(decision.reasons))
        if recorded == follows:
            return Differs(f"{recorded} follows, but not with all the reasons that were recorded")
        return Differs(f"recorded is {recorded}, and what follows is {follows}")


_Heard = Callable[[datetime], tuple[Evidence, ...]]
"""What had been said, if it was decided then."""


def _always(evidence: tuple[Evidence, ...]) -> _Heard:
    return lambda _: evidence


def _at_each(
    readings: Readings,
    number: int,
    sure: tuple[Evidence, ...],
    signed: tuple[Evidence, ...],
) -> _Heard:
    return lambda now: (*sure, *readings.validated(now)[number], *signed)


def _said(reasons: Iterable[Reason]) -> _Said:
    return frozenset((one.outcome.word, one.code.id, one.rule or "") for one in reasons)


def _recorded(body: Mapping[str, object], name: str) -> _Said:
    return frozenset(
        (text(one, "outcome") or "", text(one, "code") or "", text(one, "rule") or "")
        for one in objects(body, name)
    )


def _words(outcome: str | None, said: _Said) -> str:
    """An outcome and by what it came about: rules, or the codes of what no rule says."""
    names = sorted({rule or code for word, code, rule in said if word == outcome})
    return f"{outcome} by {', '.join(names)}" if names else str(outcome)
