"""A tally answers what counting answers, and is left aside where it could not."""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from policy_engine import Action, Agent, Engine, History, Human, PastAction
from policy_engine.decision import limits
from policy_engine.decision.action import named
from policy_engine.decision.intervals import Interval
from policy_engine.decision.limit_class import class_of, tally_of
from policy_engine.decision.limits import Usage, limit_passed, usage
from policy_engine.decision.question import Question
from policy_engine.decision.tallies import Tallies
from policy_engine.decision.truth import Unknown
from policy_engine.language import checked as c
from policy_engine.language.walk import all_of
from tests.decision.loading import NOW, loaded, of, past
from tests.properties.test_laws_of_tallies import counting

POLICY = """
role clerk
agents have { team: Text }
task pay {
  input amount?: Decimal  input card: Text  input fee?: Money
  input count?: Integer  input extra: Json
}
task send {
  input amount: Decimal  input card: Text  input extra?: Json  input span: Duration
  output code: Text
}
task open { input card: Text }
rule base permit any agent to pay
"""
COUNTED = "rule r limit pay to at most 2 per principal within 1 hour"
TEAM = "rule r limit pay to at most 2 per agent.team within 1 hour"
SUMMED = "rule r limit sum of amount over pay to at most 100 per card within 1 day"
PAID = "rule r limit sum of fee over pay to at most 9 EUR per card within 1 day"
SESSION = "rule r limit pay to at most 2 during this session"
HUMAN = Human("h")
ACTION = Action(Agent("a", team="t"), "pay", {"card": "c", "extra": 1})


def asking(engine: Engine, history: History, **given: object) -> Question:
    action = replace_input(given)
    given_ = engine.circumstances(action, history=history, now=NOW, roles=[])
    return Question(engine._program, action, given_)


def replace_input(given: dict[str, object]) -> Action:
    return Action(ACTION.principal, "pay", {"card": "c", "extra": 1, **given})


def stands(policy: str, history: History, **given: object) -> tuple[Usage, bool]:
    """How the limit stands, and whether that was tallied; counting must say the same."""
    engine = loaded(POLICY + policy)
    actor = asking(engine, history, **given).principal
    (rule,) = engine._program.tasks["pay"].narrowing
    usage(rule, actor)
    found, is_tallied = usage(rule, actor), limits.counted(rule, actor) is not None
    with counting():
        assert repr(usage(rule, actor)) == repr(found)
    return found, is_tallied


def answer(condition: str, history: History, *more: str) -> tuple[object, bool]:
    """What the question in a condition comes to, and whether it was tallied."""
    engine = loaded(f"{POLICY} {' '.join(more)} rule r forbid any agent to pay when {condition}")
    (rule,) = engine._program.tasks["pay"].narrowing
    (written,) = rule.rule.conditions
    questions = (c.Happened, c.PastTally, c.NoneSince)
    node = next(n for n in all_of(written.expression) if isinstance(n, questions))
    frame = asking(engine, history).frame
    closure = engine._program.conditions.compile(node)
    closure(frame)
    found, kept = closure(frame), history.kept
    with counting():
        assert repr(closure(frame)) == repr(found)
    return found, any(isinstance(one, Tallies) for one in kept.values())


def pay(minutes: float, **more: object) -> PastAction:
    return past("pay", minutes, card="c", **more)


def send(minutes: float, amount: object = 1, **more: object) -> PastAction:
    return past("send", minutes, card="c", amount=amount, **{"span": "PT1H", **more})


# Limits


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
    assert (found.past, isinstance(found.passed, Unknown), tallied) == (Interval(1, 2), True, True)


def test_nothing_happened() -> None:
    found, tallied = stands(COUNTED, of())
    assert (found.past, found.passed, tallied) == (0, False, True)


def test_who_delegated_counts_as_who_acts() -> None:
    """Once, though the same did both; and each of two in a group of their own."""
    delegated = replace(pay(5), chain=(ACTION.principal, HUMAN))
    assert stands(COUNTED, of(delegated, replace(pay(4), chain=(HUMAN,))))[0].past == 2
    assert stands(COUNTED, of(delegated))[1] is True
    other = replace(pay(5, by=Agent("b")), chain=(ACTION.principal,))
    assert stands(COUNTED, of(other))[0].past == 1


def test_one_of_those_who_did_it_surely_is_of_the_class() -> None:
    """Whichever of them comes last."""
    policy = f'{COUNTED.replace("per principal", "per card")} when agent.team == "t"'
    sure, open_ = Agent("b", team="t"), Agent("c")
    for chain, by in (((sure,), open_), ((open_,), sure)):
        found, tallied = stands(policy, of(replace(pay(5, by=by), chain=chain)))
        assert (found.past, tallied) == (1, True)


def test_a_session_counts_its_own() -> None:
    one, other = replace(pay(5), session="s-1"), replace(pay(4), session="s-2")
    engine, history = loaded(POLICY + SESSION), of(one, one, other, pay(3))
    question = asking(engine, history)
    question.past._session = "s-1"
    (rule,) = engine._program.tasks["pay"].narrowing
    tallied = limits.counted(rule, question.principal)
    assert tallied is not None
    assert (tallied.actions, usage(rule, question.principal).past) == (2, 2)


FAR = 10**37 * 9

REASONS = [
    pytest.param(COUNTED, (pay(5, by=Agent("A")),), id="another spelling of the name"),
    pytest.param(COUNTED, (pay(-5),), id="in the future"),
    pytest.param(TEAM, (pay(5),), id="a key that cannot be told"),
    pytest.param(SUMMED, (pay(5, amount=-1),), id="a negative amount"),
    pytest.param(SUMMED, (pay(5, amount="x"),), id="no amount"),
    pytest.param(PAID, (pay(5, fee="1 EUR"), pay(4, fee="1 USD")), id="two currencies"),
    pytest.param(f"{COUNTED} when time of now > 01:00", (pay(5),), id="by the clock"),
    pytest.param(SESSION, (pay(5),), id="no session"),
    pytest.param(
        "rule r limit pay to at most 2 per extra within 1 hour",
        (pay(5, extra=True), pay(4, extra=1)),
        id="true and one, which Python finds equal",
    ),
]


@pytest.mark.parametrize(("policy", "actions"), REASONS)
def test_what_could_differ_is_counted(policy: str, actions: tuple[PastAction, ...]) -> None:
    assert stands(policy, of(*actions))[1] is False


def test_what_is_not_known_is_counted() -> None:
    assert stands(COUNTED, of(pay(5), since=NOW))[1] is False


@pytest.mark.parametrize(("policy", "actions"), REASONS[2:6])
def test_what_is_odd_matters_in_its_window_only(
    policy: str, actions: tuple[PastAction, ...]
) -> None:
    """Two days later what could not be added up no longer hinders anybody."""
    before = [replace(one, at=one.at - timedelta(days=2)) for one in actions[-1:]]
    fine = replace(pay(5, amount=1, fee="1 USD"), principal=ACTION.principal)
    assert stands(policy, of(*before, fine))[1] is True


@pytest.mark.parametrize("name", ["amount", "count"])
def test_a_sum_beyond_all_digits_is_as_when_counted(name: str) -> None:
    history = of(pay(5, **{name: FAR}), pay(4, **{name: FAR}))
    found, tallied = stands(SUMMED.replace("amount", name), history, **{name: 1})
    assert (found.past, isinstance(found.passed, Unknown), tallied) == (None, True, True)


# Questions


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("count of send where (past.card == card) within 1 hour > 1", 2),
        ("count of send where (card == past.card and past.amount > 1) within 1 hour > 1", 1),
        ("count of send where (past.principal == principal) within 1 hour > 1", 2),
        ('count of send where (past.code == "x") within 1 hour > 1', 1),
        ("sum of amount over send where (past.card == card) within 1 hour > 1", 3),
        ("sum of past.amount + 1 over send within 2 hours > 1", 9),
        ("exists send where (past.card == card) within 1 hour", True),
        ("exists denied send within 1 hour", False),
        ("no send since open within 1 hour", True),
        ("no open since send within 1 hour", False),
    ],
)
def test_questions_are_tallied(condition: str, expected: object) -> None:
    history = of(
        send(90, amount=3),
        replace(send(20, amount=1), output=("x",)),
        replace(send(10, amount=2), output=("y",)),
        past("open", 5, card="c"),
    )
    found, tallied = answer(condition, history)
    assert (found, tallied) == (expected, True)


@pytest.mark.parametrize(
    "condition",
    [
        "count of send where (past.card != card) within 1 hour > 1",
        "count of send where (past.card == card or past.amount > 1) within 1 hour > 1",
        "sum of past.amount + size of card over send within 1 hour > 1",
        "count of send where (same(past.card, card)) within 1 hour > 1",
        "count of send where (late(past.card)) within 1 hour > 1",
        "count of send where (past.extra is given and past.extra == extra) within 1 hour > 1",
    ],
)
def test_what_rests_on_the_present_otherwise_is_gone_through(condition: str) -> None:
    defined = ("define same(a: Text, b: Text) = a == b",)
    defined += ('define late(card: Text) = card == "c" and time of now > 01:00',)
    assert answer(condition, of(send(5, amount=1), send(4, amount=2)), *defined)[1] is False


def test_a_variable_from_outside_is_of_the_present() -> None:
    """The one question of a definition is asked with several arguments."""
    engine = loaded(
        f"{POLICY} define more(n: Decimal) ="
        " count of send where (past.amount > n) within 1 hour > 0"
        " rule r forbid any agent to pay when more(3)"
        " rule s forbid any agent to pay when more(1)"
    )
    history = of(send(5, amount=2))
    for _ in range(2):
        decision = engine.decide(ACTION, history=history, now=NOW, roles=[])
        assert decision.rules == {"s"}


def test_what_is_no_decimal_stays_an_integer() -> None:
    """Though one that has left the window was one."""
    worth = 'define worth(card: Text, x: Decimal) = if card == "c" then x else 0'
    other = past("send", 5, card="d", amount=Decimal("0.5"), span="PT1H")
    condition = "sum of worth(past.card, past.amount) over send within 1 hour > 1"
    found, tallied = answer(condition, of(send(90, Decimal("0.5")), other), worth)
    assert (repr(found), tallied) == ("0", True)


def test_negative_terms_that_may_count_lower_the_sum() -> None:
    actions = (send(5, amount=4), send(4, amount=-3, status="running"))
    history = of(*actions, send(3, amount=2, status="running"))
    found, tallied = answer("sum of amount over send within 1 hour > 1", history)
    assert (found, tallied) == (Interval(1, 6), True)


def test_durations_add_up() -> None:
    history = of(send(5, span="PT1H"), send(4, span="PT30M"))
    condition = "sum of past.span over send within 1 hour > 1 hour"
    found, tallied = answer(condition, history)
    assert (found, tallied) == (timedelta(minutes=90), True)


def test_which_came_first_of_one_instant_is_open() -> None:
    found, _ = answer("no send since open within 1 hour", of(send(5), past("open", 5, card="c")))
    assert isinstance(found, Unknown)


def test_who_did_what_was_delegated_is_open() -> None:
    history = of(replace(send(5), chain=(HUMAN,)))
    condition = "count of send where (past.principal == principal) within 1 hour > 1"
    assert answer(condition, history)[0] == Interval(0, 1)
    condition = "count of send where (past.card == card) within 1 hour > 1"
    assert answer(condition, history) == (1, True)


# How they are kept


def test_a_tally_is_made_once() -> None:
    engine, history = loaded(POLICY + COUNTED), of(*(pay(k / 9) for k in range(20)))
    kept = [(verdict(engine, history), dict(history.kept))[1] for _ in range(3)]
    assert len(kept[0]) == 1
    assert kept[0] == kept[1] == kept[2]


def test_the_first_question_about_a_short_window_is_counted() -> None:
    engine, history = loaded(POLICY + COUNTED), of(*(pay(k * 60) for k in range(20)))
    kinds = []
    for _ in range(2):
        verdict(engine, history)
        kinds += [isinstance(one, Tallies) for one in history.kept.values()]
    assert kinds == [False, True]


def test_a_tally_is_carried_on_and_not_made_anew() -> None:
    engine, history = loaded(POLICY + COUNTED), of(pay(9), pay(8))
    verdict(engine, history)
    longer = history.extended(pay(7))
    assert list(longer.kept.values()) == list(history.kept.values())
    assert [verdict(engine, one) for one in (history, longer, of(pay(9)))] == [False, False, True]


def test_a_tally_goes_with_its_policy() -> None:
    engine, history = loaded(POLICY + COUNTED), of(pay(9))
    verdict(engine, history)
    longer = history.extended(pay(8))
    assert len(longer.kept) == 1
    del engine
    gc.collect()
    assert longer.extended(past("open", 7)).kept == {}


def test_a_limit_is_asked_with_what_is_at_hand() -> None:
    engine, history = loaded(POLICY + COUNTED), of(pay(61), pay(9), pay(8, status="running"))
    (rule,) = engine._program.tasks["pay"].narrowing
    tally = tally_of(rule, engine.policy, history)
    assert tally is not None
    keys = (named(ACTION.principal),)
    assert [limit_passed(tally, keys, 1, bound, NOW) for bound in (1, 2, 3)] == [True, None, False]
    assert limit_passed(tally, keys, 1, 0, NOW + timedelta(hours=2)) is True
    assert limit_passed(tally, keys, -1, 3, NOW) is None
    assert limit_passed(tally, (Unknown(rule.rule.span, ""),), 1, 3, NOW) is None
    assert limit_passed(tally, ("agent A",), 1, 3, NOW) is None


def test_what_rests_on_the_clock_has_no_class() -> None:
    engine = loaded(f"{POLICY} {COUNTED} when time of now > 01:00")
    (rule,) = engine._program.tasks["pay"].narrowing
    assert class_of(rule, engine.policy) is tally_of(rule, engine.policy, of()) is None


def verdict(engine: Engine, history: History) -> bool:
    given = engine.circumstances(ACTION, history=history, now=NOW, roles=[])
    return engine.verdict(ACTION, frozenset(), given).allowed
