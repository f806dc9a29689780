"""Past a limit, an `only after` or an `exclusive`: what happened, and what is made of it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from policy_engine import Action, Agent, Gate, Human, Status
from policy_engine.runtime.ports import SystemClock
from tests.adversary.conftest import Lab, act

PACE = """
task pay { input amount: Decimal  input tip?: Decimal }
rule r permit any agent to pay
rule pace limit pay to at most 2 per agent within 1 hour
"""
SUM = PACE.replace("limit pay to at most 2 per agent", "limit sum of amount over pay to at most 10")
PAY = {"pay": lambda amount, tip=None: "paid"}


def paid(gate: Gate, amount: object = 5, by: str = "a", **more: Any) -> Status:
    return gate.submit(Action(Agent(by), "pay", {"amount": amount}), **more).status


def in_threads(number: int, work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_do_not_pass_a_limit_together(lab: Lab) -> None:
    runs: list[object] = []
    gate = lab.gate(PACE, tools={"pay": lambda amount: runs.append(amount)})
    in_threads(10, lambda n: paid(gate, n) and None)
    assert len(runs) == 2


_WORKER = """
import sys
from policy_engine import Action, Agent, Engine
folder, name = sys.argv[1:]
def pay(amount):
    with open(folder + "/effects", "a") as file:
        file.write("paid\\n")
gate = Engine.load(folder + "/p.policy", directory=folder + "/r.csv").gate(
    store=folder + "/s.db", tools={"pay": pay})
for n in range(3):
    gate.submit(Action(Agent("a"), "pay", {"amount": n}))
gate.close()
"""


def test_processes_do_not_pass_a_limit_together(lab: Lab) -> None:
    lab.gate(PACE)
    command = [sys.executable, "-c", _WORKER, str(lab.folder), "x"]
    workers = [subprocess.Popen(command) for _ in range(3)]
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    assert (lab.folder / "effects").read_text() == "paid\n" * 2


@pytest.mark.parametrize(
    "amount", [-1, -0.5, "6", "-6", float("nan"), float("inf"), 10**40, 5.1, True, None, [6]]
)
def test_no_amount_makes_room_in_a_sum(lab: Lab, amount: object) -> None:
    """Negative numbers free a budget; texts and floats count for something else, or nothing."""
    gate = lab.gate(SUM, tools=PAY)
    assert paid(gate, 5) is Status.EXECUTED
    assert paid(gate, amount) is Status.DENIED
    assert paid(gate, 5.0) is Status.EXECUTED
    assert paid(gate, 1e-9) is Status.DENIED


def test_an_amount_that_is_left_out_is_none(lab: Lab) -> None:
    gate = lab.gate(SUM.replace("sum of amount", "sum of tip"), tools=PAY)
    for tip, status in ((9, Status.EXECUTED), (None, Status.EXECUTED), (2, Status.DENIED)):
        action = act("pay", {"amount": 1, "tip": tip})
        assert gate.submit(action).status is status


def test_a_clock_that_is_set_back_makes_no_room(lab: Lab) -> None:
    gate = lab.gate(PACE, tools=PAY)
    assert [paid(gate), paid(gate)] == [Status.EXECUTED] * 2
    for hours in (-5, -24 * 400):
        lab.clock.advance(hours=hours)
        assert paid(gate) is Status.DENIED


@pytest.mark.parametrize("who", ["A", "a ", "ａ", "a\u200b"])
def test_neither_a_session_nor_a_spelling_makes_room(lab: Lab, who: str) -> None:
    """`per agent` compares ids as they are written; so could two systems of the host."""
    gate = lab.gate(PACE, tools=PAY)
    first, second = gate.open("x"), gate.open("y")
    assert paid(gate, session=first) is Status.EXECUTED
    assert paid(gate, session=second) is Status.EXECUTED
    assert paid(gate, by=who) is Status.DENIED
    assert paid(gate, by="b") is Status.EXECUTED
    assert gate.submit(Action(Human("a"), "pay", {"amount": 1})).status is Status.DENIED


def _raises(amount: object) -> None:
    raise RuntimeError("timed out after it was sent")


def test_what_failed_may_have_happened(lab: Lab) -> None:
    """A tool that pays and then raises, again and again."""
    gate = lab.gate(PACE, tools={"pay": _raises})
    assert [paid(gate) for _ in range(3)] == [Status.FAILED, Status.FAILED, Status.DENIED]


def test_what_failed_without_effect_has_not(lab: Lab) -> None:
    gate = lab.gate(PACE + "about pay { failure has no effect }\n", tools={"pay": _raises})
    assert {paid(gate) for _ in range(4)} == {Status.FAILED}


def test_what_was_never_called_has_not(lab: Lab) -> None:
    gate = lab.gate(PACE)
    assert {paid(gate) for _ in range(4)} == {Status.FAILED}
    assert paid(lab.gate(PACE, tools=PAY)) is Status.EXECUTED


def test_what_never_came_back_counts(lab: Lab) -> None:
    stop = threading.Event()
    gate = lab.gate(PACE, tools={"pay": lambda amount: stop.wait(20)}, time_limit=0.05)
    try:
        assert [paid(gate) for _ in range(3)] == [Status.UNKNOWN, Status.UNKNOWN, Status.DENIED]
    finally:
        stop.set()


def test_what_was_under_way_when_the_process_died_counts(lab: Lab) -> None:
    gate = lab.gate(PACE, tools=PAY)
    assert [paid(gate), paid(gate)] == [Status.EXECUTED] * 2
    lab.execute("UPDATE actions SET status = 'executing'")
    assert paid(lab.gate(PACE, tools=PAY)) is Status.DENIED


def test_keys_neither_free_nor_use_a_budget(lab: Lab) -> None:
    gate = lab.gate(PACE, tools=PAY)
    assert {paid(gate, key="k") for _ in range(5)} == {Status.EXECUTED}
    assert [paid(gate, key="l"), paid(gate, key="m")] == [Status.EXECUTED, Status.DENIED]


def test_signatures_for_two_do_not_pass_a_limit_for_one(lab: Lab) -> None:
    """Held actions reserve nothing: each was within the limit when people were asked."""
    gate = lab.gate(PACE.replace("2 per", "1 per") + "rule e escalate pay to boss\n", tools=PAY)
    held = [gate.submit(act("pay", {"amount": n})) for n in (1, 2)]
    for one in held:
        gate.approve(str(one.ticket), by=Human("ana"))
    found = [gate.resume(str(one.id)).status for one in held]
    assert found == [Status.EXECUTED, Status.DENIED]


def test_an_edit_of_the_policy_frees_no_budget(lab: Lab) -> None:
    assert paid(lab.gate(SUM.replace("Decimal", "Integer"), tools=PAY), 10) is Status.EXECUTED
    assert paid(lab.gate(SUM, tools=PAY), 1) is Status.DENIED
    tip = SUM.replace("amount: Decimal", "amount?: Text").replace("of amount", "of tip")
    assert paid(lab.gate(SUM + tip.replace("pace", "other").splitlines()[-1], tools=PAY)) is (
        Status.DENIED
    )


def test_a_tool_that_acts_through_the_gate_counts_its_own_call(lab: Lab) -> None:
    found: list[Status] = []

    def pay(amount: int) -> None:
        if amount < 8:
            found.append(paid(gate, amount + 1))

    gate = lab.gate(PACE, tools={"pay": pay})
    assert paid(gate) is Status.EXECUTED
    assert found == [Status.DENIED, Status.EXECUTED]


AFTER = """
fact owner: Text
task verify { input customer: Text  output answer: Text }
task pay { input customer: Text }
rule r permit any agent to verify, pay
rule known pay only after verify
  where past.customer == owner and past.principal == principal within 1 hour
validation good checks answer that answer == "yes"
rule g require good after verify
"""


@pytest.mark.parametrize(
    ("says", "customer", "by", "minutes"),
    [
        ("yes", "C-1", "a", 0),
        ("yes", "c-1 ", "a", 0),
        ("yes", "c-1\u200b", "a", 0),
        ("yes", "c-1", "b", 0),
        ("yes", "c-1", "a", 61),
        ("no", "c-1", "a", 0),
        (RuntimeError("x"), "c-1", "a", 0),
        (None, "c-1", "a", 0),
    ],
    ids=["case", "space", "unseen", "another", "before", "withheld", "failed", "nothing"],
)
def test_what_does_not_open_the_task_after_it(
    lab: Lab, says: object, customer: str, by: str, minutes: float
) -> None:
    def verify(customer: str) -> object:
        if isinstance(says, Exception):
            raise says
        return says

    gate = lab.gate(AFTER, tools={"verify": verify, "pay": lambda customer: "paid"})
    facts = {"owner": "c-1"}
    gate.submit(Action(Agent(by), "verify", {"customer": customer}), facts=facts)
    lab.clock.advance(minutes=minutes)
    pay = act("pay", {"customer": "c-1"})
    assert gate.submit(pay, facts=facts).status is Status.DENIED


def test_what_opens_the_task_after_it(lab: Lab) -> None:
    tools = {"verify": lambda customer: "yes", "pay": lambda customer: "paid"}
    gate = lab.gate(AFTER, tools=tools)
    gate.submit(act("verify", {"customer": "c-1"}), facts={"owner": "c-1"})
    pay = act("pay", {"customer": "c-1"})
    assert gate.submit(pay, facts={"owner": "c-1"}).status is Status.EXECUTED


ONE = """
task work { input key: KEY }
about work { exclusive per key }
rule r permit any agent to work
"""


def test_two_threads_never_hold_one_key(lab: Lab) -> None:
    inside, most = [0], [0]

    def work(key: str) -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        threading.Event().wait(0.05)
        inside[0] -= 1

    gate = lab.gate(ONE.replace("KEY", "Text"), tools={"work": work})
    in_threads(6, lambda n: gate.submit(act("work", {"key": "k"})) and None)
    assert most == [1]


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("Decimal", 5, 5.0),
        ("Path", "/srv/a", "/srv//b/../a"),
        ("Email", "a@x.example", "a@X.example"),
        ("Money", "5 EUR", {"amount": 5.0, "currency": "EUR"}),
        ("Duration", "P1D", "PT24H"),
        ("set of Text", ["a", "b"], ["b", "a", "a"]),
    ],
)
def test_another_spelling_is_the_same_key(lab: Lab, kind: str, one: object, other: object) -> None:
    """The first was under way when its process died."""
    lab.clock = SystemClock()  # type: ignore[assignment]
    policy = ONE.replace("KEY", kind)
    gate = lab.gate(policy, tools={"work": lambda key: "done"})
    assert gate.submit(act("work", {"key": one})).status is Status.EXECUTED
    lab.execute("UPDATE actions SET status = 'executing'")
    gate = lab.gate(policy, tools={"work": lambda key: "done"})
    again = gate.submit(act("work", {"key": other}))
    assert again.decision is not None
    assert again.decision.reasons[0].code.id == "D514"
