"""What the exit code of a command says. Stable: scripts rely on it."""

from __future__ import annotations

from enum import IntEnum

from policy_engine.decision.outcome import Outcome


class Exit(IntEnum):
    """0 done or allowed, 1 failure, 2 wrong use, 3 policy errors, 4 deny, 5 people, 6 findings."""

    DONE = 0
    FAILURE = 1
    USAGE = 2
    POLICY_ERRORS = 3
    DENIED = 4
    WAITING = 5
    FINDINGS = 6


def of_outcome(outcome: Outcome) -> Exit:
    if outcome is Outcome.ALLOW:
        return Exit.DONE
    return Exit.DENIED if outcome is Outcome.DENY else Exit.WAITING
