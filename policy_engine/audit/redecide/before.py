"""What had happened before a decision, by the record, as far as a policy asks about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from policy_engine.audit.redecide.known import Known
from policy_engine.audit.stages import attempts, stages
from policy_engine.audit.unfolding import Unfolded, reach_of
from policy_engine.decision.history import History, PastAction
from policy_engine.language.policy import PolicySet
from policy_engine.runtime.past import Question, questions

UNBOUND = "what happened before cannot be held against the record"
UNSURE = "the record does not say since when all who were asked had signed"

_A_SECOND = timedelta(seconds=1)
_NOT_CARRIED_OUT = ("proposed", "denied")


class Before:
    """The past of one policy set."""

    def __init__(self, policy: PolicySet) -> None:
        self._questions = {name: one for name, one in questions(policy).items() if one.tasks}
        self._remembered = frozenset().union(*(one.tasks for one in self._questions.values()))
        self._attempts = attempts(policy)
        self._approved = stages(policy).get("approved", frozenset())
        reach = reach_of(self._questions.values())
        self._unfolded: Unfolded[Known] = Unfolded(reach, self._matters)
        self._unbound: dict[str, Known] = {}
        self._unsure: dict[str, Known] = {}

    def put(self, known: Known, task: str) -> None:
        """Notes an action as it is now; `task` is what the record or the store calls it."""
        if task not in self._remembered:
            return
        if known.is_told:
            self._unbound.pop(known.id, None)
            self._unfolded.put(known)
        elif task in self._attempts or known.status not in _NOT_CARRIED_OUT:
            self._unbound[known.id] = known
        if task in self._approved and known.may_be_approved:
            self._unsure[known.id] = known
        else:
            self._unsure.pop(known.id, None)

    def lacks(self, task: str, now: datetime, own: str) -> str | None:
        """Why nobody can tell what had happened; None where it is known."""
        question = self._questions.get(task)
        if question is None:
            return None
        if _any_of(self._unbound, question, now, own):
            return UNBOUND
        return UNSURE if _any_of(self._unsure, question, now, own) else None

    def history(
        self, task: str, now: datetime, own: str, session: str | None, family: frozenset[str]
    ) -> History:
        """What a decision about a task sees; what the `family` did counts for this session."""
        if task not in self._questions:
            return History()
        history = self._unfolded.history(now, own)
        if not family:
            return history
        return History(
            replace(one, session=session) if one.session in family else one
            for one in history.actions
        )

    def _matters(self, past: PastAction) -> bool:
        return past.task in self._attempts or past.status not in _NOT_CARRIED_OUT


def _any_of(some: Mapping[str, Known], question: Question, now: datetime, own: str) -> bool:
    """Whether a question may be about one of them."""
    reach = question.reach
    return any(
        one.task in question.tasks
        and one.id != own
        and (reach is None or not one.has_ended or now - one.at <= reach + _A_SECOND)
        for one in some.values()
    )
