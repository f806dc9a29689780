"""The laws of `docs/semantics.md`, each on random policies and actions, asked of the engine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from policy_engine.decision.action import Agent, Human
from policy_engine.decision.decide import decide
from policy_engine.decision.outcome import Decision, Outcome
from policy_engine.decision.program import compile_policy
from policy_engine.language.policy import Effect, PolicySet
from tests.properties.conditions import SHARED, Scope, Tree, text_of
from tests.properties.profile import examples
from tests.properties.scenarios import OFFSETS, PEOPLE, Piece, Scenario, piece, scenario
from tests.properties.strategies import Draft, built, drafts, rule
from tests.properties.test_equivalence import contributions

ANYTHING_AT_ALL: dict[str, object] = {}
"""Fits no type but an open record without required fields, and there is none."""


def answer(policy: PolicySet, one: Scenario, **changes: object) -> Decision:
    """The engine's decision, with the evidence that the scenario plans for this policy."""
    changed = replace(one, **changes)  # type: ignore[arg-type]
    return decide(compile_policy(policy), changed.action(), changed.circumstances(policy))


@dataclass(frozen=True)
class Case:
    """A policy, as text and built, and something to decide by it."""

    draft: Draft
    policy: PolicySet = field(repr=False)
    scenario: Scenario

    @property
    def answer(self) -> Decision:
        return answer(self.policy, self.scenario)


@st.composite
def cases(draw: st.DrawFn, oddity: int = 30) -> Case:
    draft = draw(drafts())
    policy = built(draft)
    return Case(draft, policy, scenario(draw, policy, oddity))


# 1. Order and repetition of rules, operands and evidence change nothing.


def shuffled(seed: int, *, repeat: bool) -> object:
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
    draft, one = case.draft, case.scenario
    other = built(draft, files, shuffled(seed, repeat=repeat))  # type: ignore[arg-type]
    assert contributions(case.answer) == contributions(answer(other, one))


@examples(30)
@given(cases(), st.data())
def test_repeating_a_rule_changes_nothing(case: Case, data: st.DataObject) -> None:
    """Law 1: the same rule under a second name, with the same signatures."""
    draft, one = case.draft, case.scenario
    chosen = data.draw(st.sampled_from(draft.rules))
    name, rest = text_of(chosen).split("\n", 1)
    doubled = built(draft.plus(f"{name}_again\n{rest}"))
    before, after = case.answer, answer(doubled, one)
    assert before.outcome == after.outcome
    same = {(r and r.removesuffix("_again"), c, o) for r, c, o in contributions(after)}
    assert same == contributions(before)


@examples(30)
@given(cases(), st.integers(0, 10**6))
def test_order_and_repetition_of_evidence_change_nothing(case: Case, seed: int) -> None:
    """Law 1: evidence is a set."""
    policy, one = case.policy, case.scenario
    pieces = [*one.pieces, *one.pieces[:2]]
    Random(seed).shuffle(pieces)
    other = answer(policy, one, pieces=tuple(pieces))
    assert contributions(case.answer) == contributions(other)


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


# 2. Adding a `forbid`, `only when`, `require` or `escalate` never lowers an outcome.


@examples(30)
@given(cases(), st.data())
def test_a_further_narrowing_rule_never_lowers_an_outcome(case: Case, data: st.DataObject) -> None:
    """Law 2: whatever the rule says, the outcome is at least what it was."""
    draft, one = case.draft, case.scenario
    narrowing = data.draw(narrowing_rules())
    assert answer(built(draft.plus(narrowing)), one).outcome >= case.answer.outcome


@st.composite
def narrowing_rules(draw: st.DrawFn) -> Tree:
    return rule(draw, "added", Scope(SHARED), ("forbid", "only", "require", "escalate"))


@examples(30)
@given(cases())
def test_a_deny_wins(case: Case) -> None:
    """Law 2, at its end: against a forbid that always applies no permit and no evidence helps."""
    draft, one = case.draft, case.scenario
    closed = built(draft.plus("rule closed\n  forbid any principal to any task"))
    assert answer(closed, one).outcome is Outcome.DENY


# 3. The outcome with something unknown is never below the outcome with any value in its place.


@st.composite
def blanked(draw: st.DrawFn, one: Scenario) -> Scenario:
    """The scenario with some of what is known made unknown."""
    facts = {k: d for k, d in one.facts.items() if draw(st.booleans())}
    context, principal = dict(one.context), one.principal
    for name in one.context:
        if not draw(st.booleans()):
            context[name] = ANYTHING_AT_ALL
    attributes = {k: d if draw(st.booleans()) else {} for k, d in principal.attributes.items()}
    make = Agent if principal.kind == "agent" else Human
    session = one.session
    if session is not None:
        kept = tuple(output for output in session.outputs if draw(st.booleans()))
        request = session.request if draw(st.booleans()) else None
        gaps = replace(session, request=request, outputs=kept, complete=False)
        session = draw(st.sampled_from([session, gaps, None]))
    return replace(
        one,
        facts=facts,
        context=context,
        principal=make(principal.id, **attributes),
        roles=one.roles if draw(st.booleans()) else None,
        session=session,
    )


@examples(100)
@given(cases(oddity=0), st.data())
def test_what_is_unknown_never_helps(case: Case, data: st.DataObject) -> None:
    """Law 3: facts, attributes, context, roles, request and outputs taken away or mistyped."""
    policy, one = case.policy, case.scenario
    less = data.draw(blanked(one))
    assert answer(policy, less).outcome >= case.answer.outcome


# 4. Without a `permit` that applies, nothing is allowed.


@examples(30)
@given(cases())
def test_without_a_permit_nothing_is_allowed(case: Case) -> None:
    """Law 4: an allow names its permit; without any permit every answer is deny."""
    draft, policy, one = case.draft, case.policy, case.scenario
    decision = case.answer
    if decision.allowed:
        assert any(policy.rules[name].effect is Effect.PERMIT for name in decision.rules)
    kept = [r for r in draft.rules if not text_of(r).split("\n")[1].strip().startswith("permit")]
    assert answer(built(replace(draft, rules=tuple(kept))), one).outcome is Outcome.DENY


# 5. Evidence that speaks for an action never lifts a deny.


@examples(30)
@given(cases(), st.data())
def test_evidence_for_an_action_never_lifts_a_deny(case: Case, data: st.DataObject) -> None:
    """Law 5: neither signatures given now nor passed validations do; nor is an ended ask revived,
    not even by asking again."""
    policy, one = case.policy, case.scenario
    assume(case.answer.outcome is Outcome.DENY)
    more = tuple(
        replace(p, offset=timedelta(0), passed=True)
        for p in data.draw(pieces(policy, ("approval", "check", "asked")))
    )
    again = answer(policy, one, pieces=(*one.pieces, *more))
    assert again.outcome is Outcome.DENY


@st.composite
def pieces(draw: st.DrawFn, policy: PolicySet, kinds: tuple[str, ...]) -> list[Piece]:
    return [piece(draw, policy, kinds) for _ in range(draw(st.integers(1, 6)))]


# 6. A policy edit never lifts a rejection.


@examples(30)
@given(cases(), drafts())
def test_a_policy_edit_never_lifts_a_rejection(case: Case, edited: Draft) -> None:
    """Law 6: a rejection seen under one policy denies under every other; nor does another fact,
    attribute, context, person behind it, or tenant lift it."""
    policy, one = case.policy, case.scenario
    one = replace(one, pieces=(Piece("no", by="ann", offset=timedelta(hours=-1)),))
    assume((None, "D509", Outcome.DENY) in contributions(answer(policy, one)))
    rejection = one.evidence(policy)
    other = replace(one, facts={}, context={}, on_behalf_of=None, domain="other", session=None)
    circumstances = replace(other.bare(), evidence=rejection)
    after = decide(compile_policy(built(edited)), other.action(), circumstances)
    assert (None, "D509", Outcome.DENY) in contributions(after)


# 7. Evidence that speaks against an action only raises its outcome.


@examples(30)
@given(cases(), st.data())
def test_evidence_against_an_action_only_raises_its_outcome(
    case: Case, data: st.DataObject
) -> None:
    """Law 7: rejections, failed validations, and earlier asks (whose time runs)."""
    policy, one = case.policy, case.scenario
    more = [replace(p, passed=False) for p in data.draw(pieces(policy, ("no", "check", "asked")))]
    again = answer(policy, one, pieces=(*one.pieces, *more))
    assert again.outcome >= case.answer.outcome


# 8. Neither who acts, nor the person on whose behalf, signs; a signature covers what was shown.


def signatures(policy: PolicySet, people: Sequence[str], offset: timedelta) -> tuple[Piece, ...]:
    """Everybody signs for every rule that asks, in every role."""
    roles = frozenset(policy.roles)
    asking = [r.name for r in policy.rules.values() if r.effect is Effect.ESCALATE]
    return tuple(Piece("approval", n, who, roles, offset) for n in asking for who in people)


@examples(30)
@given(cases(), st.sampled_from(OFFSETS))
def test_nobody_signs_for_themselves(case: Case, offset: timedelta) -> None:
    """Law 8: signatures of who acts and of the person behind change nothing."""
    policy, one = case.policy, case.scenario
    own = [one.principal.id, one.on_behalf_of.id if one.on_behalf_of else one.principal.id]
    more = signatures(policy, [*own, *map(str.upper, own)], offset)
    again = answer(policy, one, pieces=(*one.pieces, *more))
    assert contributions(again) == contributions(case.answer)


@examples(40)
@given(cases(oddity=0), st.data())
def test_a_signature_covers_only_what_was_shown(case: Case, data: st.DataObject) -> None:
    """Law 8: with everybody's signature no rule asks; with another input, another fact or other
    roles of the signers, every rule asks as if nobody had signed."""
    policy, one = case.policy, case.scenario
    signed = replace(one, pieces=signatures(policy, PEOPLE, timedelta(hours=-1)))
    assert not asking(answer(policy, signed))
    shown = signed.evidence(policy)
    other = data.draw(st.sampled_from([*_other_inputs(one), *_other_facts(one)]))
    again = decide(compile_policy(policy), other.action(), replace(other.bare(), evidence=shown))
    assert asking(again) == asking(answer(policy, other, pieces=()))


@examples(30)
@given(cases(oddity=0))
def test_a_signature_covers_only_the_rule_it_was_shown_for(
    case: Case,
) -> None:
    """Law 8: a rule that has changed asks again, and it alone; an edit elsewhere voids nothing."""
    draft, policy, one = case.draft, case.policy, case.scenario
    signed = replace(one, pieces=signatures(policy, PEOPLE, timedelta(hours=-1)))
    shown = signed.evidence(policy)
    changed = tuple(
        (r, '\n  unless "DE-1" == "x"') if "escalate" in text_of(r) and i % 2 else r
        for i, r in enumerate(draft.rules)
    )
    edited = built(replace(draft, rules=(*changed, "rule more\n  permit lead to any task")))
    touched = {r.name for r in edited.rules.values() if policy.rules.get(r.name) is None}
    touched |= {n for n, r in policy.rules.items() if edited.rules[n].digest != r.digest}
    program = compile_policy(edited)
    unsigned = decide(program, one.action(), one.bare())
    again = decide(program, one.action(), replace(one.bare(), evidence=shown))
    assert asking(again) == asking(unsigned) & touched


def asking(decision: Decision) -> set[str | None]:
    """Rules that still want signatures."""
    return {r.rule for r in decision.reasons if r.code.id in ("D506", "D510")}


def _other_inputs(one: Scenario) -> list[Scenario]:
    name = "id" if one.task == "look" else "payee"
    changed = replace(one, input={**one.input, name: "somebody else"})
    twin = Agent if one.principal.kind == "agent" else Human
    somebody = twin("eve", **dict(one.principal.attributes))
    return [changed, replace(one, principal=somebody), replace(one, domain="elsewhere")]


def _other_facts(one: Scenario) -> list[Scenario]:
    return [
        replace(one, facts={**one.facts, "rate": 77}),
        replace(one, facts={**one.facts, "friends": ["somebody new"]}),
    ]
