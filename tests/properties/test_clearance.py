"""What is cleared at once is what `decide` allows, with nothing more to be said of it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.clearance import Clearance, Clearing
from policy_engine.decision.code.program import verdicts_of
from policy_engine.decision.code.verdicts import Verdicts
from policy_engine.decision.decide import decide
from policy_engine.decision.intake import taken_in
from policy_engine.decision.outcome import Decision, Outcome
from policy_engine.decision.program import compile_policy
from policy_engine.foundation.canonical import canonical_text
from policy_engine.runtime.accounts import Accounts
from policy_engine.runtime.keeping import plain_facts
from tests.properties.draws import Draw, drawn
from tests.properties.profile import examples
from tests.properties.test_compiled import trial
from tests.properties.test_equivalence import Trial

SEEDS = 30


@examples(120)
@given(drawn(trial))
def test_a_clearance_says_what_the_decision_says(one: Trial) -> None:
    check(one)


def test_many_actions_are_cleared() -> None:
    """So the law is about something."""
    assert sum(check(trial(Draw(seed))) for seed in range(SEEDS)) >= SEEDS


def check(one: Trial) -> int:
    """Compares both answers to each action without evidence; gives how many were cleared.

    Action and facts are as the gate has them: copies in plain data.
    """
    program = compile_policy(one.policy)
    clearing, verdicts = Clearing(program), verdicts_of(program)
    accounts = Accounts(one.policy, b"salt")
    cleared = 0
    for each in one.scenarios:
        action, given_ = taken_in(each.action()), each.circumstances(one.policy)
        given_ = replace(given_, evidence=(), facts=plain_facts(given_.facts))
        decision = decide(program, action, given_)
        found = short_answer(clearing, verdicts, action, given_)
        if found is not None:
            cleared += 1
            compare(found, decision)
            told = accounts.decision("a", action, given_.session, given_.facts, decision)
            short = accounts.clearance("a", action, given_.session, given_.facts, found)
            assert canonical_text(short) == canonical_text(told)
        elif decision.outcome is Outcome.ALLOW:
            assert not clearing.may_clear(action, given_)
    return cleared


def short_answer(
    clearing: Clearing, verdicts: Verdicts, action: Action, given_: Circumstances
) -> Clearance | None:
    if not clearing.may_clear(action, given_):
        return None
    verdict = verdicts.whole[action.task](action, given_.roles, given_)
    return clearing.clearance(action, given_, verdict)


def compare(found: Clearance, decision: Decision) -> None:
    assert decision.outcome is Outcome.ALLOW
    assert found.rules == tuple(sorted(decision.rules))
    bound = (decision.policy, decision.action, decision.facts)
    assert (found.policy, found.action, found.facts) == bound
    assert (found.at, found.roles, found.input) == (decision.at, decision.roles, decision.input)
    assert (found.approved, found.obligations) == (decision.approved, decision.obligations)
    assert not (decision.asks or decision.validations or decision.observed)
