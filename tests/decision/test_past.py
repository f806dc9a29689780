"""What the past can say, and what it cannot: gaps, clocks that differ, what is under way."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from policy_engine import Action, Agent, Engine, Outcome
from policy_engine.decision.history import History, PastAction
from policy_engine.decision.outcome import Decision
from tests.decision.loading import NOW, loaded, of, past

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return loaded("""
task open { input key: Text output code: Text }
task call {}
task sum { input amount: Decimal }
task work { input key: Text }
about work { exclusive per key }
rule all permit any agent to any task
rule opened call only after open within 1 hour
rule no_code forbid any agent to call when exists open where past.code == "bad" within 1 day
rule most limit sum of amount over sum to at most 10 within 1 hour
""")


def decided(engine: Engine, task: str, history: History | None, **input: object) -> Decision:
    return engine.decide(Action(Agent("a"), task, input), history=history, now=NOW)


def codes(decision: Decision) -> set[str]:
    return {r.code.id for r in decision.reasons if r.outcome is decision.outcome}


def test_without_a_history_nothing_about_it_is_known(engine: Engine) -> None:
    assert codes(decided(engine, "call", None)) == {"D501", "D519"}
    assert codes(decided(engine, "sum", None, amount=1)) == {"D513"}
    assert codes(decided(engine, "work", None, key="k")) == {"D514"}


def test_a_window_that_the_history_does_not_reach_is_unknown(engine: Engine) -> None:
    opened = past("open", 5, key="k")
    assert codes(decided(engine, "call", of(opened, since=NOW - HOUR))) == {"D501"}
    decision = decided(engine, "call", of(opened, since=NOW - HOUR + timedelta(seconds=1)))
    assert codes(decision) == {"D501", "D519"}


def test_an_output_that_has_not_come_back_is_unknown(engine: Engine) -> None:
    silent = past("open", 5, key="k")
    told = PastAction("open", {"key": "k"}, Agent("a"), silent.at, "executed", output=("good",))
    assert codes(decided(engine, "call", of(silent))) == {"D501"}
    assert decided(engine, "call", of(told)).allowed


def test_an_action_of_the_future_may_have_happened(engine: Engine) -> None:
    ahead = past("sum", -1, amount=10)
    assert codes(decided(engine, "sum", of(ahead), amount=1)) == {"D513"}
    opened = PastAction("open", {}, Agent("a"), NOW + HOUR, "executed", output=("good",))
    assert codes(decided(engine, "call", of(opened))) == {"D519"}


def test_past_data_that_do_not_fit_are_unknown(engine: Engine) -> None:
    assert codes(decided(engine, "sum", of(past("sum", 5, amount="many")), amount=1)) == {"D513"}
    assert codes(decided(engine, "sum", of(past("sum", 5, amount=-3)), amount=1)) == {"D513"}


def test_when_a_limit_will_let_it_pass(engine: Engine) -> None:
    history = of(past("sum", 30, amount=4), past("sum", 20, amount=5), past("sum", 10, amount=1))
    (reason, *_) = decided(engine, "sum", history, amount=6).reasons
    assert reason.labels[0].text == "10 + 6 > 10"
    assert reason.not_before is not None
    assert reason.not_before == NOW + timedelta(minutes=40, microseconds=1)
    later = reason.not_before
    again = Action(Agent("a"), "sum", {"amount": 6})
    assert engine.decide(again, history=history, now=later).allowed
    just_before = later - timedelta(microseconds=1)
    assert not engine.decide(again, history=history, now=just_before).allowed
    assert decided(engine, "sum", history, amount=11).reasons[0].not_before is None
    running = of(past("sum", 30, amount=4), past("sum", 20, status="running", amount=5))
    assert decided(engine, "sum", running, amount=6).reasons[0].not_before is None


def test_work_of_the_same_root_does_not_wait_for_itself(engine: Engine) -> None:
    action = Action(Agent("a"), "work", {"key": "k"})
    held = of(past("work", 5, status="unknown", root="r", key="k"))
    for root, outcome in (("r", Outcome.ALLOW), ("q", Outcome.DENY), (None, Outcome.DENY)):
        assert engine.decide(action, history=held, root=root, now=NOW).outcome is outcome
    maybe = of(past("work", 5, status="running", key=7))
    assert engine.decide(action, history=maybe, now=NOW).reasons[0].unknown is not None


def test_a_history_is_checked_when_it_is_made() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="offset"):
        PastAction("open", {}, Agent("a"), naive, "executed")
    with pytest.raises(ValueError, match="offset"):
        History((), naive)
    with pytest.raises(ValueError, match="status"):
        PastAction("open", {}, Agent("a"), NOW, "done")  # type: ignore[arg-type]
