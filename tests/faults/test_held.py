"""A full table: thousands of actions wait, the process that held them is killed, and all goes on.

What it takes is measured, and stands in the last lines of the run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from policy_engine.foundation.database import Database
from tests.faults.audit import books_of
from tests.faults.conftest import Stage
from tests.faults.processes import PATIENCE, apart, children
from tests.faults.scene import ANA, SOAK, Scene, eventually

HELD = {"sqlite": 3_000 * SOAK, "postgresql": 3_000 if SOAK > 1 else 200}
THREADS = 8
WATCHED = 2.0
"""Seconds for which an idle worker is watched."""

MOST_OF_A_CORE = 0.10
MOST_MEMORY = 150.0
"""Megabytes."""

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK = os.sysconf("SC_CLK_TCK")


def filling(scene: Scene) -> Callable[[], None]:
    """Holds one payment after the other in many threads, until it is killed."""
    gate = scene.gate()
    amounts = count(101)

    def hold() -> None:
        while True:
            scene.held(gate, next(amounts))

    def act() -> None:
        for _ in range(THREADS):
            threading.Thread(target=hold, daemon=True).start()
        threading.Event().wait()

    return act


def listing(scene: Scene) -> Callable[[], tuple[list[tuple[str, str]], float]]:
    """What waits, and how many seconds it took to say so."""
    gate = scene.gate()

    def act() -> tuple[list[tuple[str, str]], float]:
        started = time.perf_counter()
        waiting = gate.pending()
        took = time.perf_counter() - started
        gate.close()
        return [(one.id, one.ticket) for one in waiting], took

    return act


def signing(scene: Scene, ticket: str) -> Callable[[], None]:
    gate = scene.gate()

    def act() -> None:
        gate.approve(ticket, by=ANA, reason="seen")
        gate.close()

    return act


@contextmanager
def worker(scene: Scene) -> Iterator[subprocess.Popen[str]]:
    """A worker process of its own making, with nothing of the tests in it but their tools."""
    command = [sys.executable, "-m", "tests.faults.idle_worker", str(scene.folder), scene.store]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
            process.communicate(timeout=PATIENCE)
        finally:
            process.kill()


@dataclass(frozen=True, slots=True)
class Use:
    """What a process has used so far: seconds of a core, megabytes."""

    seconds: float
    memory: float


def use_of(process: int) -> Use:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return Use((int(fields[11]) + int(fields[12])) / _TICK, pages * _PAGE / 1e6)


def unnoticed(scene: Scene) -> int:
    """How many actions wait of which no worker knows yet."""
    query = "SELECT count(*) FROM actions WHERE status = 'held' AND noticed = 0"
    with closing(Database(scene.store)) as database:
        return int(str(database.rows(query)[0][0]))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="/proc is not there to measure")
def test_a_full_table_outlives_its_process(
    stage: Stage, store: str, request: pytest.FixtureRequest
) -> None:
    scene = stage(store=store)
    kind = "postgresql" if store.startswith("postgresql") else "sqlite"
    with children(partial(filling, scene)) as (filler,):
        assert eventually(lambda: len(scene.told()) >= HELD[kind], PATIENCE * SOAK)
        filler.kill()
    told = scene.told()
    waiting, took = apart(partial(listing, scene))
    assert told <= {id_ for id_, _ in waiting}
    assert len(waiting) <= len(told) + THREADS
    chosen, ticket = waiting[len(waiting) // 2]
    apart(partial(signing, scene, ticket))
    with worker(scene) as process:
        started = time.monotonic()
        assert eventually(lambda: len(scene.effects()) == 1, PATIENCE)
        found = time.monotonic() - started
        assert eventually(lambda: unnoticed(scene) == 0, PATIENCE * SOAK)
        before = use_of(process.pid)
        time.sleep(WATCHED)
        after = use_of(process.pid)
    share = (after.seconds - before.seconds) / WATCHED
    assert [effect.key for effect in scene.effects()] == [chosen]
    statuses = books_of(scene).statuses
    assert statuses.pop(chosen) == "executed"
    assert {statuses[id_] for id_ in told - {chosen}} == {"held"}
    assert {status for id_, status in statuses.items() if id_ not in told} <= {"held", "proposed"}
    text = (
        f"{len(waiting):,} held actions, {kind}: pending() took {took:.1f} s; "
        f"what was signed ran {found:.1f} s after a worker came, "
        f"which idle uses {share:.1%} of a core and {after.memory:.0f} MB"
    )
    request.node.user_properties.append(("measured", text))
    assert share < MOST_OF_A_CORE
    assert after.memory < MOST_MEMORY
