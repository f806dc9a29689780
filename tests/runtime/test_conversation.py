"""`gate.session(…)`: what an agent's code sees, in both colours, and what sub-agents may do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from policy_engine import (
    Action,
    Agent,
    Denied,
    Engine,
    Failed,
    Gate,
    GateError,
    Held,
    Human,
    InputError,
    NotPerformed,
    OutcomeUnknown,
    Status,
    Withheld,
)
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.verify import verify

POLICY = """
policy desk.t "T" owner "o@desk.example"
role bot for agents
role helper for agents
role boss for humans
task pay { input amount: Decimal  input key?: Text }
task look { output untrusted labelled outside }
task tell { input words: Text  output answer: Text }
rule pays permit bot to pay when amount > 0
rule helps permit helper to pay when amount < 50
rule looks permit any agent to look, tell
rule signed escalate pay to boss when amount > 100
rule clean forbid any principal to pay when session has seen outside
rule three limit pay to at most 3 during this session
validation short checks answer that size of answer < 5
rule told require short after tell
"""
ROLES = "g, a, bot\ng, h, helper\ng, ana, boss\n"
A, H = Agent("a"), Agent("h")

Open = Callable[..., Gate]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    gates = []

    def made(**tools: Callable[..., Any]) -> Gate:
        (tmp_path / "p.policy").write_text(POLICY, encoding="utf-8")
        (tmp_path / "r.csv").write_text(ROLES, encoding="utf-8")
        engine = Engine.load(tmp_path / "p.policy", directory=tmp_path / "r.csv")
        gates.append(engine.gate(store=tmp_path / "s.db", tools=tools, time_limit=0.5))
        return gates[-1]

    yield made
    for gate in gates:
        gate.close()


def paid(amount: int, key: str = "") -> str:
    return f"paid {amount}{key}"


async def paid_later(amount: int) -> str:
    await asyncio.sleep(0)
    return f"paid {amount}"


def test_what_is_allowed_gives_its_output(opened: Open) -> None:
    with opened(pay=paid).session(A, request="pay 5") as session:
        assert session.run("pay", amount=5) == "paid 5"


def test_an_input_whose_name_is_taken_comes_in_a_mapping(opened: Open) -> None:
    with opened(pay=paid).session(A) as session:
        assert session.run("pay", {"amount": 5, "key": "!"}, key="once") == "paid 5!"
        with pytest.raises(InputError, match="amount are given twice"):
            session.run("pay", {"amount": 5}, amount=6)


def test_what_is_denied_raises_its_reasons(opened: Open) -> None:
    with opened(pay=paid).session(A) as session, pytest.raises(Denied) as refused:
        session.run("pay", amount=-1)
    assert refused.value.reasons[0].outcome.word == "deny"
    assert "pay denied" in str(refused.value)


def test_what_is_held_raises_its_ticket_and_is_resumed(opened: Open) -> None:
    gate = opened(pay=paid)
    with gate.session(A, request="pay 500") as session:
        with pytest.raises(Held) as held:
            session.run("pay", amount=500)
        gate.approve(str(held.value.ticket), by=Human("ana"))
        assert session.resume(str(held.value.id)) == "paid 500"


@pytest.mark.parametrize(
    ("tool", "raised"),
    [
        (lambda **_: 1 / 0, Failed),
        (lambda **_: time.sleep(2), OutcomeUnknown),
    ],
    ids=["raises", "hangs"],
)
def test_what_went_wrong_is_raised_by_kind(
    opened: Open, tool: Callable[..., Any], raised: type[NotPerformed]
) -> None:
    with opened(pay=tool).session(A) as session, pytest.raises(raised):
        session.run("pay", amount=5)


def test_what_may_not_be_seen_is_withheld(opened: Open) -> None:
    with opened(tell=lambda words: words).session(A) as session:
        assert session.run("tell", words="yes") == "yes"
        with pytest.raises(Withheld) as kept:
            session.run("tell", words="far too long")
    assert kept.value.result.output is None


def test_a_session_goes_on_under_its_id(opened: Open) -> None:
    gate = opened(look=lambda: "strange", pay=paid)
    with gate.session(A, request="hi") as first:
        first.run("look")
    with (
        gate.session(A, request="hi", id=first.id) as again,
        pytest.raises(Denied, match="clean"),
    ):
        again.run("pay", amount=5)


def test_both_colours_end_alike(opened: Open) -> None:
    """The same conversation, driven by a thread and by an event loop."""

    def plain(gate: Gate) -> list[str]:
        with gate.session(A, request="pay") as session:
            return [_ended(partial(session.run, "pay", amount=n)) for n in (5, -1, 500)]

    async def awaited(gate: Gate) -> list[str]:
        found = []
        async with gate.session(A, request="pay") as session:
            for amount in (5, -1, 500):
                try:
                    found.append(str(await session.run("pay", amount=amount)))
                except NotPerformed as error:
                    found.append(type(error).__name__)
        return found

    expected = ["paid 5", "Denied", "Held"]
    assert plain(opened(pay=paid)) == expected
    assert asyncio.run(awaited(opened(pay=paid))) == expected
    assert asyncio.run(awaited(opened(pay=paid_later))) == expected


def _ended(do: Callable[[], object]) -> str:
    try:
        return str(do())
    except NotPerformed as error:
        return type(error).__name__


def test_a_coroutine_function_serves_a_synchronous_caller_too(opened: Open) -> None:
    with opened(pay=paid_later).session(A) as session:
        assert session.run("pay", amount=5) == "paid 5"


def test_the_loop_goes_on_while_tools_work(opened: Open) -> None:
    """Three payments of a tenth of a second each, at the same time, in one event loop."""

    async def slow(amount: int) -> str:
        running.append(amount)
        while len(running) < 3:
            await asyncio.sleep(0.001)
        return "paid"

    async def all_three(gate: Gate) -> None:
        async def one(amount: int) -> None:
            async with gate.session(A, request="x") as session:
                await session.run("pay", amount=amount)

        await asyncio.gather(*(one(n) for n in (1, 2, 3)))

    running: list[int] = []
    asyncio.run(all_three(opened(pay=slow)))
    assert sorted(running) == [1, 2, 3]


def test_whoever_cancels_leaves_an_outcome_that_nobody_knows(opened: Open, tmp_path: Path) -> None:
    async def endless(amount: int) -> None:
        begun.set()
        await asyncio.sleep(30)

    async def cancelled(gate: Gate) -> Status:
        session = gate.open("pay 5")
        action = Action(A, "pay", {"amount": 5})
        task = asyncio.create_task(gate.submit_async(action, session=session, key="k"))
        await asyncio.wait_for(begun.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return (await gate.submit_async(action, session=session, key="k")).status

    begun = asyncio.Event()
    assert asyncio.run(cancelled(opened(pay=endless))) is Status.UNKNOWN
    database = Database(tmp_path / "s.db", must_exist=True)
    assert verify(LedgerReader(database).records()).holds
    database.close()


def test_a_tool_is_registered_by_its_task(opened: Open) -> None:
    gate = opened()

    @gate.task("pay")
    def pay(amount: int) -> str:
        return f"{amount} paid"

    with gate.session(A) as session:
        assert session.run("pay", amount=7) == "7 paid"
    with pytest.raises(GateError, match="has its tool already"):
        gate.task("pay")(pay)
    with pytest.raises(GateError, match="knows no task fly"):
        gate.task("fly")(pay)


class TestSubAgents:
    def test_may_do_no_more_than_who_sent_them(self, opened: Open) -> None:
        """The helper may pay up to 50, and the agent who sends it may pay anything."""
        gate = opened(pay=paid)
        with gate.session(A, request="pay") as session:
            helper = session.sub(H)
            assert helper.run("pay", amount=40) == "paid 40"
            with pytest.raises(Denied):
                helper.run("pay", amount=60)

    def test_nor_than_who_sent_those(self, opened: Open) -> None:
        gate = opened(pay=paid)
        with gate.session(H, request="pay") as session, pytest.raises(Denied):
            session.sub(A).run("pay", amount=60)

    def test_what_they_saw_the_others_have_seen(self, opened: Open) -> None:
        gate = opened(pay=paid, look=lambda: "strange")
        with gate.session(A, request="pay") as session:
            helper, other = session.sub(H), session.sub(H)
            helper.run("look")
            for each in (session, other, helper, other.sub(H)):
                with pytest.raises(Denied, match="clean"):
                    each.run("pay", amount=5)

    def test_and_what_was_seen_before_they_came(self, opened: Open) -> None:
        gate = opened(pay=paid, look=lambda: "strange")
        with gate.session(A, request="pay") as session:
            session.run("look")
            with pytest.raises(Denied, match="clean"):
                session.sub(H).run("pay", amount=5)

    def test_share_what_may_be_done_in_one_session(self, opened: Open) -> None:
        gate = opened(pay=paid)
        with gate.session(A, request="pay") as session:
            session.run("pay", amount=1)
            session.sub(H).run("pay", amount=1)
            session.sub(H).sub(H).run("pay", amount=1)
            with pytest.raises(Denied, match="three"):
                session.sub(H).run("pay", amount=1)
        with gate.session(A, request="pay") as another:
            assert another.run("pay", amount=1) == "paid 1"


class TestSuspension:
    @pytest.mark.parametrize("name", ["agent a", "task pay", "session s-1"])
    def test_holds_from_the_next_decision_on(self, opened: Open, name: str) -> None:
        gate = opened(pay=paid)
        with gate.session(A, request="x", id="s-1") as session:
            session.run("pay", amount=1)
            gate.suspend(name, by=Human("ana"), reason="it pays nonsense")
            with pytest.raises(Denied, match="suspended"):
                session.run("pay", amount=1)
            gate.lift(name, by=Human("ana"), reason="mended")
            assert session.run("pay", amount=1) == "paid 1"

    def test_reaches_whoever_acts_for_the_suspended(self, opened: Open) -> None:
        gate = opened(pay=paid)
        with gate.session(A, request="x") as session:
            helper = session.sub(H)
            gate.suspend("agent a", by=Human("ana"), reason="stop")
            with pytest.raises(Denied, match="suspended"):
                helper.run("pay", amount=1)

    def test_stops_what_people_have_signed(self, opened: Open) -> None:
        gate = opened(pay=paid)
        with gate.session(A, request="x") as session:
            with pytest.raises(Held) as held:
                session.run("pay", amount=500)
            gate.approve(str(held.value.ticket), by=Human("ana"))
            gate.suspend("task pay", by=Human("ana"), reason="stop")
            with pytest.raises(Denied):
                session.resume(str(held.value.id))

    def test_is_on_the_record_once(self, opened: Open, tmp_path: Path) -> None:
        gate = opened()
        for _ in range(2):
            gate.suspend("agent a", by=Human("ana"), reason="stop")
        assert [(s.name, s.by, s.reason) for s in gate.suspended()] == [("agent a", "ana", "stop")]
        gate.lift("agent a", by=Human("ana"), reason="go on")
        assert gate.suspended() == ()
        database = Database(tmp_path / "s.db", must_exist=True)
        kinds = [record.kind for record in LedgerReader(database).records()]
        database.close()
        assert kinds == ["opened", "suspended", "lifted"]

    @pytest.mark.parametrize(
        ("name", "by", "reason", "problem"),
        [
            ("bot-7", Human("ana"), "x", "names nothing"),
            ("agent ", Human("ana"), "x", "names nothing"),
            ("agent a", A, "x", "only people"),
            ("agent a", Human("ana"), " ", "give a reason"),
        ],
    )
    def test_says_what_is_missing(
        self, opened: Open, name: str, by: Any, reason: str, problem: str
    ) -> None:
        with pytest.raises(GateError, match=problem):
            opened().suspend(name, by=by, reason=reason)

    def test_cannot_be_lifted_where_there_is_none(self, opened: Open) -> None:
        with pytest.raises(GateError, match="is not suspended"):
            opened().lift("agent a", by=Human("ana"), reason="x")
