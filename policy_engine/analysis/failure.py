"""A failed policy test as a person reads it: what was expected, and the decision instead."""

from __future__ import annotations

from collections.abc import Iterator

from policy_engine.decision.present import reasons
from policy_engine.decision.rehearse import Rehearsal
from policy_engine.foundation.diagnostics import Label
from policy_engine.foundation.render import Segment, excerpt


def failure(rehearsal: Rehearsal) -> Iterator[Segment]:
    """The expectation at its place, then the reasons for what came out."""
    yield from excerpt([Label(rehearsal.test.outcome_span, "; ".join(rehearsal.problems))])
    yield from reasons(rehearsal.decision)
