"""Every recorded session through the gate into one ledger, and the audit report on it.

    python -m benchmarks.replay FOLDER OUT [--times N]

plays AgentDojo's tasks and attacks and tau2-bench's proposed calls, each under the policy of its
suite, in the order of the times in which they play. OUT then has the session files of AgentDojo,
`governance.db`, and `policy audit report` on it as text, HTML and JSON. FOLDER (`../shared`) holds
the data below `data/`; they do not come with this repository. No model takes part, no tool is
called, and nobody answers what is held for people. `--times` plays all of it again, as other
sessions and a month later each time: a ledger of any size.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import click

from benchmarks.agentdojo import engine as agentdojo, sessions as recorded
from benchmarks.tau2 import engine as tau2, sessions as proposed
from policy_engine import Engine, Gate
from policy_engine.cli import output
from policy_engine.runtime.executors import Recorded
from policy_engine.runtime.ports import Clock

_MONTH = timedelta(days=31)


class RunningClock:
    """A clock that goes on from the moment to which it was set; it is never set back."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment
        self._started = time.monotonic()

    def set(self, moment: datetime) -> None:
        """Puts it forward to a moment, unless that has gone by."""
        self._moment, self._started = max(moment, self.now()), time.monotonic()

    def now(self) -> datetime:
        return self._moment + timedelta(seconds=time.monotonic() - self._started)


@dataclass(frozen=True, slots=True)
class Desk:
    """The sessions of one suite, and what they are played under."""

    name: str
    moment: datetime
    engine: Callable[[], Engine]
    sessions: list[Callable[[Gate, Recorded], object]]

    def play(self, store: str, clock: Clock) -> Iterator[None]:
        """Plays one session a step; the record of it stays in the store."""
        executor = Recorded()
        with closing(self.engine().gate(store=store, executor=executor, clock=clock)) as gate:
            for session in self.sessions:
                session(gate, executor)
                yield


def desks(data: Path, files: Path, again: int = 0) -> list[Desk]:
    """All suites, earliest first. Session files are written below `files`.

    `again` is how often they were played before: they are other sessions then, and later.
    """
    found = [*_of_agentdojo(data / "agentdojo", files, again), *_of_tau2(data / "tau2", again)]
    return sorted(found, key=lambda desk: desk.moment)


def _of_agentdojo(folder: Path, files: Path, again: int) -> Iterator[Desk]:
    data = recorded.Data(folder)
    for suite in recorded.SUITES:
        place = files / suite
        place.mkdir(parents=True, exist_ok=True)
        written = [session.write(place) for session in recorded.sessions(data, suite)]
        for file in written if again else ():
            _rename(file, again)
        moment = data.moment + again * _MONTH
        yield Desk(suite, moment, _assistant(suite), [_playing(file) for file in written])


def _rename(file: Path, again: int) -> None:
    """Makes a session file another session."""
    head, *steps = file.read_text(encoding="utf-8").splitlines(keepends=True)
    told = json.loads(head)
    told["session"] = f"{told['session']}-{again}"
    file.write_text("".join([f"{json.dumps(told)}\n", *steps]), encoding="utf-8")


def _assistant(suite: str) -> Callable[[], Engine]:
    policy = agentdojo.POLICIES / f"{suite}.policy"
    return lambda: Engine.load(policy, directory=agentdojo.ROLES)


def _playing(file: Path) -> Callable[[Gate, Recorded], object]:
    return lambda gate, executor: recorded.play(gate, executor, file)


def _of_tau2(folder: Path, again: int) -> Iterator[Desk]:
    calls = list(proposed.calls(folder))
    if again:
        calls = [replace(call, name=f"{call.name}-{again}") for call in calls]
    for domain in tau2.DOMAINS:
        own = [call for call in calls if call.domain == domain]
        moment = min(call.moment for call in own) + again * _MONTH
        yield Desk(domain, moment, _company(domain), [_proposing(call) for call in own])


def _company(domain: str) -> Callable[[], Engine]:
    return lambda: tau2.engine_of(domain)


def _proposing(call: proposed.ProposedCall) -> Callable[[Gate, Recorded], object]:
    return lambda gate, _: proposed.play(gate, call)


def report(store: str, out: Path) -> None:
    """Writes `report.txt`, `report.html` and `report.json` as the command line does."""
    command = [sys.executable, "-m", "policy_engine", "audit", "report", "--store", store]
    page = ["--html", str(out / "report.html")]
    for name, more in (("report.txt", page), ("report.json", ["--format", "json"])):
        with (out / name).open("w", encoding="utf-8") as file:
            subprocess.run([*command, *more], stdout=file, check=True)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--times", type=click.IntRange(min=1), default=1, show_default=True)
def main(folder: Path, out: Path, times: int) -> None:
    """Play every recorded session and report on what happened."""
    database = out / "governance.db"
    if database.exists():
        raise click.UsageError(f"{database} is there already; name another folder")
    data = folder / "data"
    if not (data / "agentdojo").is_dir() or not (data / "tau2").is_dir():
        raise click.UsageError(f"there are no recorded sessions below {data}")
    out.mkdir(parents=True, exist_ok=True)
    played = desks(data, out / "sessions")
    store = f"sqlite:///{database}"
    clock = RunningClock(played[0].moment)
    number = times * sum(len(desk.sessions) for desk in played)
    with output.progress("playing sessions", number) as bar:
        for again in range(times):
            for desk in desks(data, out / "sessions", again):
                clock.set(desk.moment)
                for _ in desk.play(store, clock):
                    output.advance(bar)
    for desk in played:
        output.say(f"{desk.name}: {len(desk.sessions):,} sessions")
    report(store, out)
    output.say(f"report.txt, report.html and report.json are in {out}")


if __name__ == "__main__":
    main()
