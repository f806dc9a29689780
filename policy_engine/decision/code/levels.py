"""What a rule contributes to, strictest first; on each level its rules have bits of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from policy_engine.decision.outcome import Outcome

Level = Literal["deny", "escalate", "validate", "allow"]

OUTCOMES: Mapping[Level, Outcome] = {
    "deny": Outcome.DENY,
    "escalate": Outcome.ESCALATE,
    "validate": Outcome.VALIDATE,
    "allow": Outcome.ALLOW,
}
LEVELS: tuple[Level, ...] = tuple(OUTCOMES)

Part = Literal["constants", "verdict", "complete", "binding"]
"""What a task's code consists of: what all functions share, the two that decide, and the one that
says what evidence of an action is bound to."""
PARTS: tuple[Part, ...] = ("constants", "verdict", "complete", "binding")
