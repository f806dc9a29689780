"""The record by itself: how fast entries are kept, and how fast they are verified.

    python -m benchmarks.gate.record [URL]

`kept` are durable entries a second by so many callers, so many in a transaction, which shares its
commit with others (the gate keeps a decision and an intent together); with SQLite, and with
PostgreSQL where the `postgresql://` URL of an empty database is given. `made` is the processor time
of one entry in memory (salt, digest, leaf, head and tree), beside that of the bare hashes, so that
machines can be compared. `verified` reads a ledger from its store, with tiles, heads and
authorisations.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from itertools import count, product
from pathlib import Path
from tempfile import TemporaryDirectory

from policy_engine.foundation.canonical import canonical_text
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import Ledger, LedgerReader
from policy_engine.ledger.record import Tail
from policy_engine.ledger.verify import verify
from policy_engine.runtime.ports import SystemClock

_CALLERS = (1, 8, 64)
_TOGETHER = (1, 2)
_ROUNDS = 3
_SECONDS = 2.0
_ACTIONS = 20_000
_AT = "2026-03-02T10:00:00.123456Z"
_HASHES = 4
"""Of an entry: body, leaf, head and, on average, one node."""


def main() -> None:
    """Prints the figures, a line each."""
    with TemporaryDirectory(dir=Path.cwd()) as folder:
        _keep("SQLite", f"sqlite:///{Path(folder) / 'kept.db'}")
        for url in sys.argv[1:]:
            _keep("PostgreSQL", url)
        _make()
        _verify(f"sqlite:///{Path(folder) / 'verified.db'}")


def _keep(title: str, store: str) -> None:
    numbers = count()
    with closing(Database(store)) as database:
        ledger = Ledger(database, SystemClock())
        for callers, together in product(_CALLERS, _TOGETHER):
            rates = [_rate(database, ledger, numbers, callers, together) for _ in range(_ROUNDS)]
            what = f"{title}, {callers:>2} callers, {together} in one"
            print(f"kept      {what}  {max(rates):>9,.0f}/s", flush=True)


def _rate(
    database: Database, ledger: Ledger, numbers: Iterator[int], callers: int, together: int
) -> float:
    started = time.perf_counter()
    done = [0] * callers

    def run(caller: int) -> None:
        while time.perf_counter() < started + _SECONDS:
            with database.transaction():
                for _ in range(together):
                    ledger.record("intent", _intent(next(numbers)))
            done[caller] += together

    running = [threading.Thread(target=run, args=(caller,)) for caller in range(callers)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(done) / (time.perf_counter() - started)


def _make() -> None:
    text = canonical_text(_intent(7))
    tail, data = Tail(), text.encode()

    def make(_: int) -> None:
        tail.append(_AT, "intent", text)
        tail.take_leaves()

    def hash_(_: int) -> None:
        for _ in range(_HASHES):
            sha256(data[:128]).digest()

    made, hashed = _microseconds(make), _microseconds(hash_)
    print(f"made      {made:.2f} µs each; {_HASHES} bare hashes {hashed:.2f} µs", flush=True)


def _microseconds(do: Callable[[int], None], times: int = 50_000) -> float:
    """Of processor time, the least of some rounds."""
    least = float("inf")
    for _ in range(_ROUNDS):
        started = time.process_time()
        for number in range(times):
            do(number)
        least = min(least, time.process_time() - started)
    return least / times * 1e6


def _verify(store: str) -> None:
    with closing(Database(store)) as database:
        ledger = Ledger(database, SystemClock())
        with database.transaction():
            for number in range(_ACTIONS):
                _carry_out(ledger, number)
        reader, least = LedgerReader(database), float("inf")
        for _ in range(_ROUNDS):
            started = time.perf_counter()
            found = verify(reader.records(), beside=reader)
            least = min(least, time.perf_counter() - started)
        assert found.holds
        size = sum(len(record.text or "") for record in reader.records()) // found.entries
        print(f"verified  {found.entries / least:,.0f}/s, {size} bytes told by each", flush=True)


def _carry_out(ledger: Ledger, number: int) -> None:
    """An action from its decision to its outcome, as long as the gate tells it."""
    intent = _intent(number)
    reason = {"code": "D511", "rule": "small", "place": "desk.policy:7:3", "title": "Small sums"}
    told = {"principal": {"id": "bot-7", "kind": "agent"}, "roles": ["clerk"], "task": "pay"}
    input_ = {"amount": number, "order": f"o-{number}", "note": "for the second of two parcels"}
    decided = {**intent, **told, "outcome": "allow", "input": input_, "reasons": [reason] * 2}
    ledger.record("decided", decided)
    ledger.record("intent", intent)
    ledger.record("executed", {"action": intent["action"], "ms": 3, "output_digest": "e" * 64})


def _intent(number: int) -> dict[str, object]:
    action = f"{number:012x}"
    said = {"approvals": [], "by": "tool", "confirmations": []}
    return {"action": action, "action_digest": "c" * 64, "policy": "b" * 64, **said}


if __name__ == "__main__":
    main()
