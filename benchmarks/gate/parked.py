"""What it costs to have actions wait, and how soon one is taken up when somebody has signed it.

    python -m benchmarks.gate.parked [URL]

parks 3,000 actions beside a store, with a worker in a process of its own, and prints how many are
parked in a second, the median from a wake until the worker takes the action up, and what the
worker costs while all of them wait. With SQLite, and with PostgreSQL where a `postgresql://` URL
of an empty database is given. Needs Linux and the extra `runtime`.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from policy_engine.runtime.parking_dbos import DbosParking
from policy_engine.runtime.ports import SystemClock

_PARKED = 3_000
_WOKEN = 60
_IDLE = 35.0
"""Seconds; longer than it takes until a worker has looked through all that waits once."""

_LONG = timedelta(days=2)
_WORKER = "--worker"


def main() -> None:
    """Prints the figures, a line each."""
    if sys.argv[1:2] == [_WORKER]:
        _work(sys.argv[2])
        return
    with TemporaryDirectory() as folder:
        _measure("SQLite", str(Path(folder) / "governance.db"))
    for url in sys.argv[1:]:
        _measure("PostgreSQL", url)


def _measure(title: str, store: str) -> None:
    clock = SystemClock()
    parking = DbosParking(store, clock)
    try:
        names = [f"action-{number}" for number in range(_PARKED)]
        began = time.monotonic()
        for name in names:
            parking.park(name, clock.now() + _LONG)
        rate = _PARKED / (time.monotonic() - began)
        _print(title, "parked", f"{rate:,.0f} actions/s, one caller")
        command = [sys.executable, "-m", "benchmarks.gate.parked", _WORKER, store]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
            try:
                _observe(title, parking, worker, names)
            finally:
                worker.kill()
    finally:
        parking.close()


def _observe(
    title: str, parking: DbosParking, worker: subprocess.Popen[str], names: list[str]
) -> None:
    assert worker.stdout is not None
    worker.stdout.readline()
    before = _processor_seconds(worker.pid)
    time.sleep(_IDLE)
    used = (_processor_seconds(worker.pid) - before) / _IDLE
    memory = _resident_megabytes(worker.pid)
    _print(title, f"{_PARKED:,} waiting", f"{used:.1%} of a core, {memory:.0f} MB resident")
    took = []
    for name in names[:_WOKEN]:
        began = time.monotonic()
        parking.wake(name)
        worker.stdout.readline()
        took.append(time.monotonic() - began)
    _print(title, "wake to taken up", f"median {statistics.median(took):.2f} s, of {_WOKEN}")
    began = time.monotonic()
    for name in names:
        parking.wake(name)
    for _ in names:
        worker.stdout.readline()
    rate = len(names) / (time.monotonic() - began)
    _print(title, "all woken at once", f"{rate:,.0f} actions/s, one worker")


def _work(store: str) -> None:
    """A worker for which every action waits; it prints what it takes up."""
    clock = SystemClock()
    until = clock.now() + _LONG

    def take_up(id: str) -> datetime | None:
        sys.stdout.write(f"{id}\n")
        sys.stdout.flush()
        return None

    parking = DbosParking(store, clock)
    parking.work(take_up, lambda: [(f"action-{number}", until) for number in range(_PARKED)])
    time.sleep(1)  # until what it does once is done
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Event().wait()


def _processor_seconds(pid: int) -> float:
    """User and system time of a process so far (fields 14 and 15 of `/proc/PID/stat`)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


def _print(title: str, what: str, figure: str) -> None:
    sys.stdout.write(f"{title:<12} {what:<18} {figure}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
