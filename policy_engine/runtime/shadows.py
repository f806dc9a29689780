"""A shadow: another policy is asked beside the live one; where it differs, that is recorded.

It decides nothing. What it needs of the store is read in the transaction of the live decision, so
both see the same past; it is asked once that is durable, so nothing that goes wrong with it can
undo a decision, and nobody else waits for it. What went wrong is recorded as a difference.

Compared are first answers, before validations ran and people were asked. What comes of those is
evidence for the live policy and its rules: the other policy could not count it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from policy_engine.decision import codes
from policy_engine.decision.clearance import Clearance
from policy_engine.decision.outcome import Decision, Outcome
from policy_engine.decision.session import Session
from policy_engine.foundation.database import Database
from policy_engine.language.policy import PolicySet
from policy_engine.runtime.asked import Asked
from policy_engine.runtime.past import Past
from policy_engine.runtime.ports import Decider, Recorder
from policy_engine.runtime.sessions import Sessions

ERROR = "error"
"""Stands for the outcome of a shadow that gave no answer."""

_log = logging.getLogger(__name__)


class Shadow:
    """The policy that is tried, its own view of the past, and who records where it differs."""

    def __init__(
        self,
        candidate: Decider,
        policy: PolicySet,
        database: Database,
        recorder: Recorder,
    ) -> None:
        self._candidate = candidate
        self._database = database
        self._recorder = recorder
        self._past = Past(database, policy)
        self._sessions = Sessions(database)
        self._labels = {n: t.output.labels for n, t in policy.tasks.items() if t.output}
        self._digest = policy.digest

    def beside(self, id_: str, asked: Asked, live: Decision | Clearance) -> None:
        """Asks the candidate what the live policy was asked, in the transaction of its answer.

        Never raises and changes nothing; records a difference once the live decision is kept.
        What was decided with evidence is not compared.
        """
        if asked.evidence:
            return
        try:
            own: Asked | Exception = self._seen_by_candidate(id_, asked)
        except Exception as error:  # noqa: BLE001 — whatever it is, the live decision stands
            own = error
        compare = partial(self._compare, id_, asked, own, live)
        if self._database.in_transaction:
            self._database.afterwards(compare)
        else:
            compare()

    def _seen_by_candidate(self, id_: str, asked: Asked) -> Asked:
        """The same question with the past that the candidate asks about, and its own labels."""
        session, root = asked.session, None
        if session is not None:
            root = self._sessions.root(session.id)
            session = self._relabelled(session, root)
        family = self._sessions.family(root) if root is not None else frozenset[str]()
        of_session = session.id if session is not None else None
        task = str(asked.action.task)
        history = self._past.of(task, asked.now, id_, of_session, family)
        return replace(asked, session=session, history=history)

    def _relabelled(self, session: Session, root: str | None) -> Session:
        """A copy whose labels are those that the candidate gives to what the family has seen."""
        tasks = self._sessions.seen_by(root)[0] if root is not None else frozenset[str]()
        labels = {label for task in tasks for label in self._labels.get(task, ())}
        return Session.of(
            session.request,
            session.outputs,
            id=session.id,
            complete=session.complete,
            labels=labels,
        )

    def _compare(
        self, id_: str, asked: Asked, own: Asked | Exception, live: Decision | Clearance
    ) -> None:
        try:
            said, shadow = _said(live), self._said(own)
            if said.outcome != shadow.outcome:
                self._recorder.record("shadowed", self._body(id_, asked, said, shadow))
        except Exception:  # noqa: BLE001 — the live decision is kept, whatever happens here
            _log.exception("a shadow's answer to the action %s could not be recorded", id_)

    def _said(self, own: Asked | Exception) -> _Said:
        try:
            if isinstance(own, Exception):
                raise own
            return _said(own.answered_by(self._candidate))
        except Exception as error:  # noqa: BLE001 — it is tried because nobody knows it yet
            # Its message may repeat what is secret.
            return _Said(ERROR, (), self._digest, type(error).__name__)

    def _body(self, id_: str, asked: Asked, live: _Said, shadow: _Said) -> dict[str, object]:
        """A difference for the record. No value is in it: what is secret, each policy says."""
        return {
            "action": id_,
            "task": str(asked.action.task),
            "live": live.outcome,
            "live_policy": live.policy,
            "live_reasons": list(live.reasons),
            "shadow": shadow.outcome,
            "shadow_policy": self._digest,
            "shadow_reasons": list(shadow.reasons),
            "error": shadow.error,
        }


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer, as far as it is told."""

    outcome: str
    """The word of an `Outcome`, or `ERROR`."""
    reasons: tuple[Mapping[str, object], ...]
    """Code, outcome and rule of each, the strictest first."""
    policy: str
    error: str | None = None


def _said(answer: Decision | Clearance) -> _Said:
    if isinstance(answer, Clearance):
        permits = [(codes.PERMITTED.id, Outcome.ALLOW, rule) for rule in answer.rules]
        return _Said(Outcome.ALLOW.word, _told(permits), answer.policy)
    reasons = [(reason.code.id, reason.outcome, reason.rule) for reason in answer.reasons]
    reasons.sort(key=lambda reason: -reason[1].value)
    return _Said(answer.outcome.word, _told(reasons), answer.policy)


def _told(reasons: Sequence[tuple[str, Outcome, str | None]]) -> tuple[Mapping[str, object], ...]:
    """Each once, in order."""
    return tuple(
        {"code": code, "outcome": outcome.word, "rule": rule}
        for code, outcome, rule in dict.fromkeys(reasons)
    )
