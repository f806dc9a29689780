"""Exceptions: who may, for a while, ask people about what a rule denies."""

from __future__ import annotations

from policy_engine.decision.program import CompiledRule
from policy_engine.decision.question import Actor, Question
from policy_engine.language.policy import Waiver


def live_waivers(compiled: CompiledRule, actor: Actor, question: Question) -> list[Waiver]:
    """The exceptions of the rule that hold for this principal now, without any doubt."""
    now = question.circumstances.now
    return [
        softened.waiver
        for softened in compiled.waivers
        if now < softened.waiver.until and actor.meets(softened) is True
    ]
