"""The laws of `docs/semantics.md` about rules and about what is known, asked of the engine.

Each on random policies that use every statement, and on random actions.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from hypothesis import given, strategies as st

from policy_engine.decision.outcome import Outcome
from policy_engine.language.policy import Effect
from tests.properties.blanks import blanked
from tests.properties.cases import Case, answer, cases, contributions, observed
from tests.properties.drafts import Written, built
from tests.properties.profile import examples
from tests.properties.strategies import narrowing_rule
from tests.properties.trees import Reorder

# 1. Order and duplicates of rules, files, operands and hash seeds change nothing.


def shuffled(seed: int, *, repeat: bool) -> Reorder:
    random = Random(seed)

    def reorder(parts: Sequence[object], repeatable: bool) -> list[object]:
        some = [*parts, *random.sample(list(parts), len(parts) // 2)]
        mixed = list(some if repeat and repeatable else parts)
        random.shuffle(mixed)
        return mixed

    return reorder


@examples(30)
@given(cases(), st.integers(0, 10**6), st.integers(1, 3), st.booleans())
def test_order_and_repetition_of_operands_rules_and_files_change_nothing(
    case: Case, seed: int, files: int, repeat: bool
) -> None:
    """Law 1: the same rules, files, conditions and operands in another order, or twice."""
    other = answer(built(case.draft, files, shuffled(seed, repeat=repeat)), case.scenario)
    assert contributions(case.answer) == contributions(other)
    assert observed(case.answer) == observed(other)
    assert set(case.answer.obligations) == set(other.obligations)


@examples(30)
@given(cases())
def test_repeating_a_rule_changes_nothing(case: Case) -> None:
    """Law 1: the same rule with its exceptions under second names, with the same signatures."""
    rules = case.draft.rules
    chosen = case.draw.pick([rule for rule in rules if rule.softens is None])
    copies = [replace(chosen, name=f"{chosen.name}_again")]
    for one in rules:
        if one.softens == chosen.name:
            again = f"{chosen.name}_again"
            copies.append(replace(one, name=f"{one.name}_again", softens=again))
    before, after = case.answer, case.under(case.draft.plus(*copies))
    assert before.outcome == after.outcome
    same = {(r and r.removesuffix("_again"), c, o) for r, c, o in contributions(after)}
    assert same == contributions(before)


@examples(30)
@given(cases(), st.integers(0, 10**6))
def test_order_and_repetition_of_evidence_and_of_the_past_change_nothing(
    case: Case, seed: int
) -> None:
    """Law 1: evidence is a set; the past is in no order but that of its times."""
    one, random = case.scenario, Random(seed)
    pieces = [*one.pieces, *one.pieces[:2]]
    random.shuffle(pieces)
    other = replace(one, pieces=tuple(pieces))
    if one.history is not None:
        past = random.sample(one.history.actions, len(one.history.actions))
        other = replace(other, history=type(one.history)(past, one.history.since))
    assert contributions(case.answer) == contributions(answer(case.policy, other))


def test_hash_seeds_change_nothing() -> None:
    """Law 1: a whole decision, with its digests and every word of its reasons, byte for byte."""
    said = {_said_under(seed) for seed in ("0", "1", "271828")}
    assert len(said) == 1 and "escalate" in said.pop()


def _said_under(seed: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "tests.properties.hashed"],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
        text=True,
    ).stdout


# 2. Adding a forbid, constraint, require, escalate or limit never lowers an outcome.


@examples(60)
@given(cases())
def test_a_further_narrowing_rule_never_lowers_an_outcome(case: Case) -> None:
    """Law 2: whatever the rule says, the outcome is at least what it was."""
    added = narrowing_rule(case.draw)
    assert case.under(case.draft.plus(added)).outcome >= case.answer.outcome, added


# 3. The outcome with something unknown is never below that with any value in its place.


@examples(150)
@given(cases(oddity=0))
def test_what_is_unknown_never_helps(case: Case) -> None:
    """Law 3: facts, attributes, context, roles, request, outputs, the past: taken away, mistyped,
    or not settled."""
    suspended = {name for name in case.scenario.suspended if not name.startswith("session")}
    one = replace(case.scenario, suspended=frozenset(suspended))
    less = blanked(case.draw, one)
    assert answer(case.policy, less).outcome >= answer(case.policy, one).outcome, less


# 4. Without an applicable permit nothing is ever allowed.


@examples(30)
@given(cases())
def test_without_a_permit_nothing_is_allowed(case: Case) -> None:
    """Law 4: an allow names its permit; without any permit every answer is deny."""
    decision = case.answer
    if decision.allowed:
        effects = [case.policy.rules[n].effect for n in decision.rules if n in case.policy.rules]
        assert Effect.PERMIT in effects
    assert case.under(case.draft.without("permit")).outcome is Outcome.DENY


# 7. A constraint cannot be softened; an unsoftened deny wins.

CLOSED = Written("rule", "closed", "\n  forbid any principal to any task", "forbid")
NEVER = Written("constraint", "closed", "\n  never any task", "constraint")


@examples(30)
@given(cases(), st.sampled_from([CLOSED, NEVER]))
def test_a_deny_wins(case: Case, closed: Written) -> None:
    """Law 7: against a deny that nothing softens, no permit, exception or evidence helps."""
    assert case.under(case.draft.plus(closed)).outcome is Outcome.DENY


# 12. Delegation never widens.


@examples(60)
@given(cases())
def test_delegation_never_widens(case: Case) -> None:
    """Law 12: who acts for others may do no more than alone; nor does a further one in between."""
    one = case.scenario
    alone = replace(one, chain=(), chain_roles=())
    assert answer(case.policy, one).outcome >= answer(case.policy, alone).outcome
    if one.chain:
        fewer = replace(one, chain=one.chain[1:], chain_roles=one.chain_roles[1:])
        assert answer(case.policy, one).outcome >= answer(case.policy, fewer).outcome


# 13. An observed rule is absent; the end of its observation never widens.


@examples(60)
@given(cases())
def test_an_observed_rule_is_absent_and_its_end_never_widens(case: Case) -> None:
    """Law 13: with any narrowing rule observed, the answer is that without the rule, and what the
    rule would have said is kept."""
    rule = _with_end(narrowing_rule(case.draw, OBSERVABLE), "")
    without, enforced = case.answer, case.under(case.draft.plus(rule))
    watched = case.under(case.draft.plus(_with_end(rule, "\n  observe until 2027-06-01")))
    assert contributions(watched) == contributions(without)
    assert enforced.outcome >= watched.outcome
    said = {one for one in observed(watched) if one[0] == rule.name}
    assert said == {one for one in contributions(enforced) if one[0] == rule.name}


OBSERVABLE = ("forbid", "only when", "only after", "require", "confirm", "escalate", "limit")


def _with_end(rule: Written, end: str) -> Written:
    """The rule observed until another day, or not at all."""
    assert isinstance(rule.rest, tuple)
    kept = tuple(part for part in rule.rest if "observe until" not in str(part))
    return replace(rule, rest=(*kept, end))
