"""The short form of a decision: the outcome, and rules that it is owed to."""

from __future__ import annotations

from typing import NamedTuple

from policy_engine.decision.outcome import Outcome


class Verdict(NamedTuple):
    """What the answer to an action is. Made once and shared: the same answer is the same object.

    It says neither what the rules have seen nor who must be asked; `Engine.decide` does, for the
    same action and the same outcome. Like an outcome it is neither true nor false.
    """

    outcome: Outcome
    rules: tuple[str, ...]
    """Rules whose contribution is the outcome, in order of name: of a complete verdict all, else
    one of them. An action that nothing permits, or that does not fit, is denied by none."""
    policy: str
    """Digest of the policy set."""
    allowed: bool
    unconfirmed: bool = False
    """Whether nothing but the user's own confirmation is missing to go on: once there is one of
    exactly this action, it is allowed."""

    def __bool__(self) -> bool:
        raise TypeError("a verdict is neither true nor false; ask for `verdict.allowed`")

    def __str__(self) -> str:
        return f"{self.outcome}{' by ' if self.rules else ''}{', '.join(self.rules)}"


def verdict_of(
    outcome: Outcome, rules: tuple[str, ...], policy: str, *, unconfirmed: bool = False
) -> Verdict:
    """A verdict that allows where its outcome does."""
    return Verdict(outcome, rules, policy, outcome is Outcome.ALLOW, unconfirmed)
