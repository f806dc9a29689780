"""The laws of `docs/semantics.md` about people and evidence, asked of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given, strategies as st

from policy_engine.decision.action import Agent, Human
from policy_engine.decision.decide import decide
from policy_engine.decision.outcome import Ask, Outcome
from policy_engine.decision.program import compile_policy
from policy_engine.language.policy import PolicySet
from tests.properties.cases import Case, answer, asking, cases, contributions
from tests.properties.drafts import Draft, Written, built
from tests.properties.draws import drawn
from tests.properties.pieces import OFFSETS, PEOPLE, Piece, askers, piece
from tests.properties.profile import examples
from tests.properties.scenarios import Scenario
from tests.properties.strategies import draft
from tests.properties.trees import text_of

NOT_NOW = timedelta(hours=-1)


def more(case: Case, kinds: Sequence[str], **changes: object) -> list[Piece]:
    """Further evidence of some kinds, some of it about something else."""
    number = case.draw.number(1, 6)
    return [
        replace(piece(case.draw, case.policy, kinds), **changes)  # type: ignore[arg-type]
        for _ in range(number)
    ]


def signatures(
    policy: PolicySet, people: Sequence[str], offset: timedelta = NOT_NOW
) -> tuple[Piece, ...]:
    """Everybody signs for every rule and exception that asks, in every role."""
    roles = frozenset(policy.roles)
    return tuple(
        Piece("approval", name, who, roles, offset) for name in askers(policy) for who in people
    )


# 5. Evidence that speaks for an action never lifts a deny, nor revives an ended ask.


@examples(60)
@given(cases())
def test_evidence_for_an_action_never_lifts_a_deny(case: Case) -> None:
    """Law 5: neither signatures given now nor passed validations nor the user's own word do; nor
    is an ended ask revived, not even by asking again."""
    one = case.scenario
    assume(case.answer.outcome is Outcome.DENY)
    kinds = ("approval", "check", "asked", "confirm")
    speaking = more(case, kinds, offset=timedelta(0), passed=True)
    speaking += signatures(case.policy, ["dan", "eve", "fay"], timedelta(0))
    again = answer(case.policy, one, pieces=(*one.pieces, *speaking))
    assert again.outcome is Outcome.DENY


# 6. An exception without a person's signature changes at most deny into escalate.


@examples(60)
@given(cases())
def test_an_exception_alone_changes_at_most_deny_into_escalate(case: Case) -> None:
    """Law 6: with nobody's signature."""
    unsigned = tuple(one for one in case.scenario.pieces if one.kind != "approval")
    case = replace(case, scenario=replace(case.scenario, pieces=unsigned))
    without = case.under(case.draft.without("exception")).outcome
    softened = case.answer.outcome
    assert softened is without or (without is Outcome.DENY and softened is Outcome.ESCALATE)


# 8. A policy edit never lifts a rejection.


@examples(30)
@given(cases(), drawn(draft))
def test_a_policy_edit_never_lifts_a_rejection(case: Case, edited: Draft) -> None:
    """Law 8: a rejection seen under one policy denies under every other; nor does another fact,
    attribute, context, person behind it, chain, past or tenant lift it."""
    policy, one = case.policy, case.scenario
    one = replace(one, pieces=(Piece("no", by="ann", offset=NOT_NOW),))
    assume((None, "D509", Outcome.DENY) in contributions(answer(policy, one)))
    rejection = one.evidence(policy)
    other = replace(one, facts={}, context={}, on_behalf_of=None, domain="other", session=None)
    other = replace(other, chain=(), history=None, attributes={}, root=None)
    circumstances = replace(other.bare(), evidence=rejection)
    after = decide(compile_policy(built(edited)), other.action(), circumstances)
    assert (None, "D509", Outcome.DENY) in contributions(after)


# 9. Evidence that speaks against an action only raises its outcome.


@examples(60)
@given(cases())
def test_evidence_against_an_action_only_raises_its_outcome(case: Case) -> None:
    """Law 9: rejections and failed validations.

    Not asks, which start the clock in which signatures count. Signatures that were given for a
    failed validation before it failed are left out: they speak for the action once it has.
    """
    one, rules = case.scenario, case.policy.rules
    checking = {name for name, rule in rules.items() if rule.form == "require"}
    kept = [p for p in one.pieces if not (p.kind == "approval" and p.about in checking)]
    before = answer(case.policy, one, pieces=tuple(kept))
    against = more(case, ("no", "check"), passed=False)
    assert answer(case.policy, one, pieces=(*kept, *against)).outcome >= before.outcome


# 10. No agent, proposer or beneficiary signs; signatures cover only what was shown.


@examples(40)
@given(cases(), st.sampled_from(OFFSETS))
def test_nobody_signs_for_themselves(case: Case, offset: timedelta) -> None:
    """Law 10: signatures of who acts, who delegated and the person behind change nothing."""
    policy, one = case.policy, case.scenario
    own = [who.id for who in (one.principal, *one.chain, one.on_behalf_of) if who]
    signed = signatures(policy, [*own, *map(str.upper, own)], offset)
    again = answer(policy, one, pieces=(*one.pieces, *signed))
    assert contributions(again) == contributions(case.answer)


@examples(40)
@given(cases(oddity=0))
def test_a_signature_covers_only_what_was_shown(case: Case) -> None:
    """Law 10: with everybody's signature no rule asks; with another input, another fact or other
    roles of the signers, every rule asks as if nobody had signed."""
    policy, one = case.policy, case.scenario
    signed = replace(one, pieces=signatures(policy, [*PEOPLE, "dan", "eve", "fay"]))
    assert not asking(answer(policy, signed))
    shown = signed.evidence(policy)
    other = case.draw.pick([*_other_actions(one), *_other_facts(one)])
    again = decide(compile_policy(policy), other.action(), replace(other.bare(), evidence=shown))
    assert asking(again) == asking(answer(policy, other, pieces=()))


@examples(40)
@given(cases(oddity=0))
def test_a_signature_covers_only_the_rule_it_was_shown_for(case: Case) -> None:
    """Law 10: a rule that has changed asks again, and it alone; an edit elsewhere voids nothing."""
    draft, policy, one = case.draft, case.policy, case.scenario
    signed = replace(one, pieces=signatures(policy, [*PEOPLE, "dan", "eve", "fay"]))
    shown = signed.evidence(policy)
    edited = built(replace(draft, rules=(*map(_edited, draft.rules), MORE)))
    old = {**policy.rules, **policy.waivers}
    new = {**edited.rules, **edited.waivers}
    touched = {n for n, rule in new.items() if n not in old or old[n].digest != rule.digest}
    program = compile_policy(edited)
    unsigned = decide(program, one.action(), one.bare())
    again = decide(program, one.action(), replace(one.bare(), evidence=shown))
    assert asking(again) == asking(unsigned) & touched


MORE = Written("rule", "more", "\n  permit lead to any task", "permit")


def _edited(rule: Written) -> Written:
    """Every other one that asks people gets a condition that always holds."""
    if "escalate to" not in text_of(rule.tree) or rule.name[-1] in "02468":
        return rule
    return replace(rule, rest=(rule.rest, '\n  unless "DE-1" == "x"'))


def _other_actions(one: Scenario) -> list[Scenario]:
    name = {"look": "id", "quote": "of"}.get(one.task, "payee")
    changed = replace(one, input={**one.input, name: "somebody else"})
    twin = Agent if one.principal.kind == "agent" else Human
    somebody = twin("zoe", **dict(one.principal.attributes))
    through = replace(one, chain=(*one.chain, Agent("between")))
    return [changed, replace(one, principal=somebody), replace(one, domain="elsewhere"), through]


def _other_facts(one: Scenario) -> list[Scenario]:
    return [
        replace(one, facts={**one.facts, "open": not one.facts["open"]}),
        replace(one, facts={**one.facts, "friends": ["somebody new"]}),
    ]


# 11. Every escalation can be completed by some people, or its end is deny.


@examples(80)
@given(cases())
def test_every_escalation_can_be_completed_or_ends_in_deny(case: Case) -> None:
    """Law 11: where people are asked, enough new people who hold the roles that are named can sign
    now, and then nobody is asked any more; where the last of them had their time, it is denied."""
    policy, one = case.policy, case.scenario
    one = replace(one, pieces=tuple(p for p in one.pieces if p.offset <= timedelta(0)))
    decision = answer(policy, one)
    # What does not fit, or cannot be written down, nobody can sign.
    assume(not {reason.code.id for reason in decision.reasons} & {"D504", "D505", "D512"})
    open_ = {r.rule for r in decision.reasons if r.outcome is Outcome.ESCALATE}
    asks = [ask for ask in decision.asks if ask.rule in open_]
    assert {ask.rule for ask in asks} == open_
    signed = tuple(piece for ask in asks for piece in _signing(ask))
    again = answer(policy, one, pieces=(*one.pieces, *signed))
    assert not open_ & asking(again)
    if decision.outcome is Outcome.ESCALATE:
        assert again.outcome < Outcome.ESCALATE
    for ended in (reason.rule for reason in decision.reasons if reason.code.id == "D510"):
        assert _has_ended(policy, one, str(ended))


def _signing(ask: Ask) -> list[Piece]:
    """New people, each holding one of the roles that are asked."""
    places = [party.role for party in ask.parties for _ in range(party.quorum)]
    return [
        Piece("approval", ask.rule, f"person {i}", frozenset({role}))
        for i, role in enumerate(places)
    ]


def _has_ended(policy: PolicySet, one: Scenario, name: str) -> bool:
    asker = policy.rules.get(name) or policy.waivers[name]
    whole = sum((rung.within for rung in asker.ladder), timedelta(0))
    asked = [p.offset for p in one.pieces if p.kind == "asked" and p.about == name]
    return bool(asked) and min(asked) + whole <= timedelta(0)


# 15. Drift of `may drift` facts alone never re-asks.


@examples(40)
@given(cases(oddity=0))
def test_drift_alone_never_asks_again(case: Case) -> None:
    """Law 15: what was signed with one value of such a fact is signed with another."""
    policy, one = case.policy, case.scenario
    signed = replace(one, pieces=(*one.pieces, *signatures(policy, ["dan", "eve", "fay"])))
    drifted = replace(signed, facts={**one.facts, "rate": 77, "vips": ["somebody new"]})
    shown = signed.evidence(policy)
    program = compile_policy(policy)
    kept = decide(program, drifted.action(), replace(drifted.bare(), evidence=shown))
    assert contributions(kept) == contributions(answer(policy, drifted))
