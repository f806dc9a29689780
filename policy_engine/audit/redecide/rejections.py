"""The noes of people, each of which holds for all like it for a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from policy_engine.audit.reading import text
from policy_engine.audit.redecide.known import Known
from policy_engine.audit.redecide.sealed import Seal
from policy_engine.decision.evidence import CLOCK, Rejection
from policy_engine.decision.outcome import Decision


class _No(NamedTuple):
    by: str
    at: datetime
    reason: str


class Rejections:
    """All so far, by what they are bound to."""

    def __init__(self) -> None:
        self._sealed: dict[str, list[_No]] = {}
        self._others: dict[str, list[_No]] = {}
        """Those of who delegated what was rejected: the record seals only the last of them."""

    def add(self, body: Mapping[str, object], known: Known, at: datetime) -> None:
        no = _No(text(body, "by") or "", at, text(body, "reason") or "")
        self._sealed.setdefault(text(body, "proposal") or "", []).append(no)
        for proposal in known.proposals[:-1]:
            self._others.setdefault(proposal, []).append(no)

    def of(self, decision: Decision, seal: Seal) -> tuple[Rejection, ...]:
        """Those that hold for an action, by a decision about it."""
        if not self._sealed:
            return ()
        return tuple(
            Rejection(no.by, proposal, no.at, no.reason)
            for proposal in decision.proposals
            for no in (
                *self._sealed.get(seal(proposal), ()),
                *self._others.get(proposal, ()),
            )
            if decision.at < no.at + CLOCK
        )
