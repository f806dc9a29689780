"""A few actions of each flip, explained in full: by the engine that decides single actions."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.cases import Answered, Case
from policy_engine.audit.replay.flips import FLIPS, NO_TASK, UNKNOWN, WORDS, cell_of
from policy_engine.audit.replay.grounds import resting
from policy_engine.decision import codes
from policy_engine.decision.action import named
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.explain import permitted
from policy_engine.decision.outcome import Decision, Outcome
from policy_engine.decision.present import headline, reasons
from policy_engine.foundation.canonical import readable_text
from policy_engine.foundation.diagnostics import Label
from policy_engine.foundation.render import plain, visible
from policy_engine.values.plain import Unwritable


class Example(NamedTuple):
    """One action that flips."""

    cell: int
    place: str
    task: str
    principal: str
    input: tuple[tuple[str, str], ...]
    """Each member in a line; what is secret is masked."""
    rules: tuple[str, ...]
    explanation: str


class Examples:
    """Those met so far, the first of each flip; `most` of each."""

    def __init__(self, candidate: Candidate, most: int) -> None:
        self._candidate = candidate
        self._most = most
        self._found: dict[int, list[Example]] = {cell: [] for cell in FLIPS}

    def wants(self, cell: int) -> bool:
        """Whether one more of this cell is told."""
        return cell in self._found and len(self._found[cell]) < self._most

    def add(self, case: Case, found: Answered, given: Circumstances) -> None:
        """Tells of an action, if there is room; it was answered in these circumstances."""
        cell = cell_of(case.recorded, found.answer)
        if self.wants(cell):
            self._found[cell].append(self._example(case, cell, found, given))

    def told(self) -> tuple[Example, ...]:
        """All of them, newly allowed first, and of one flip in the order of their places."""
        return tuple(one for cell in FLIPS for one in self._found[cell])

    def _example(self, case: Case, cell: int, found: Answered, given: Circumstances) -> Example:
        action = case.action
        task = self._candidate.policy.tasks.get(action.task)
        secret = {field.name for field in task.inputs if field.secret} if task else set()
        shown = tuple(
            (visible(name), "•••" if _is_hidden(value, name, secret) else _shown(value))
            for name, value in sorted(action.input.items())
        )
        return Example(
            cell,
            case.place,
            visible(str(action.task)),
            visible(named(action.principal)),
            shown,
            found.rules,
            self._explained(case, found, given),
        )

    def _explained(self, case: Case, found: Answered, given: Circumstances) -> str:
        if found.answer == NO_TASK:
            return f"the policy knows no task `{visible(str(case.action.task))}`\n"
        program = self._candidate.program
        decision = decide(program, case.action, given)
        if found.answer == UNKNOWN:
            decision = resting(program, case, given, _perhaps(decision, found), found)
            return plain(reasons(decision))
        decision = resting(program, case, given, self._as_found(decision, found), found)
        return plain([*headline(case.action, decision), *reasons(decision)])

    def _as_found(self, decision: Decision, found: Answered) -> Decision:
        """The decision with what the record settles, where that makes another of it: by itself, it
        takes for refused what it does not know."""
        if decision.outcome.word == WORDS[found.answer]:
            return decision
        outcome = Outcome[WORDS[found.answer].upper()]
        kept = [one for one in decision.reasons if one.outcome is outcome]
        named_ = {one.rule for one in kept}
        rules = self._candidate.policy.rules
        kept += [
            permitted(rules[name], (Label(rules[name].effect_span, "so it is recorded"),))
            for name in found.rules
            if outcome is Outcome.ALLOW and name not in named_
        ]
        return replace(decision, outcome=outcome, reasons=tuple(kept))


def _perhaps(decision: Decision, found: Answered) -> Decision:
    """The decision with the reasons alone that may or may not be."""
    kept = [one for one in decision.reasons if one.rule in found.rules]
    if not kept:
        kept = [one for one in decision.reasons if one.code is codes.NOT_PERMITTED]
    outcome = max((one.outcome for one in kept), default=decision.outcome)
    return replace(decision, outcome=outcome, reasons=tuple(kept))


def _is_hidden(value: object, name: str, secret: set[str]) -> bool:
    return name in secret or isinstance(value, Unwritable)


def _shown(value: object) -> str:
    try:
        text = readable_text(value)
    except (TypeError, ValueError):
        text = f"a {type(value).__name__}"
    text = visible(text)
    return text if len(text) <= 120 else f"{text[:119]}…"
