"""How fast the past is replayed, beside deciding and counting it row by row.

    python -m benchmarks.replay_speed [ROWS]

draws ROWS actions (10 million, unless said otherwise) under 1,000 rules, writes them to a Parquet
file, replays it, and prints how often as fast that is as the same done row by row from Arrow by
`Engine.deciding`. Then the two ways that go action by action: a table under a limit, whose past is
the replayed past, and a ledger. Times are wall-clock, since batches are counted by two threads.
"""

from __future__ import annotations

import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.decisions import workload
from benchmarks.decisions.batches import _columns
from benchmarks.decisions.stages import Disagreement, Stage, stage
from policy_engine import Action, Agent, Engine
from policy_engine.audit.replay.answer import Answer
from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.replay import replay

_RULES = 1_000
_REQUESTS = 2_000
_ROWS = 10_000_000
_BY_ROW = 20_000
"""So many are decided row by row; the time of a row does not depend on how many there are."""
_ROUNDS = 3
_START = datetime(2026, 1, 1, tzinfo=UTC)
_LIMITED = """
policy bench owner "o"
role clerk
task pay { input amount: Integer }
rule paying permit clerk to pay
rule daily limit sum of amount over pay to at most 500 per agent within 1 day
"""


def main() -> None:
    """Prints every figure, and whether goals are met."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else _ROWS
    with TemporaryDirectory() as folder:
        place = Path(folder)
        for lines in (_of_table(place, rows), _with_past(place), _of_ledger(place)):
            for line in lines:
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()


def _of_table(folder: Path, rows: int) -> Iterator[str]:
    each = stage(workload.spread, _RULES, _REQUESTS)
    held = {who: frozenset(roles) for who, roles in each.workload.members.items()}
    tried = Candidate(each.engine.policy, lambda who, kind, domain: held[who])
    place, some = folder / "past.parquet", _written(each, folder / "past.parquet", rows)
    by_row = _least(lambda: _row_by_row(each, held, some)) / len(some)
    if _row_by_row(each, held, some) != _flips(replay(tried, str(_of(folder, some)))):
        raise Disagreement("the replay of batches")
    found = _least(lambda: replay(tried, str(place)))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield f"{rows:,} rows, {_RULES:,} rules"
    yield f"  replayed          {found:.2f} s, {rows / found:,.0f} rows/s"
    yield f"  row by row        {1 / by_row:,.0f} rows/s"
    yield f"  times as fast     {by_row * rows / found:.0f} (goal: at least 50)"
    yield f"  seconds for 10 M  {found / rows * 1e7:.2f} (goal: at most 5)"
    yield f"  memory at most    {memory:.0f} MiB (goal: at most 1,500)"


def _written(each: Stage, place: Path, rows: int) -> pa.Table:
    """The past as a file, and some of its rows."""
    copies = max(1, 1_000_000 // _REQUESTS)
    table = _columns(each.workload, copies)
    words = ["allow" if number % 3 else "deny" for number in range(table.num_rows)]
    table = table.append_column("outcome", pa.array(words).dictionary_encode())
    with pq.ParquetWriter(place, table.schema) as file:
        for first in range(0, rows, table.num_rows):
            file.write_table(table.slice(0, rows - first), row_group_size=1 << 18)
    return table.slice(0, _BY_ROW)


def _of(folder: Path, table: pa.Table) -> Path:
    pq.write_table(table, folder / "some.parquet")
    return folder / "some.parquet"


def _row_by_row(
    each: Stage, held: dict[str, frozenset[str]], table: pa.Table
) -> Counter[tuple[str, str, str]]:
    """Flips by task: what a few lines of Python do, with the fastest answers to single actions."""
    deciding = each.engine.deciding
    cells: Counter[tuple[str, str, str]] = Counter()
    agents: Counter[tuple[str, str, str]] = Counter()
    rules: Counter[tuple[str, str, str]] = Counter()
    for row in table.to_pylist():
        input_ = {name[6:]: cell for name, cell in row.items() if name.startswith("input.")}
        who, recorded = row["principal"], row["outcome"]
        verdict = deciding(Action(Agent(who), row["task"], input_), held[who])
        word = verdict.outcome.word
        cells[row["task"], recorded, word] += 1
        agents[who, recorded, word] += 1
        for rule in verdict.rules:
            rules[rule, recorded, word] += 1
    return cells


def _flips(answer: Answer) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for task in answer.as_json()["tasks"]:  # type: ignore[union-attr]
        cells: Any = task["cells"]  # type: ignore[index,call-overload]
        for words, number in cells.items():
            recorded, _, word = words.partition(" → ")
            found[task["name"], recorded, word] = number  # type: ignore[index,call-overload]
    return found


def _with_past(folder: Path) -> Iterator[str]:
    """Under a limit: each action sees those before it that the candidate let happen."""
    tried = _limited(folder)
    for number in (10_000, 100_000):
        table = pa.table(
            {
                "task": ["pay"] * number,
                "principal": [f"bot-{at % 100}" for at in range(number)],
                "kind": ["agent"] * number,
                "roles": pa.array([["clerk"]] * number),
                "input.amount": [at % 90 for at in range(number)],
                "now": pa.array(
                    [_START + timedelta(seconds=30 * at) for at in range(number)],
                    pa.timestamp("us", "UTC"),
                ),
                "outcome": ["allow"] * number,
            }
        )
        place = str(_of(folder, table))
        taken = _least(lambda place=place: replay(tried, place))  # type: ignore[misc]
        yield f"under a limit, {number:,} rows: {number / taken:,.0f} rows/s, one by one"


def _of_ledger(folder: Path) -> Iterator[str]:
    """Actions of a gate, by way of its record."""
    number, roles = 800, folder / "roles.csv"
    roles.write_text("".join(f"g, bot-{at}, clerk\n" for at in range(100)), encoding="utf-8")
    engine = Engine(_limited(folder).policy, roles)
    store = f"sqlite:///{folder / 'governance.db'}"
    with closing(engine.gate(store=store, tools={"pay": lambda amount: "paid"})) as gate:
        for at in range(number):
            gate.submit(Action(Agent(f"bot-{at % 100}"), "pay", {"amount": at % 90}))
    if replay(Candidate(engine.policy), store).flips:
        raise Disagreement("the replay of a ledger")
    taken = _least(lambda: replay(Candidate(engine.policy), store))
    yield f"a ledger under a limit, {number:,} actions: {number / taken:,.0f} actions/s"


def _limited(folder: Path) -> Candidate:
    path = folder / "limited.policy"
    path.write_text(_LIMITED, encoding="utf-8")
    return Candidate(Engine.load(path).policy)


def _least(run: Callable[[], object]) -> float:
    """Seconds, the least of some rounds."""
    taken = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return min(taken)


if __name__ == "__main__":
    main()
