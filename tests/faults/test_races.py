"""Many at once: workers, approvals and ceilings, in processes that begin together."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from multiprocessing.synchronize import Barrier

import pytest

from policy_engine import ApprovalError, Human, Status
from tests.faults.conftest import Stage
from tests.faults.processes import PATIENCE, children, rounds, together
from tests.faults.scene import ANA, POLICY, SOAK, Scene, eventually, pay

ROUNDS = 20 * SOAK
CEILING = 10
TWO = POLICY.replace("to boss", "to 2 of boss")
LIMITED = """
policy desk.t "T" owner "o@desk.example"
role bot for agents
task pay { input amount: Decimal }
rule pays permit bot to pay
rule most limit pay to at most 10 within 1 day
"""


def resuming(scene: Scene, ids: list[str], turns: Barrier) -> Callable[[], list[str]]:
    """Takes up one action after the other, each at the same moment as the other process."""
    gate = scene.gate()

    def act() -> list[str]:
        found = []
        for id_ in ids:
            turns.wait(PATIENCE)
            found.append(gate.resume(id_).status.value)
        gate.close()
        return found

    return act


def signing(scene: Scene, tickets: list[str], by: str) -> Callable[[], list[str]]:
    """Signs one action after the other, and takes each up at once."""
    gate = scene.gate()

    def act() -> list[str]:
        said = []
        for ticket in tickets:
            try:
                gate.approve(ticket, by=Human(by))
                said.append("signed")
            except ApprovalError:
                said.append("refused")
            gate.resume(ticket.partition("-")[0])
        gate.close()
        return said

    return act


def working(scene: Scene, seconds: float) -> Callable[[], None]:
    """Is a worker of the store for some seconds, or until all is done."""
    gate = scene.gate()

    def act() -> None:
        gate.work()
        eventually(lambda: (scene.folder / "over").exists(), seconds)
        gate.close()

    return act


def crowding(scene: Scene, first: int, threads: int, failing: int = 0) -> Callable[[], list[str]]:
    """So many payments at once, of which one in `failing` fails before it has any effect."""
    noted = scene.tool("pay", partial(time.sleep, 0.01))

    def flaky(amount: int, idempotency_key: str) -> object:
        if failing and amount % failing == 0:
            time.sleep(0.01)
            raise OSError("nobody answers")
        return noted(amount=amount, idempotency_key=idempotency_key)

    gate = scene.gate({"pay": flaky})
    found: list[str] = []

    def submit(amount: int) -> None:
        found.append(scene.tell(gate.submit(pay(amount))).status.value)

    def act() -> list[str]:
        crowd = [threading.Thread(target=submit, args=(first + n,)) for n in range(threads)]
        for thread in crowd:
            thread.start()
        for thread in crowd:
            thread.join()
        gate.close()
        return found

    return act


def done(scene: Scene) -> Counter[str]:
    """How often each action was carried out."""
    return Counter(effect.key for effect in scene.effects())


def test_two_processes_take_up_one_action_and_it_runs_once(stage: Stage, store: str) -> None:
    scene = stage(store=store)
    gate = scene.gate()
    held = [scene.held(gate, 500 + number) for number in range(ROUNDS)]
    for result in held:
        gate.approve(str(result.ticket), by=ANA)
    ids = [str(result.id) for result in held]
    gate.close()
    both = together(*[partial(resuming, scene, ids, rounds(2))] * 2)
    assert {status for one in both for status in one} <= {"executed", "executing"}
    assert done(scene) == dict.fromkeys(ids, 1)


def test_two_workers_and_whoever_signs_run_it_once(stage: Stage, store: str) -> None:
    scene = stage(store=store)
    gate = scene.gate()
    with children(*[partial(working, scene, 60.0)] * 2) as workers:
        held = [scene.held(gate, 500 + number) for number in range(ROUNDS)]
        for result in held:
            gate.approve(str(result.ticket), by=ANA)
        for result in held[::4]:
            gate.resume(str(result.id))
        assert eventually(lambda: len(scene.effects()) >= ROUNDS)
        (scene.folder / "over").touch()
        for worker in workers:
            worker.answer()
    gate.close()
    assert done(scene) == {result.id: 1 for result in held}


@pytest.mark.parametrize("policy", [POLICY, TWO], ids=["one signs", "two sign"])
def test_one_approval_sent_twice_counts_once(stage: Stage, store: str, policy: str) -> None:
    scene = stage(policy, store=store)
    gate = scene.gate()
    held = [scene.held(gate, 500 + number) for number in range(ROUNDS)]
    tickets = [str(result.ticket) for result in held]
    both = together(*[partial(signing, scene, tickets, "ana")] * 2)
    assert [sorted(said) for said in zip(*both, strict=True)] == [["refused", "signed"]] * ROUNDS
    if policy == TWO:
        assert scene.effects() == []
        assert together(partial(signing, scene, tickets, "ben")) == [["signed"] * ROUNDS]
    assert done(scene) == {result.id: 1 for result in held}
    gate.close()


@pytest.mark.parametrize(("processes", "threads"), [(1, 64), (4, 16)])
def test_a_ceiling_holds_for_a_crowd(
    stage: Stage, store: str, processes: int, threads: int
) -> None:
    scene = stage(LIMITED, store=store, ceilings=(("pay", CEILING),))
    crowds = [partial(crowding, scene, n * threads, threads) for n in range(processes)]
    statuses = Counter(status for found in together(*crowds) for status in found)
    assert statuses == {"executed": CEILING, "denied": processes * threads - CEILING}
    gate = scene.gate()
    assert gate.submit(pay(1)).status is Status.DENIED
    gate.close()
    assert len(scene.effects()) == CEILING


def test_a_ceiling_is_reached_exactly_once_all_who_failed_have_settled(stage: Stage) -> None:
    """What failed without effect makes room again, and no more than that."""
    policy = LIMITED + "about pay { failure has no effect }\n"
    scene = stage(policy, ceilings=(("pay", CEILING),), harmless=("pay",))
    for turn in range(10):
        crowds = [partial(crowding, scene, 64 * turn + 16 * n, 16, 2) for n in range(4)]
        together(*crowds)
        assert len(scene.effects()) <= CEILING
        if len(scene.effects()) == CEILING:
            break
    assert together(partial(crowding, scene, 1_001, 1)) == [["denied"]]
    assert len(scene.effects()) == CEILING
