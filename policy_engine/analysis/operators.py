"""The small mistakes that mutation makes on purpose, and what test would notice each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """One kind of mistake."""

    name: str
    help: str
    """Which test would tell it from the policy as it stands."""


DROP_RULE = Operator("drop a rule", "a test whose outcome or reason this rule decides")
DROP_EXCEPTION = Operator(
    "drop an exception", "a test in which the exception lets something pass, or asks for it"
)
SWAP_EFFECT = Operator("swap an effect", "a test in which this rule applies and decides")
OBSERVE_NO_MORE = Operator(
    "decide at once", "a test before that day, in which the rule would apply and does not decide"
)
DROP_ROLE = Operator("drop a role", "a test with a principal that this alone tells apart")
DROP_CONDITION = Operator(
    "drop a condition", "a test in which everything else holds, and this does not"
)
NEGATE_CONDITION = Operator(
    "negate a condition", "a test that this condition decides, whichever way"
)
FLIP_COMPARISON = Operator("flip a comparison", "a test in which the two sides are the same")
SHIFT_BOUND = Operator("shift a bound", "a test at the bound, and one at the next value")
SWAP_JUNCTION = Operator("swap `and` and `or`", "a test in which one part holds and another not")
SWAP_STAGE = Operator(
    "swap a stage", "a test with a past action that came only as far as one of the two"
)
NEGATE_PAST = Operator("negate a question about the past", "a test with such a past action")
DROP_KEY = Operator("drop a key", "a test in which past actions differ in this only")
DROP_RUNG = Operator("drop a rung", "a test in which the time of the earlier ones is over")

OPERATORS: tuple[Operator, ...] = (
    DROP_RULE,
    DROP_EXCEPTION,
    SWAP_EFFECT,
    OBSERVE_NO_MORE,
    DROP_ROLE,
    DROP_CONDITION,
    NEGATE_CONDITION,
    FLIP_COMPARISON,
    SHIFT_BOUND,
    SWAP_JUNCTION,
    SWAP_STAGE,
    NEGATE_PAST,
    DROP_KEY,
    DROP_RUNG,
)
