"""The smallest change of one input that would alter the outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from policy_engine import Action, Agent, History, PastAction
from policy_engine.decision.outcome import Outcome
from tests.decision.loading import loaded

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PAY = """
role clerk
role boss for humans
fact balance: Decimal
task pay { input amount: Decimal  input day?: Date  input fee: Money  input pin: Integer secret }
rule base permit clerk to pay
rule ask escalate pay to boss when amount > 200
rule cap forbid any agent to pay when amount > 500
rule covered pay only when amount <= balance
rule fees forbid any agent to pay when fee > 5 EUR
rule late forbid any agent to pay when day is given and day > 2026-12-24
rule pins forbid any agent to pay when pin > 10
rule pace limit sum of amount over pay to at most 900 per principal within 1 day
"""


def nearest(amount: object, history: History | None = None, **more: object) -> list[str]:
    engine = loaded(PAY)
    given = {"amount": amount, "fee": "1 EUR", "pin": 1, **more}
    action = Action(Agent("bot"), "pay", given)
    circumstances = engine.circumstances(
        action,
        roles=["clerk"],
        now=NOW,
        facts={"balance": 450},
        history=history or History(),
    )
    return [str(change) for change in engine.nearest(action, circumstances)]


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (100, ["`amount` above 200: escalate", "`fee` above 5 EUR: deny"]),
        (300, ["`amount` at most 200: allow"]),
        (460, ["`amount` at most 450: escalate"]),
        (5000, ["`amount` at most 450: escalate"]),
    ],
)
def test_the_nearest_bound_that_alters_the_outcome(amount: int, expected: list[str]) -> None:
    assert nearest(amount) == expected


def test_a_day_has_a_next_one() -> None:
    assert nearest(100, day="2026-12-30") == ["`day` at most 2026-12-24: allow"]


def test_two_wrongs_are_not_mended_by_one_change() -> None:
    assert nearest(5000, day="2026-12-30") == []


def test_what_a_limit_leaves_is_a_bound() -> None:
    past = PastAction("pay", {"amount": 800}, Agent("bot"), NOW - timedelta(hours=1), "executed")
    assert nearest(150, History((past,))) == ["`amount` at most 100: allow"]


def test_a_secret_input_is_not_told() -> None:
    assert not any("pin" in told for told in nearest(100, pin=50))


def test_what_does_not_fit_has_no_change() -> None:
    assert nearest("a lot") == []


def test_it_says_what_really_comes_out() -> None:
    engine = loaded(PAY)
    action = Action(Agent("bot"), "pay", {"amount": 300, "fee": "1 EUR", "pin": 1})
    given = engine.circumstances(
        action, roles=["clerk"], now=NOW, facts={"balance": 450}, history=History()
    )
    (change,) = engine.nearest(action, given)
    assert change.outcome is Outcome.ALLOW
    altered = Action(Agent("bot"), "pay", {**action.input, "amount": change.bound})
    assert engine.decide_in(altered, given).outcome is Outcome.ALLOW
