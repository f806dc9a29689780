"""Questions about the past: whether something happened, how often, how much, and since when.

An action that runs, or whose outcome is unknown, may or may not have happened, so the answer may
be unknown and a count a range.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from policy_engine.decision.action import Principal
from policy_engine.decision.closures import Compiler, Evaluate
from policy_engine.decision.frame import Frame
from policy_engine.decision.history import PastAction
from policy_engine.decision.intervals import counted, interval, summed
from policy_engine.decision.occurrence_class import OccurrenceClass, Parts, taken_apart
from policy_engine.decision.recollection import reached
from policy_engine.decision.tallies import Counted, tallies_of
from policy_engine.decision.truth import Truth, Unknown, as_truth, every, negated, some
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.source import Span
from policy_engine.language import checked as c
from policy_engine.language.policy import PolicySet
from policy_engine.values.arithmetic import equal


class Found(NamedTuple):
    """A past action that is one of those asked for, or may be."""

    action: PastAction
    truth: Truth


class Occurrences:
    """The compiled question for past actions of one kind in one window."""

    def __init__(
        self,
        node: c.Occurrence,
        window: c.Window,
        span: Span,
        compiler: Compiler,
        *,
        counts: bool = False,
        term: c.Checked | None = None,
    ) -> None:
        self._node = node
        self._compiler = compiler
        self._term = term
        self._known: tuple[OccurrenceClass | None] | None = None
        self._window = window
        self._span = span
        self._counts = counts
        self._where = compiler.compile(node.where) if node.where is not None else None

    def found(self, frame: Frame) -> Iterator[Found] | Unknown:
        """Oldest first within each task; unknown where the window is."""
        known = frame.past.within(self._window, self._node.tasks, self._span)
        return known if isinstance(known, Unknown) else self._chosen(known, frame)

    def tallied(self, frame: Frame) -> Counted | None:
        """The same added up; None where they must be gone through."""
        class_, history = self._class_of(frame.past.policy), frame.past.history
        if class_ is None or history is None:
            return None
        start = frame.past.start_of(self._window, self._span)
        if isinstance(start, Unknown):
            return None
        keys = class_.asked(frame)
        if keys is None:
            return None
        tallies = tallies_of(class_, history, start)
        if tallies is None:
            return None
        return tallies.counted(keys, start, frame.past.now, history.number)

    def _class_of(self, policy: PolicySet) -> OccurrenceClass | None:
        if self._known is None:
            parts = taken_apart(self._node.where, self._term, self._compiler)
            self._known = (parts and self._class(parts, policy),)
        return self._known[0]

    def _class(self, parts: Parts, policy: PolicySet) -> OccurrenceClass:
        return OccurrenceClass(
            self._node,
            parts,
            self._term,
            self._compiler,
            policy,
            span=self._span,
            counts=self._counts,
            by_session=self._window.kind == "session",
        )

    def _chosen(self, known: Sequence[tuple[PastAction, Truth]], frame: Frame) -> Iterator[Found]:
        stage, where = self._node.stage, self._where
        for action, within in known:
            truth = every((within, reached(action, stage, self._span, counts=self._counts)))
            if truth is not False and where is not None:
                truth = every((truth, as_truth(of_each(where, action, frame, self._span))))
            if truth is not False:
                yield Found(action, truth)


def of_each(evaluate: Evaluate, action: PastAction, frame: Frame, span: Span) -> object:
    """What an expression about a past action comes to, whoever of those who did it is meant.

    Unknown where that makes a difference: what was delegated was done by several.
    """
    values = [evaluate(_recalling(action, who, frame)) for who in action.doers]
    for value in values:
        if isinstance(value, Unknown):
            return value
    if all(equal(values[0], value) is True for value in values[1:]):
        return values[0]
    when = timestamp_text(action.at)
    return Unknown(span, f"`{action.task}` of {when} was delegated: several did it")


def _recalling(action: PastAction, who: Principal, frame: Frame) -> Frame:
    """The frame in which `past` is this action, done by one of those who did it."""
    recalled = frame.past.as_past(action, who)
    return frame.with_roots(recalled.roots, recalled.absent)


def happened(node: c.Happened, compiler: Compiler) -> Evaluate:
    occurrences = Occurrences(node.occurrence, node.window, node.span, compiler)

    def evaluate(frame: Frame) -> object:
        tallied = occurrences.tallied(frame)
        if tallied is not None and (tallied.surely or not tallied.actions):
            return tallied.surely > 0
        found = occurrences.found(frame)
        return found if isinstance(found, Unknown) else some(truth for _, truth in found)

    return evaluate


def past_tally(node: c.PastTally, compiler: Compiler) -> Evaluate:
    occurrences = Occurrences(
        node.occurrence, node.window, node.span, compiler, counts=True, term=node.term
    )
    term = compiler.compile(node.term) if node.term is not None else None
    type_, span = node.type, node.span
    perhaps = Unknown(span, "it may or may not count")
    truths: tuple[Truth, Truth, Truth] = True, perhaps, perhaps

    def evaluate(frame: Frame) -> object:
        tallied = occurrences.tallied(frame)
        if tallied is not None:
            if term is None:
                return interval(tallied.surely, tallied.actions)
            parts = zip(truths, tallied.sums, strict=True)
            given = [(truth, part.amount()) for truth, part in parts if part.number]
            return summed(given, type_, span)
        found = occurrences.found(frame)
        if isinstance(found, Unknown):
            return found
        if term is None:
            return counted(truth for _, truth in found)
        terms = ((truth, of_each(term, action, frame, span)) for action, truth in found)
        return summed(terms, type_, span)

    return evaluate


def none_since(node: c.NoneSince, compiler: Compiler) -> Evaluate:
    occurrences = Occurrences(node.occurrence, node.window, node.span, compiler)
    starts = Occurrences(node.since, node.window, node.span, compiler)
    same = Unknown(node.span, "two actions of the same instant: which came first is open")

    def evaluate(frame: Frame) -> object:
        settled = _last_of(starts.tallied(frame), occurrences.tallied(frame))
        if settled is not None:
            return settled
        since, found = starts.found(frame), occurrences.found(frame)
        if isinstance(since, Unknown):
            return since
        if isinstance(found, Unknown):
            return found
        later = _Later(found, same)
        return some(every((start.truth, negated(later.than(start.action.at)))) for start in since)

    return evaluate


def _last_of(since: Counted | None, found: Counted | None) -> bool | None:
    """Whether none was found after the last `since`; None where that is not settled."""
    if since is None or found is None:
        return None
    if since.surely != since.actions or found.surely != found.actions:
        return None
    if not since.actions or not found.actions:
        return since.actions > 0
    start, last = since.time(-1), found.time(-1)
    return None if start == last else last < start


class _Later:
    """Whether one of some past actions came after an instant."""

    def __init__(self, found: Iterator[Found], same: Unknown) -> None:
        ordered = sorted(found, key=lambda item: item.action.at)
        self._times: list[datetime] = [item.action.at for item in ordered]
        self._truths = [item.truth for item in ordered]
        self._same = same
        self._from: list[Truth] = [False]
        for truth in reversed(self._truths):
            self._from.append(some((truth, self._from[-1])))
        self._from.reverse()

    def than(self, at: datetime) -> Truth:
        first, after = bisect_left(self._times, at), bisect_right(self._times, at)
        perhaps = (every((truth, self._same)) for truth in self._truths[first:after])
        return some((self._from[after], *perhaps))
