"""Allowed actions a second through the gate, beside the bare appends of the same records.

    python -m benchmarks.gate.allowed [URL]

An allowed action is decided, recorded (decision and intent, durable), called, recorded (outcome,
durable). `bare` appends the same three entries to a ledger in the same two transactions, and does
nothing else. The rounds of both alternate and the best of each counts; the ratio is what is
comparable from machine to machine. With SQLite, and with PostgreSQL where a `postgresql://` URL of
an empty database is given.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from policy_engine import Action, Agent, Engine
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import Ledger, LedgerReader
from policy_engine.runtime.ports import SystemClock

_POLICY = """policy desk.refunds "Refunds"
  owner "desk@shop.example"
role clerk
task pay "Pay" { input amount: Decimal  input order: Text }
rule small "Small sums" permit clerk to pay when amount > 0 and amount <= 1_000
rule other "Not to the house" forbid any principal to pay when order == "house"
"""
_THREADS = (1, 8, 64)
_ROUNDS = 3
_SECONDS = 2.0

_Act = Callable[[int], object]


def main() -> None:
    """Prints the figures, a line each."""
    with TemporaryDirectory(dir=Path.cwd()) as folder:
        here = Path(folder)
        (here / "desk.policy").write_text(_POLICY)
        (here / "roles.csv").write_text("g, bot-7, clerk\n")
        engine = Engine.load(here / "desk.policy", directory=here / "roles.csv")
        _measure("SQLite", engine, f"sqlite:///{here / 'gate.db'}", f"sqlite:///{here / 'bare.db'}")
        for url in sys.argv[1:]:
            _measure("PostgreSQL", engine, url, url)


def _measure(title: str, engine: Engine, store: str, bare_store: str) -> None:
    gate = engine.gate(store=store, tools={"pay": lambda **_: "paid"})
    agent, numbers = Agent("bot-7", team="emea"), count(1)

    def act(number: int) -> None:
        gate.submit(Action(agent, "pay", {"amount": number % 999 + 1, "order": f"o-{number}"}))

    act(next(numbers))
    with closing(Database(store)) as read:
        *_, decided, intent, executed = LedgerReader(read).records()
    with closing(gate), closing(Database(bare_store)) as database:
        ledger = Ledger(database, SystemClock())

        def append(_: int) -> None:
            with database.transaction():
                ledger.record("decided", decided.body)
                ledger.record("intent", intent.body)
            ledger.record("executed", executed.body)

        for threads in _THREADS:
            bare, gated = 0.0, 0.0
            for _ in range(_ROUNDS):
                bare = max(bare, _rate(append, numbers, threads))
                gated = max(gated, _rate(act, numbers, threads))
            print(
                f"{title:<11} {threads:>2} threads  bare {bare:>7,.0f}/s  "
                f"gate {gated:>7,.0f}/s  {bare / gated:.1f} times the bare appends",
                flush=True,
            )


def _rate(act: _Act, numbers: count[int], threads: int) -> float:
    """Calls a second of all threads together."""
    end = time.monotonic() + _SECONDS
    done = [0] * threads

    def go(place: int) -> None:
        while time.monotonic() < end:
            act(next(numbers))
            done[place] += 1

    crowd = [threading.Thread(target=go, args=(place,)) for place in range(threads)]
    began = time.monotonic()
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    return sum(done) / (time.monotonic() - began)


if __name__ == "__main__":
    main()
