"""What an answer to an entry rests on, of all the reasons that a decision by itself would have.

The record seals what is secret. Whoever decides with a seal in the place of a value finds that it
does not fit and cannot be written down. That says nothing about the action of then: such reasons
are left out, and where a condition met a seal, that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from policy_engine.audit.replay.cases import Answered, Case
from policy_engine.audit.replay.entries import SEALED, input_of
from policy_engine.decision import explain
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.outcome import Decision, Reason
from policy_engine.decision.program import Program
from policy_engine.decision.question import Question
from policy_engine.values.plain import Unwritable
from policy_engine.values.readers import UNWRITABLE

_MISFIT = re.compile(rf"must be [^;]*?{re.escape(UNWRITABLE)} was given(: {SEALED})?")
"""What a condition says of a datum that is no value of its type."""


def resting(
    program: Program, case: Case, given: Circumstances, decision: Decision, found: Answered
) -> Decision:
    """The decision with the reasons alone that this answer rests on."""
    has_seals = any(_is_seal(value) for values in _data(case) for value in values.values())
    apart = _of_seals(Question(program, case.action, given)) if has_seals else frozenset()
    kept = [one for one in decision.reasons if one not in apart]
    sure = [one for one in kept if one.rule in found.rules]
    sure += [one for one in kept if one.rule is None and not (sure and _is_unsure(one))]
    if any(one.outcome is decision.outcome for one in sure):
        kept = [one for one in kept if one in sure]
    if has_seals:
        kept = [_reworded(one) for one in kept]
    return replace(decision, reasons=tuple(kept))


def _of_seals(question: Question) -> frozenset[Reason]:
    """The reasons that only say that a seal is no value."""
    found = {
        explain.does_not_fit(misfit, question)
        for misfit in question.misfits
        if _is_seal(question.action.input.get(input_of(misfit.path)))
    }
    return frozenset({*found, explain.no_canonical_form(question)})


def _is_unsure(reason: Reason) -> bool:
    """Whether a permit may have applied after all."""
    return any(label.text.startswith("unknown") for label in reason.labels)


def _data(case: Case) -> Iterator[Mapping[str, object]]:
    action = case.action
    yield from (action.input, action.context, action.principal.attributes)
    yield from (one.attributes for one in action.chain)
    yield from (case.facts, case.attributes)


def _is_seal(value: object) -> bool:
    return isinstance(value, Unwritable) and value.why == SEALED


def _reworded(reason: Reason) -> Reason:
    labels = tuple(replace(one, text=in_plain_words(one.text)) for one in reason.labels)
    unknown = None if reason.unknown is None else in_plain_words(reason.unknown)
    return replace(reason, labels=labels, unknown=unknown)


def in_plain_words(text: str) -> str:
    """What a condition says of a seal, as people say it: it is sealed in the record."""
    return _MISFIT.sub(f"is {SEALED}", text)
