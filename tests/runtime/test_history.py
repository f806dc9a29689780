"""What the gate remembers, and what rules make of it: limits, order of tasks, one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from policy_engine import Human, Result, Status
from policy_engine.runtime.past import Past
from tests.fakes import Desk

OpenDesk = Callable[..., Desk]
DAY = timedelta(days=1)

TASKS = """
role manager for humans
task look { input id: Text }
task pay { input id: Text  input amount: Decimal }
task close { input id: Text }
rule all permit any agent to any task
"""
TOOLS: dict[str, Callable[..., object]] = {
    "look": lambda id: "seen",
    "pay": lambda id, amount: "paid",
    "close": lambda id: "closed",
}


def codes(result: Result) -> set[str]:
    assert result.decision is not None
    reasons = result.decision.reasons
    return {r.code.id for r in reasons if r.outcome is result.decision.outcome}


def test_a_count_within_an_hour(open_desk: OpenDesk) -> None:
    text = TASKS + "rule pace limit look to at most 2 per agent within 1 hour\n"
    desk = open_desk(text, tools=TOOLS)
    assert desk.do("look", id="a").status is Status.EXECUTED
    desk.clock.advance(minutes=30)
    assert desk.do("look", id="b").status is Status.EXECUTED
    third = desk.do("look", id="c")
    assert (third.status, codes(third)) == (Status.DENIED, {"D513"})
    assert third.decision is not None
    assert "2 + 1 > 2" in desk.engine.explain(desk.action(), third.decision)
    assert desk.do("look", by="other", id="c").status is Status.EXECUTED
    desk.clock.advance(minutes=30, seconds=1)
    assert desk.do("look", id="c").status is Status.EXECUTED


def test_a_sum_within_a_day_of_the_zone(open_desk: OpenDesk) -> None:
    """A day in Warsaw ends at 22:00 UTC in summer."""
    text = TASKS + "rule daily limit sum of amount over pay to at most 100 per id within this day\n"
    desk = open_desk(text, tools=TOOLS)
    assert desk.do("pay", id="a", amount=60).status is Status.EXECUTED
    assert desk.do("pay", id="a", amount=40.5).status is Status.DENIED
    assert desk.do("pay", id="a", amount=40).status is Status.EXECUTED
    assert desk.do("pay", id="b", amount=100).status is Status.EXECUTED
    desk.clock.advance(hours=12, minutes=59)
    assert desk.do("pay", id="a", amount=1).status is Status.DENIED
    desk.clock.advance(minutes=1)
    assert desk.do("pay", id="a", amount=1).status is Status.EXECUTED


def test_a_limit_of_a_session(open_desk: OpenDesk) -> None:
    text = TASKS + "rule few limit look to at most 1 during this session\n"
    desk = open_desk(text, tools=TOOLS)
    assert desk.do("look", id="a").status is Status.EXECUTED
    assert desk.do("look", id="b").status is Status.DENIED
    desk.session = desk.gate.open("another one")
    assert desk.do("look", id="b").status is Status.EXECUTED


def test_a_manager_may_let_more_pass(open_desk: OpenDesk) -> None:
    text = TASKS + (
        "rule daily limit sum of amount over pay to at most 100 within 1 day\n"
        "  otherwise escalate to manager\n"
    )
    desk = open_desk(text, tools=TOOLS)
    assert desk.do("pay", id="a", amount=100).status is Status.EXECUTED
    held = desk.do("pay", id="a", amount=1)
    assert (held.status, codes(held)) == (Status.HELD, {"D513"})
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    assert desk.gate.resume(str(held.id)).status is Status.EXECUTED


def test_only_after(open_desk: OpenDesk) -> None:
    text = TASKS + "rule seen pay only after look where past.id == id within 1 hour\n"
    desk = open_desk(text, tools=TOOLS)
    first = desk.do("pay", id="a", amount=1)
    assert (first.status, codes(first)) == (Status.DENIED, {"D519"})
    desk.do("look", id="a")
    assert desk.do("pay", id="a", amount=1).status is Status.EXECUTED
    assert desk.do("pay", id="b", amount=1).status is Status.DENIED
    desk.clock.advance(hours=1, seconds=1)
    assert desk.do("pay", id="a", amount=1).status is Status.DENIED


def test_nothing_since(open_desk: OpenDesk) -> None:
    text = TASKS + "rule fresh close only when no pay since look within 1 day\n"
    desk = open_desk(text, tools=TOOLS)
    assert desk.do("close", id="a").status is Status.DENIED
    desk.do("look", id="a")
    desk.clock.advance(minutes=1)
    assert desk.do("close", id="a").status is Status.EXECUTED
    desk.do("pay", id="a", amount=1)
    assert desk.do("close", id="a").status is Status.DENIED
    desk.clock.advance(minutes=1)
    desk.do("look", id="a")
    desk.clock.advance(minutes=1)
    assert desk.do("close", id="a").status is Status.EXECUTED


def test_one_at_a_time(open_desk: OpenDesk) -> None:
    """Somebody proposes two more while the first runs; one wants the same key, the other does not.

    What the tool itself proposes meanwhile has no need to wait: `test_nesting`.
    """
    found: list[Result] = []

    def close(id: str) -> None:
        if not found:
            for other in ("a", "b"):
                somebody = threading.Thread(
                    target=lambda other=other: found.append(desk.do("close", id=other))
                )
                somebody.start()
                somebody.join()

    text = TASKS + "about close { exclusive per id }\n"
    desk = open_desk(text, tools={"close": close})
    assert desk.do("close", id="a").status is Status.EXECUTED
    assert [result.status for result in found] == [Status.DENIED, Status.EXECUTED]
    assert codes(found[0]) == {"D514"}
    assert desk.do("close", id="a").status is Status.EXECUTED


def test_the_past_outlives_a_restart(open_desk: OpenDesk) -> None:
    text = TASKS + "rule pace limit look to at most 1 within 1 hour\n"
    desk = open_desk(text, tools=TOOLS)
    desk.do("look", id="a")
    desk.gate.close()
    desk.gate = desk.open_gate()
    assert desk.do("look", id="b").status is Status.DENIED


def test_stages_of_the_past(open_desk: OpenDesk) -> None:
    """Signed is signed, whatever came after: here nobody ever took the action up."""
    text = TASKS + (
        "rule ask escalate pay to manager\n"
        "rule signed forbid any agent to close when exists approved pay within 1 day\n"
        "rule refused forbid any agent to look when exists denied pay within 1 day\n"
    )
    desk = open_desk(text, tools=TOOLS)
    held = desk.do("pay", id="a", amount=1)
    assert desk.do("close", id="a").status is Status.EXECUTED
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    assert desk.do("close", id="a").status is Status.DENIED
    assert desk.do("look", id="a").status is Status.EXECUTED
    desk.gate.reject(desk.gate.pending()[0].ticket, by=Human("ben"), reason="no")
    assert desk.do("look", id="a").status is Status.DENIED


def test_what_is_trusted_may_depend_on_the_past(open_desk: OpenDesk) -> None:
    text = TASKS + (
        "task list { output ids: list of Text trusted where not (exists pay within 1 day) }\n"
        "rule listed close only when id is trusted\n"
    )
    desk = open_desk(text, tools={**TOOLS, "list": lambda: ["a"]})
    desk.do("list")
    assert desk.do("close", id="a").status is Status.EXECUTED
    desk.do("pay", id="a", amount=1)
    assert desk.do("close", id="a").status is Status.DENIED


def test_what_is_kept_of_the_past_is_what_the_store_has(open_desk: OpenDesk) -> None:
    """Whatever happens between two decisions: held, signed, refused, failed, older than a day."""
    text = TASKS + (
        "rule ask escalate pay to manager when amount > 5\n"
        "rule pace limit sum of amount over pay to at most 1_000 within 1 day\n"
    )
    failing = {"now": False}

    def pay(id: str, amount: object) -> str:
        if failing["now"]:
            raise ValueError
        return "paid"

    desk = open_desk(text, tools={**TOOLS, "pay": pay})
    kept = desk.gate._proposals._decisions._past
    held: list[Result] = []
    for number in range(60):
        failing["now"] = number % 7 == 3
        result = desk.do("pay", id=f"p-{number}", amount=9 if number % 5 == 0 else 1)
        held += [result] if result.status is Status.HELD else []
        if number % 9 == 8:
            desk.gate.approve(str(held[-1].ticket), by=Human("ann"))
            desk.gate.resume(str(held.pop().id))
        if number % 20 == 19:
            desk.gate.reject(str(held.pop().ticket), by=Human("ann"), reason="no")
        if number % 15 == 14:
            desk.clock.advance(hours=7)
        now = desk.clock.now()
        fresh = Past(desk.gate._database, desk.engine.policy).of("pay", now, None)
        recent = [one for one in kept.of("pay", now, None).actions if one.at >= now - DAY]
        assert recent == [one for one in fresh.actions if one.at >= now - DAY]
