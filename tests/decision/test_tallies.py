"""A tally answers what counting answers, and is left aside where it could not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given

from policy_engine import Action, Agent, Engine, History, PastAction
from policy_engine.decision import limits
from policy_engine.decision.limits import Usage, usage
from policy_engine.decision.question import Question
from tests.decision.loading import NOW, loaded, of, past
from tests.properties.drafts import built
from tests.properties.draws import Draw, drawn
from tests.properties.profile import examples
from tests.properties.strategies import draft, of_forms
from tests.properties.test_equivalence import Trial, _busy as busy, compile_policy

POLICY = """
role clerk
task pay { input amount?: Decimal  input card: Text  input fee?: Money }
rule base permit any agent to pay
"""
COUNTED = "rule r limit pay to at most 2 per principal within 1 hour"
SUMMED = "rule r limit sum of amount over pay to at most 100 per card within 1 day"
PAID = "rule r limit sum of fee over pay to at most 9 EUR per card within 1 day"


@contextmanager
def counting() -> Iterator[None]:
    """Nothing is tallied."""
    real = limits.counted
    limits.counted = lambda *_: None
    try:
        yield
    finally:
        limits.counted = real


def stands(policy: str, history: History, **given: object) -> tuple[Usage, bool]:
    """How the limit stands, and whether that was tallied; counting must say the same."""
    engine = loaded(POLICY + policy)
    action = Action(Agent("a"), "pay", {"card": "c", **given})
    question = Question(
        engine._program, action, engine.circumstances(action, history=history, now=NOW, roles=[])
    )
    (rule,) = engine._program.tasks["pay"].narrowing
    tallied = limits.counted(rule, question.principal) is not None
    found = usage(rule, question.principal)
    with counting():
        assert repr(usage(rule, question.principal)) == repr(found)
    return found, tallied


def pay(minutes: float, **more: object) -> PastAction:
    return past("pay", minutes, card="c", **more)


def test_what_is_in_the_window_counts() -> None:
    history = of(pay(90), pay(59), pay(1), past("pay", 2, by=Agent("b"), card="c"))
    found, tallied = stands(COUNTED, history)
    assert (found.past, found.passed, tallied) == (2, True, True)
    assert found.not_before == NOW + timedelta(minutes=1, microseconds=1)


def test_amounts_add_up_exactly() -> None:
    history = of(pay(5, amount=Decimal("0.1")), pay(4, amount=50), pay(3), past("pay", 2, card="d"))
    found, tallied = stands(SUMMED, history, amount=Decimal("49.9"))
    assert (found.past, found.passed, tallied) == (Decimal("50.1"), False, True)


def test_money_of_one_currency_adds_up() -> None:
    found, tallied = stands(PAID, of(pay(5, fee="4 EUR"), pay(4, fee="5 EUR")), fee="1 EUR")
    assert (str(found.past), found.passed, tallied) == ("9 EUR", True, True)


def test_what_may_have_happened_is_a_range() -> None:
    found, tallied = stands(COUNTED, of(pay(5), pay(4, status="unknown")))
    assert (repr(found.past), found.passed is True, tallied) == (
        "Interval(low=1, high=2)",
        False,
        True,
    )


def test_nothing_happened() -> None:
    found, tallied = stands(COUNTED, of())
    assert (found.past, found.passed, tallied) == (0, False, True)


@pytest.mark.parametrize(
    ("policy", "history"),
    [
        pytest.param(COUNTED, of(pay(5, by=Agent("A"))), id="another spelling of the name"),
        pytest.param(COUNTED, of(pay(-5)), id="in the future"),
        pytest.param(SUMMED, of(pay(5, amount=-1)), id="a negative amount"),
        pytest.param(SUMMED, of(pay(5, amount="x")), id="no amount"),
        pytest.param(PAID, of(pay(5, fee="1 EUR"), pay(4, fee="1 USD")), id="two currencies"),
        pytest.param(COUNTED, of(pay(5), since=NOW), id="before what is known"),
        pytest.param(f"{COUNTED} when time of now > 01:00", of(pay(5)), id="by the clock"),
        pytest.param("rule r limit pay to at most 2 during this session", of(pay(5)), id="session"),
    ],
)
def test_what_could_differ_is_counted(policy: str, history: History) -> None:
    assert stands(policy, history)[1] is False


def test_a_tally_is_made_once() -> None:
    engine, history = loaded(POLICY + COUNTED), of(*(pay(k / 9) for k in range(20)))
    for _ in range(3):
        assert not verdict(engine, history)
    assert len(history.kept) == 1


def verdict(engine: Engine, history: History) -> bool:
    action = Action(Agent("a"), "pay", {"card": "c"})
    return engine.verdict(
        action, frozenset(), engine.circumstances(action, history=history, now=NOW, roles=[])
    ).allowed


def limited(draw: Draw) -> Trial:
    some = of_forms(draw, draft(draw), "limit")
    policy = built(some)
    return Trial(some, policy, tuple(busy(draw, policy, "limits") for _ in range(6)))


@examples(150)
@given(drawn(limited))
def test_tallying_is_counting(one: Trial) -> None:
    program = compile_policy(one.policy)
    for each in one.scenarios:
        question = Question(program, each.action(), each.circumstances(one.policy))
        rules = program.tasks[question.task.name].narrowing if question.task else ()
        for rule in rules:
            for actor in question.actors if rule.limit is not None else ():
                found = usage(rule, actor)
                with counting():
                    assert repr(usage(rule, actor)) == repr(found)
