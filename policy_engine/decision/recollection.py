"""The history as one policy set reads it at one moment: windows of time, past data in its terms.

What does not fit the present declaration of its task is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from policy_engine.decision.action import Principal, named
from policy_engine.decision.history import History, PastAction
from policy_engine.decision.truth import Truth, Unknown
from policy_engine.decision.typed import Absent, principal_roots, typed_attributes
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.source import Span
from policy_engine.language.checked import Root, Window
from policy_engine.language.policy import PolicySet
from policy_engine.language.tree_expressions import Stage
from policy_engine.values.calendar import day_of, start_of_day, start_of_month
from policy_engine.values.conform import conform

_FIRST = datetime.min.replace(tzinfo=UTC)


class Recalled(NamedTuple):
    """Roots of data for one past action, and why they have gaps."""

    roots: Mapping[Root, Mapping[str, object]]
    absent: Absent


class Recollection:
    """Answers for one decision; what has been read once is kept."""

    def __init__(
        self, history: History | None, session: str | None, now: datetime, policy: PolicySet
    ) -> None:
        self.history = history
        self._session = session
        self.now = now
        self.policy = policy
        self._inputs: dict[int, Recalled] = {}
        self._pasts: dict[tuple[int, int], Recalled] = {}
        self._subjects: dict[tuple[int, int], Recalled] = {}

    def within(
        self, window: Window, tasks: frozenset[str], span: Span
    ) -> list[tuple[PastAction, Truth]] | Unknown:
        """The past actions of the tasks that are in the window, or may be."""
        history = self.history
        start = self.start_of(window, span)
        if history is None:
            return Unknown(span, "what happened before is not known")
        if isinstance(start, Unknown):
            return start
        found = history.of(tasks, start)
        if window.kind == "session":
            found = [action for action in found if action.session == self._session]
        return [(action, self._has_been(action, span)) for action in found]

    def start_of(self, window: Window, span: Span) -> datetime | Unknown | None:
        """When the window begins (None: with the session), if everything since is known."""
        history = self.history
        if history is None:
            return Unknown(span, "what happened before is not known")
        start = self._start(window, span)
        if isinstance(start, Unknown):
            return start
        if history.since is not None and (start is None or start < history.since):
            return Unknown(
                span, f"nothing before {timestamp_text(history.since)} is known any more"
            )
        return start

    def as_past(self, action: PastAction, who: Principal) -> Recalled:
        """The root `past`: who (one of those who did it), with which input, and what came back."""
        key = id(action), id(who)
        known = self._pasts.get(key)
        if known is None:
            input_ = self.input_of(action)
            known = self._pasts[key] = past_roots(self.policy, action, who, input_)
        return known

    def as_subject(self, action: PastAction, who: Principal) -> Recalled:
        """The roots of the past action as if it were the one to be decided, for one who did it."""
        key = id(action), id(who)
        known = self._subjects.get(key)
        if known is None:
            input_ = self.input_of(action)
            known = self._subjects[key] = subject_roots(self.policy, action, who, input_)
        return known

    def input_of(self, action: PastAction) -> Recalled:
        """Its input alone."""
        known = self._inputs.get(id(action))
        if known is None:
            known = self._inputs[id(action)] = input_roots(self.policy, action)
        return known

    def spent(self, action: PastAction, span: Span) -> Truth:
        """Whether it counts for a ceiling."""
        return spent(self.policy, action, span)

    @property
    def session(self) -> str | None:
        """The session in which the question is asked."""
        return self._session

    def _start(self, window: Window, span: Span) -> datetime | Unknown | None:
        """When the window begins; None for a session, of which nobody knows."""
        now = self.now
        start: datetime | None
        match window.kind:
            case "duration":
                assert window.duration is not None
                return now - window.duration if now - _FIRST >= window.duration else _FIRST
            case "session":
                return None if self._session is not None else Unknown(span, "there is no session")
            case "day":
                day = day_of(now, window.zone or "")
                start = start_of_day(day, window.zone or "") if day is not None else None
            case "month":
                start = start_of_month(now, window.zone or "")
        return start or Unknown(span, f"when this {window.kind} began cannot be told")

    def _has_been(self, action: PastAction, span: Span) -> Truth:
        if action.at <= self.now:
            return True
        return Unknown(span, f"`{action.task}` is dated {timestamp_text(action.at)}: in the future")


def input_roots(policy: PolicySet, action: PastAction) -> Recalled:
    """The input of a past action as the policy declares it now."""
    absent: Absent = {}
    task = policy.tasks.get(action.task)
    fields = task.inputs if task else ()
    typed = typed_attributes(action.input, fields, "input", absent, closed=False)
    return Recalled({"input": typed}, absent)


def past_roots(policy: PolicySet, action: PastAction, who: Principal, input_: Recalled) -> Recalled:
    """The root `past` for a past action that one did, given its input."""
    absent: Absent = {("past", name): why for (_, name), why in input_.absent.items()}
    values = dict(input_.roots["input"])
    task = policy.tasks.get(action.task)
    output = task.output if task else None
    if output is not None and output.name is not None:
        values.pop(output.name, None)
        absent["past", output.name] = f"what `{action.task}` returned is not known"
        if action.output and output.type is not None:
            value, misfits = conform(action.output[0], output.type, output.name, closed=False)
            if not misfits:
                values[output.name] = value
                del absent["past", output.name]
    return Recalled({"past": {**values, "principal": named(who)}}, absent)


def subject_roots(
    policy: PolicySet, action: PastAction, who: Principal, input_: Recalled
) -> Recalled:
    """All roots for a past action that one did, as if it were decided now, given its input."""
    absent: Absent = {
        **input_.absent,
        ("fact", ""): "the facts of a past action are not kept",
        ("session", ""): "the session of a past action is not kept",
    }
    roots = principal_roots(policy, who, absent)
    context = typed_attributes(action.context, policy.context, "context", absent)
    return Recalled(
        {**input_.roots, **roots, "context": context, "fact": {}, "session": {}, "past": {}},
        absent,
    )


def spent(policy: PolicySet, action: PastAction, span: Span) -> Truth:
    """Whether it counts for a ceiling; a failure may have had its effect all the same."""
    if action.status != "failed":
        return reached(action, "executed", span, counts=True)
    task = policy.tasks.get(action.task)
    if task is not None and task.without_effect:
        return False
    when = timestamp_text(action.at)
    return Unknown(span, f"`{action.task}` of {when} failed, and may have had an effect")


def reached(action: PastAction, stage: Stage, span: Span, *, counts: bool) -> Truth:
    """Whether a past action came so far.

    One whose output was withheld happened where things are counted (`counts`), and nobody relies
    on it where one thing must have happened before another.
    """
    match stage:
        case "attempted":
            return True
        case "approved":
            return action.approved
        case "denied":
            return action.status == "denied"
        case "failed" | "executed":
            if action.status == stage:
                return True
    if action.status in ("running", "unknown"):
        return Unknown(span, f"how `{action.task}` of {timestamp_text(action.at)} ended is open")
    if stage == "failed" or action.status != "withheld":
        return False
    why = f"what `{action.task}` of {timestamp_text(action.at)} returned was withheld"
    return True if counts else Unknown(span, why)
