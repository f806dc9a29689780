"""Parking: what waits is taken up in time, by whichever worker lives, though processes die.

What both ways of parking promise is tried in this process, what only the durable one promises
with real ones. `POLICY_SOAK=1` adds what takes minutes.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from policy_engine.foundation.errors import StoreError
from policy_engine.runtime.parking import Parking, Polling
from policy_engine.runtime.parking_choice import parking_for
from policy_engine.runtime.ports import SystemClock
from tests.postgres import Server, postgresql as postgresql, server

INSTALLED = find_spec("dbos") is not None
REASON = "DBOS is not installed (the extra `runtime`): durable parking was not tried"
durable = pytest.mark.skipif(not INSTALLED, reason=REASON)
soak = pytest.mark.skipif("POLICY_SOAK" not in os.environ, reason="long; runs with POLICY_SOAK=1")

PATIENCE = 30.0
"""Seconds, for a machine that is busy."""

REVIEW = timedelta(seconds=0.5)
LATER = timedelta(hours=1)


class MovingClock(SystemClock):
    """The machine's clock, and however far it was set on."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self._ahead

    def set_on(self, by: timedelta) -> None:
        self._ahead += by


class Hall:
    """One worker for many tests: each test says what is done about its own actions."""

    def __init__(self, parking: Parking, clock: MovingClock) -> None:
        self.parking = parking
        self.clock = clock
        self.waiting: dict[str, datetime] = {}
        self.ways: dict[str, Callable[[], datetime | None]] = {}
        self._calls: list[str] = []
        self._called = threading.Condition()
        parking.work(self._take_up, self._what_waits)

    def hold(self, id_: str, way: Callable[[], datetime | None] = lambda: None) -> None:
        """An action is in the store, for a long time yet."""
        self.ways[id_] = way
        self.waiting[id_] = self.clock.now() + LATER

    def calls(self, id_: str, expected: int) -> int:
        """How often an action was taken up, once that is as often as expected."""
        with self._called:
            self._called.wait_for(lambda: self._calls.count(id_) >= expected, PATIENCE)
            return self._calls.count(id_)

    def _what_waits(self) -> list[tuple[str, datetime]]:
        return list(self.waiting.items())

    def _take_up(self, id_: str) -> datetime | None:
        with self._called:
            self._calls.append(id_)
            self._called.notify_all()
        again = self.ways[id_]()
        if again is None:
            self.waiting.pop(id_, None)
        else:
            self.waiting[id_] = again
        return again


@pytest.fixture(scope="module", params=["polling", pytest.param("dbos", marks=durable)])
def hall(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hall]:
    clock = MovingClock()
    if request.param == "polling":
        made: Parking = Polling(clock, REVIEW)
    else:
        from policy_engine.runtime.parking_dbos import DbosParking

        made = DbosParking(tmp_path_factory.mktemp("parking") / "governance.db", clock, REVIEW)
    yield Hall(made, clock)
    made.close()


def test_an_action_is_taken_up_when_its_time_has_come_and_not_before(hall: Hall) -> None:
    due = hall.clock.now() + timedelta(seconds=0.3)
    hall.hold("timed")
    hall.waiting["timed"] = due
    hall.parking.park("timed", due)
    assert hall.calls("timed", 1) == 1
    assert hall.clock.now() >= due


def test_a_wake_does_not_wait_for_the_time(hall: Hall) -> None:
    hall.hold("woken")
    hall.parking.park("woken", hall.clock.now() + LATER)
    hall.parking.wake("woken")
    assert hall.calls("woken", 1) == 1


def test_the_earlier_of_two_times_counts(hall: Hall) -> None:
    hall.hold("earlier")
    for after in (LATER, timedelta(seconds=0.1), 2 * LATER):
        hall.parking.park("earlier", hall.clock.now() + after)
    assert hall.calls("earlier", 1) == 1


def test_what_is_not_settled_is_looked_at_again_when_it_said(hall: Hall) -> None:
    soon = timedelta(seconds=0.1)
    answers: list[datetime | None] = [None, hall.clock.now() + soon]
    hall.hold("rungs", answers.pop)
    hall.parking.wake("rungs")
    assert hall.calls("rungs", 2) == 2


def test_what_was_never_parked_is_found_in_the_store(hall: Hall) -> None:
    hall.hold("forgotten")
    hall.waiting["forgotten"] = hall.clock.now()
    assert hall.calls("forgotten", 1) == 1


def test_what_should_be_looked_at_earlier_than_it_is_parked_is(hall: Hall) -> None:
    hall.hold("hurried")
    hall.parking.park("hurried", hall.clock.now() + LATER)
    hall.waiting["hurried"] = hall.clock.now()
    assert hall.calls("hurried", 1) == 1


def test_a_wake_while_an_action_is_taken_up_is_not_lost(hall: Hall) -> None:
    began, go_on = threading.Event(), threading.Event()
    later = hall.clock.now() + LATER

    def read_too_early() -> datetime:
        began.set()
        assert go_on.wait(PATIENCE)
        return later

    hall.hold("busy", read_too_early)
    hall.parking.wake("busy")
    assert began.wait(PATIENCE)
    hall.ways["busy"] = lambda: None
    hall.parking.wake("busy")
    go_on.set()
    assert hall.calls("busy", 2) == 2


def test_what_failed_is_tried_again(hall: Hall, caplog: pytest.LogCaptureFixture) -> None:
    problems = [OSError("the disk is full")]

    def fail_once() -> None:
        if problems:
            raise problems.pop()

    hall.hold("failed", fail_once)
    hall.parking.wake("failed")
    assert hall.calls("failed", 2) == 2
    assert "the action failed could not be taken up" in caplog.text


def test_an_answer_of_the_past_is_no_endless_loop(hall: Hall) -> None:
    hall.hold("stuck", lambda: hall.clock.now() - LATER)
    hall.parking.wake("stuck")
    assert hall.calls("stuck", 2) == 2
    time.sleep(2 * REVIEW.total_seconds())
    hall.ways["stuck"] = lambda: None
    assert hall.calls("stuck", 3) <= 10


def test_what_is_settled_is_not_taken_up(hall: Hall) -> None:
    hall.hold("settled")
    hall.parking.park("settled", hall.clock.now() + timedelta(seconds=1.5))
    del hall.waiting["settled"]
    hall.parking.drop("settled")
    # Another action, of a later time, shows that the time of the settled one has passed.
    hall.hold("last")
    hall.parking.park("last", hall.clock.now() + timedelta(seconds=2))
    assert hall.calls("last", 1) == 1
    assert hall.calls("settled", 0) == 0


def test_a_clock_that_jumps_makes_nothing_late(hall: Hall) -> None:
    hall.hold("jumped")
    hall.parking.park("jumped", hall.clock.now() + LATER)
    hall.clock.set_on(LATER)
    assert hall.calls("jumped", 1) == 1
    hall.clock.set_on(-2 * LATER)
    hall.hold("set back")
    hall.waiting["set back"] = hall.clock.now()
    assert hall.calls("set back", 1) == 1


@durable
def test_with_the_extra_parking_is_durable(tmp_path: Path) -> None:
    parking = parking_for(tmp_path / "governance.db", SystemClock())
    parking.close()
    assert type(parking).__name__ == "DbosParking"


def test_without_the_extra_parking_is_in_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policy_engine.runtime.parking_choice.find_spec", lambda name: None)
    assert isinstance(parking_for(tmp_path / "governance.db", SystemClock()), Polling)


# From here on with real processes, durable parking alone.


class Floor:
    """Workers in processes of their own over one store, and this process, which is none."""

    def __init__(self, parked_at: str, folder: Path) -> None:
        from policy_engine.runtime.parking_dbos import DbosParking
        from tests.runtime.parking_worker import FakeStore

        self.clock = SystemClock()
        self.parking = DbosParking(parked_at, self.clock)
        self.store = FakeStore(folder / "actions.db", self.clock)
        self._command = [sys.executable, "-m", "tests.runtime.parking_worker"]
        self._command += [parked_at, str(folder / "actions.db")]
        self._workers: list[subprocess.Popen[str]] = []

    def worker(self, behaviour: str = "") -> subprocess.Popen[str]:
        worker = subprocess.Popen([*self._command, behaviour], stdout=subprocess.PIPE, text=True)
        self._workers.append(worker)
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        return worker

    def hold(self, count: int, after: timedelta) -> list[str]:
        """Actions that wait, in the store and parked."""
        at = self.clock.now() + after
        names = [f"a{number}" for number in range(count)]
        self.store.hold(*((name, at) for name in names))
        for name in names:
            self.parking.park(name, at)
        return names

    def wake(self, name: str) -> None:
        """Somebody signs an action, and then it is woken."""
        self.store.sign(name)
        self.parking.wake(name)

    def executed(self, expected: int, patience: float = PATIENCE) -> list[tuple[str, int]]:
        """What was executed by whom, once there is as much as expected and nothing waits."""
        end = time.monotonic() + patience
        while len(self.store.rows("executions")) < expected and time.monotonic() < end:
            time.sleep(0.01)
        assert self.store.waiting() == []
        return self.store.rows("executions")

    def callers(self) -> set[int]:
        """Which workers have begun to take an action up."""
        return {worker for _, worker in self.store.rows("calls")}

    def close(self) -> None:
        for worker in self._workers:
            kill(worker)
        self.parking.close()


@contextmanager
def own_server() -> Iterator[Server]:
    """A server that may be stopped, since no other test needs it."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(server("-F"))
        except LookupError as error:
            pytest.skip(str(error))
        yield running


def kill(worker: subprocess.Popen[str]) -> None:
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert worker.stdout is not None
    worker.stdout.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def floor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Floor]:
    parked_at = str(tmp_path / "governance.db")
    if request.param == "postgresql":
        shared: Server = request.getfixturevalue("postgresql")
        parked_at = shared.new_store()
    made = Floor(parked_at, tmp_path)
    yield made
    made.close()


@durable
@pytest.mark.parametrize("count", [100, pytest.param(3_000, marks=soak)])
def test_what_is_parked_outlives_its_worker(floor: Floor, count: int) -> None:
    first = floor.worker()
    names = floor.hold(count, timedelta(seconds=2 + count / 200))
    kill(first)
    second = floor.worker()
    executed = floor.executed(count, PATIENCE + count / 20)
    assert sorted(executed) == sorted((name, second.pid) for name in names)


@durable
@pytest.mark.parametrize("count", [60, pytest.param(1_000, marks=soak)])
def test_two_workers_execute_nothing_twice(floor: Floor, count: int) -> None:
    workers = {floor.worker().pid, floor.worker().pid}
    names = floor.hold(count, timedelta(seconds=1))
    for name in names:
        floor.wake(name)  # beside its time, so that both workers may take it up at once
    executed = floor.executed(count, PATIENCE + count / 20)
    assert sorted(name for name, _ in executed) == sorted(names)
    assert {worker for _, worker in executed} <= workers


@durable
def test_what_a_killed_worker_was_about_is_taken_over(floor: Floor) -> None:
    hanging = floor.worker("hangs")
    floor.hold(1, LATER)
    floor.wake("a0")
    assert hanging.stdout is not None
    assert hanging.stdout.readline() == "hanging\n"
    kill(hanging)
    other = floor.worker()
    assert floor.executed(1) == [("a0", other.pid)]
    assert floor.callers() == {hanging.pid, other.pid}


@durable
def test_nothing_is_taken_over_from_a_worker_that_lives(floor: Floor) -> None:
    hanging = floor.worker("hangs")
    floor.hold(2, LATER)
    floor.wake("a0")
    assert hanging.stdout is not None
    assert hanging.stdout.readline() == "hanging\n"
    floor.worker()
    time.sleep(3)  # longer than it takes to look for the dead once
    assert floor.callers() == {hanging.pid}


@durable
def test_a_wake_is_taken_up_within_a_second_and_a_half(
    floor: Floor, capsys: pytest.CaptureFixture[str]
) -> None:
    floor.worker()
    names = floor.hold(9, LATER)
    took = []
    for number, name in enumerate(names):
        began = time.monotonic()
        floor.wake(name)
        while len(floor.store.rows("executions")) == number:
            assert time.monotonic() < began + PATIENCE
            time.sleep(0.002)
        took.append(time.monotonic() - began)
    median = statistics.median(took)
    with capsys.disabled():
        sys.stdout.write(f"\nwake to taken up, median: {median:.2f} s\n")
    assert median <= 1.5


@durable
def test_a_worker_outlives_a_database_that_goes_away(tmp_path: Path) -> None:
    with own_server() as running:
        floor = Floor(running.new_store(), tmp_path)
        try:
            worker = floor.worker()
            floor.hold(1, timedelta(seconds=1))
            running.stop()
            with pytest.raises(StoreError, match="what is parked cannot be kept"):
                floor.parking.wake("a0")
            running.start()
            assert floor.executed(1) == [("a0", worker.pid)]
            other = floor.worker()
            floor.store.hold(("b0", floor.clock.now() + LATER))
            floor.wake("b0")
            assert [name for name, _ in floor.executed(2)] == ["a0", "b0"]
            assert worker.poll() is None
            assert other.poll() is None
        finally:
            floor.close()


@durable
def test_a_process_with_a_dbos_of_its_own_is_no_worker(tmp_path: Path) -> None:
    script = f"""
from dbos import DBOS
from policy_engine.foundation.errors import GateError
from policy_engine.runtime.parking_dbos import DbosParking
from policy_engine.runtime.ports import SystemClock

DBOS(config={{"name": "embedder", "system_database_url": "sqlite:///{tmp_path}/own.sqlite"}})
parking = DbosParking({str(tmp_path / "governance.db")!r}, SystemClock())
try:
    parking.work(lambda id: None, lambda: [])
except GateError as error:
    print(error)
parking.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert done.stdout == "this process runs a DBOS already; work in a process of its own\n"
