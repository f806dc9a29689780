"""The user's own confirmation as generated code sees it; what other evidence it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from policy_engine import Action, Agent, Confirmation, Human, Outcome
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.evidence import Approval, Evidence, Rejection
from tests.decision.code.asking import NOBODY, Desk, act, desk
from tests.decision.loading import NOW, loaded

POLICY = """
record Part { name: Text  cost?: Decimal }
validation fits checks n that n > 0
role lead for humans
task t { input n: Integer  input parts: list of Part  input tags?: map of Text to Decimal }
rule base permit any principal to t
rule sure require confirmation before t when n > 1
rule also require confirmation before t when n == 4
rule check require fits before t when n == 3
rule no forbid any principal to t when n == 5
rule people escalate t to lead when n == 6
"""
PARTS = [{"name": "a", "cost": 2.0}, {"name": "\u00e9"}]


def call(n: int = 2) -> Action:
    return act(n=n, parts=PARTS, tags={"x": 1, "$y": 2.5})


def bound(action: Action) -> str:
    digest = desk(POLICY).verdicts.binding(action)
    assert digest is not None
    return digest


def yes(action: Action, ago: timedelta = timedelta(0)) -> Confirmation:
    return Confirmation("ann", bound(action), NOW - ago)


def given(*evidence: Evidence) -> Circumstances:
    return Circumstances(NOW, evidence=evidence)


@pytest.mark.parametrize(
    ("evidence", "outcome"),
    [
        ((), "validate"),
        ((yes(call()),), "allow"),
        ((yes(call(4)),), "validate"),
        ((yes(call(4)), yes(call())), "allow"),
        ((yes(call(), timedelta(hours=24)),), "validate"),
        ((yes(call(), timedelta(hours=24) - timedelta(microseconds=1)),), "allow"),
        ((yes(call(), -timedelta(microseconds=1)),), "validate"),
    ],
)
def test_a_confirmation_counts_for_exactly_this_action_and_a_day(
    evidence: tuple[Evidence, ...], outcome: str
) -> None:
    one = desk(POLICY)
    assert one.same(call(), given(*evidence))[0] == outcome
    assert not one.is_left(call(), given(*evidence))


@pytest.mark.parametrize(
    ("n", "outcome"),
    [(1, "allow"), (2, "allow"), (3, "validate"), (4, "allow"), (5, "deny"), (6, "escalate")],
)
def test_a_confirmation_lifts_nothing_else(n: int, outcome: str) -> None:
    assert desk(POLICY).same(call(n), given(yes(call(n))))[0] == outcome


@pytest.mark.parametrize(
    ("n", "unconfirmed"), [(1, False), (2, True), (3, False), (4, True), (5, False), (6, False)]
)
def test_a_verdict_says_whether_the_confirmation_alone_is_missing(
    n: int, unconfirmed: bool
) -> None:
    verdicts = desk(POLICY).verdicts
    for functions in (verdicts.quick, verdicts.whole):
        before = functions["t"](call(n), NOBODY, given())
        after = functions["t"](call(n), NOBODY, given(yes(call(n))))
        assert before.unconfirmed is unconfirmed
        assert not after.unconfirmed
        assert not unconfirmed or after.outcome is Outcome.ALLOW


REJECTION = Rejection("eve", "0" * 64, NOW)
APPROVAL = Approval("eve", frozenset({"lead"}), "0", "0", "people", "0", NOW)


@pytest.mark.parametrize("other", [REJECTION, APPROVAL], ids=["a rejection", "an approval"])
def test_other_evidence_is_left_to_the_interpreter_unless_it_is_denied_anyhow(
    other: Evidence,
) -> None:
    one = Desk(desk(POLICY).program.policy)
    for n, is_left in ((2, True), (6, True), (5, False)):
        before = one.interpreter.asked
        found = one.verdicts.quick["t"](call(n), NOBODY, given(other, yes(call(n))))
        decision = decide(one.program, call(n), replace(given(other, yes(call(n))), roles=NOBODY))
        assert found.outcome is decision.outcome
        assert (one.interpreter.asked > before) is is_left


PEOPLE = [
    Action(Agent("a", team="x"), "t", {"n": 1, "parts": []}),
    Action(Human("\u00e9 \U0001f600"), "t", {"n": 10**30, "parts": PARTS}),
    Action(Agent("a"), "t", {"n": 1, "parts": []}, on_behalf_of=Human("ann", desk="d")),
    Action(Agent("a"), "t", {"n": 1, "parts": []}, {"why": "x"}, domain="acme"),
    Action(Agent("a"), "t", {"n": 1, "parts": []}, chain=(Human("bob"),)),
    Action(Agent("a"), "t", {"n": "x", "parts": []}),
    Action(Agent("a"), "t", {"n": 1, "parts": [object()]}),
    Action(Agent("a"), "unheard_of", {"n": 1}),
    Action(Agent("a"), "t", {"n": 1, "parts": [], "tags": {"b": 1, "\ufb01": 2, "$": 3.5}}),
]


@pytest.mark.parametrize("action", PEOPLE, ids=range(len(PEOPLE)))
def test_an_action_is_bound_as_decide_binds_it(action: Action) -> None:
    one = desk(POLICY)
    assert one.verdicts.binding(action) == decide(one.program, action, given()).action


def test_an_engine_binds_and_asks_at_once() -> None:
    engine = loaded(POLICY)
    engine.prepare("t", "unheard_of")
    digest = engine.binding(call())
    assert digest == bound(call())
    assert engine.binding(Action(Agent("a"), "t", {"n": 1, "parts": [object()]})) is None
    confirmed = engine.circumstances(call(), now=NOW, evidence=[yes(call())])
    assert engine.verdict(call(), NOBODY, confirmed).outcome is Outcome.ALLOW
