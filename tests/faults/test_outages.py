"""The store is gone for ten seconds, or the disk is full, while everybody works.

Each process plays its payments until it is told what became of them. It is told so in a clear error
where the store is not there, comes again under the same key, and needs no restart.
"""

from __future__ import annotations

import resource
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from policy_engine import Gate, Status
from policy_engine.foundation.errors import StoreError
from tests.faults.conftest import Stage
from tests.faults.processes import PATIENCE, apart, children
from tests.faults.scene import POLICY, SOAK, Scene, eventually, pay
from tests.postgres import Server

OUTAGE = 10.0
"""Seconds."""

PROCESSES = 3


def insisting(scene: Scene, name: str, pause: float) -> Callable[[], tuple[dict[str, str], int]]:
    """Pays and pays till it is told to stop: what became of each payment, and errors on the way."""
    gate = scene.gate()

    def act() -> tuple[dict[str, str], int]:
        ends: dict[str, str] = {}
        errors = 0
        while not (scene.folder / "over").exists():
            key = f"{name}-{len(ends)}"
            status, failed = insisted(scene, gate, key, len(ends) + 1)
            ends[key] = status.value
            errors += failed
            (scene.folder / f"{key}.told").touch()
            time.sleep(pause)
        gate.close()
        return ends, errors

    return act


def insisted(scene: Scene, gate: Gate, key: str, amount: int) -> tuple[Status, int]:
    """One payment, again and again under its key until the store says what became of it."""
    errors = 0
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return scene.tell(gate.submit(pay(amount), key=key)).status, errors
        except StoreError as error:
            assert "\n" not in str(error) and str(error), error
            assert time.monotonic() < end, error
            errors += 1
            time.sleep(0.05)


def told(scene: Scene) -> int:
    return len(list(scene.folder.glob("*.told")))


def settled(scene: Scene) -> None:
    """Whoever worked has ended: what they left under way is settled by others."""
    gate = scene.gate()
    gate.settle()
    gate.close()


def statuses(scene: Scene, keys: set[str]) -> dict[str, str]:
    """How each payment stands, by its key, as whoever comes again under it is told."""
    gate = scene.gate()
    found = {}
    for key in keys:
        amount = int(key.rpartition("-")[2]) + 1
        found[key] = gate.submit(pay(amount), key=key).status.value
    gate.close()
    return found


def assert_nothing_is_lost_or_done_twice(scene: Scene, ends: list[dict[str, str]]) -> None:
    """Each payment that somebody insisted on has happened once, or nobody knows."""
    settled(scene)
    keys = {key for one in ends for key in one}
    now = statuses(scene, keys)
    assert set(now.values()) <= {"executed", "unknown"}
    for one in ends:
        for key, status in one.items():
            assert now[key] == status or (status, now[key]) == ("executing", "unknown")
    done = Counter(effect.key for effect in scene.effects())
    assert set(done.values()) <= {1}
    assert Counter(now.values())["executed"] <= len(done) <= len(keys)


def locking(scene: Scene) -> Callable[[], None]:
    """Another program keeps the file for itself."""
    other = sqlite3.connect(scene.store, isolation_level=None, timeout=PATIENCE)

    def act() -> None:
        other.execute("BEGIN EXCLUSIVE")
        (scene.folder / "locked").touch()
        time.sleep(OUTAGE)
        (scene.folder / "unlocked").touch()
        other.rollback()
        other.close()

    return act


def test_a_file_that_another_keeps_for_ten_seconds_is_waited_for(stage: Stage) -> None:
    scene = stage()
    settled(scene)
    jobs = [partial(insisting, scene, f"p{n}", 0.05) for n in range(PROCESSES)]
    with children(*jobs, partial(locking, scene)) as (*payers, other):
        assert eventually((scene.folder / "locked").exists, PATIENCE)
        before = told(scene)
        assert eventually((scene.folder / "unlocked").exists, PATIENCE)
        assert told(scene) <= before + PROCESSES
        other.answer()
        assert eventually(lambda: told(scene) >= before + 5 * PROCESSES, PATIENCE)
        (scene.folder / "over").touch()
        answers = [payer.answer() for payer in payers]
    assert [errors for _, errors in answers] == [0] * PROCESSES
    assert {status for ends, _ in answers for status in ends.values()} == {"executed"}
    assert_nothing_is_lost_or_done_twice(scene, [ends for ends, _ in answers])


def test_a_server_that_is_gone_for_ten_seconds_is_told_and_then_used_again(
    stage: Stage, postgresql: Server
) -> None:
    scene = stage(store=postgresql.new_store())
    settled(scene)
    jobs = [partial(insisting, scene, f"p{n}", 0.01) for n in range(PROCESSES)]
    try:
        with children(*jobs) as payers:
            assert eventually(lambda: told(scene) >= 3 * PROCESSES, PATIENCE)
            for _ in range(SOAK):
                go_away(postgresql, scene)
            (scene.folder / "over").touch()
            answers = [payer.answer() for payer in payers]
    finally:
        postgresql.start()
    assert all(errors > 0 for _, errors in answers)
    assert_nothing_is_lost_or_done_twice(scene, [ends for ends, _ in answers])


def go_away(server: Server, scene: Scene) -> None:
    """The server is gone for a while, and everybody waits; afterwards everybody goes on."""
    server.stop()
    before = told(scene)
    time.sleep(OUTAGE)
    assert told(scene) <= before + PROCESSES
    server.start()
    assert eventually(lambda: told(scene) >= before + 5 * PROCESSES, PATIENCE)


def filling(scene: Scene, room: int) -> Callable[[], tuple[dict[str, str], list[str]]]:
    """Pays until the disk is full, and on; then there is room again: what became of which."""
    gate = scene.gate()

    def act() -> tuple[dict[str, str], list[str]]:
        for number in range(3):
            insisted(scene, gate, f"p-{number}", number + 1)
        limit(max(file.stat().st_size for file in files(scene)) + room)
        refused = []
        for number in range(3, 15):
            try:
                scene.tell(gate.submit(pay(number + 1), key=f"p-{number}"))
            except StoreError:
                refused.append(f"p-{number}")
        limit(resource.RLIM_INFINITY)
        keys = range(18)
        ends = {f"p-{n}": insisted(scene, gate, f"p-{n}", n + 1)[0].value for n in keys}
        gate.close()
        return ends, refused

    return act


def choking(scene: Scene) -> Callable[[], str]:
    """The disk is full just when a tool comes back, and for that long: how its action stands."""

    def fill() -> str:
        limit(max(file.stat().st_size for file in files(scene)))
        return "done"

    gate = scene.gate({"pay": scene.tool("pay", fill)})

    def act() -> str:
        with pytest.raises(StoreError):
            gate.submit(pay(5), key="k")
        limit(resource.RLIM_INFINITY)
        gate.settle()
        status = scene.tell(gate.submit(pay(5), key="k")).status.value
        gate.close()
        return status

    return act


def limit(size: int) -> None:
    """No file may be longer: from then on the disk is full. Python ignores the signal of that."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def files(scene: Scene) -> list[Path]:
    both = (Path(f"{scene.store}{end}") for end in ("", "-wal"))
    return [file for file in both if file.exists()]


@pytest.mark.parametrize("room", [0, 5_000, 10_000, 20_000, 30_000, 40_000, 60_000])
def test_a_full_disk_lets_nothing_run_that_is_not_recorded(stage: Stage, room: int) -> None:
    scene = stage(POLICY)
    ends, refused = apart(partial(filling, scene, room))
    assert refused
    assert set(ends.values()) <= {"executed", "executing"}
    assert all(ends[f"p-{n}"] == "executed" for n in range(15, 18))
    assert_nothing_is_lost_or_done_twice(scene, [ends])


def test_an_outcome_that_found_no_room_is_told_once_there_is(stage: Stage) -> None:
    """Nobody restarts anything: the gate that called the tool lives, and knows what it returned."""
    scene = stage(POLICY)
    assert apart(partial(choking, scene)) in ("executed", "unknown")
    assert len(scene.effects()) == 1
