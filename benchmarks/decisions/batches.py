"""Many requests at once, as columns: ours, a join in DuckDB, and row by row from Arrow.

The join is what a good engineer would write: rules as a table, roles and regions as bits, and both
cores. Times are wall-clock, since DuckDB uses several threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from benchmarks.decisions import workload
from benchmarks.decisions.measure import Block, interleaved
from benchmarks.decisions.rows import Absent, Finding, Row, Settings, at_least
from benchmarks.decisions.rules import Rule
from benchmarks.decisions.stages import Disagreement, Stage, stage
from benchmarks.decisions.workload import REGIONS, Workload
from policy_engine import Action, Agent

_RULES = 1_000
_AGAINST_JOIN, _AGAINST_ROWS = 5.0, 50.0
_ROWS = 20_000
"""So many are decided row by row; the time of a row does not depend on how many there are."""
_ROUNDS = 3

_JOIN = """
SELECT asked.row, coalesce(bool_or(rules.permits) AND bool_and(rules.permits), false) AS allowed
FROM asked
JOIN members ON members.who = asked.who
JOIN places ON places.region = asked.region
LEFT JOIN rules
  ON rules.task = asked.task
  AND asked.amount BETWEEN rules.low AND rules.high
  AND (rules.regions & places.bit) <> 0
  AND (rules.roles & members.roles) <> 0
  AND (rules.pii IS NULL OR rules.pii = asked.pii)
GROUP BY asked.row
ORDER BY asked.row
"""


def batch(settings: Settings) -> Iterator[Finding]:
    """The three of them over the same table."""
    missing = [name for name in ("pyarrow", "duckdb", "numpy") if find_spec(name) is None]
    if missing:
        yield Absent("batch", f"not installed: {', '.join(missing)}")
        return
    each = stage(workload.spread, _RULES, settings.requests)
    copies = -(-settings.batch // len(each.pairs))
    table = _asked(each.workload, copies)
    expected = list(each.workload.allowed) * copies
    joined = _Join(each.workload, table)
    if joined.run() != expected:
        raise Disagreement("DuckDB's join")
    rows = table.slice(0, _ROWS)
    if _row_by_row(each, rows) != expected[: rows.num_rows]:
        raise Disagreement("row by row from Arrow")
    blocks = {
        "join": Block(joined.timed, table.num_rows),
        "rows": Block(lambda: _row_by_row(each, rows), rows.num_rows),
    }
    kernel = _kernel(each, copies)
    if not isinstance(kernel, str):
        if [outcome == "allow" for outcome in kernel().column("outcome").to_pylist()] != expected:
            raise Disagreement("our own kernel")
        blocks["ours"] = Block(kernel, table.num_rows)
    times = interleaved(blocks, _ROUNDS, time.perf_counter_ns)
    detail = {f"{name} (rows/s)": 1e6 / timing.least for name, timing in times.items()}
    for key, other, goal in (
        ("join", "a join in DuckDB, both cores", _AGAINST_JOIN),
        ("rows", "row by row from Arrow", _AGAINST_ROWS),
    ):
        if isinstance(kernel, str):
            reached = f"{detail[f'{key} (rows/s)']:,.0f} rows/s"
            yield Absent(f"batch/{key}", f"{kernel}; {other}: {reached}")
            continue
        figure = times[key].least / times["ours"].least
        title = f"{table.num_rows:,} rows, 1,000 rules: × faster than {other}"
        yield Row(f"batch/{key}", title, figure, "×", at_least(goal), detail=detail)


def _asked(drawn: Workload, copies: int) -> Any:
    """The requests as an Arrow table, over and over; texts are dictionaries, as in Parquet."""
    pa: Any = import_module("pyarrow")
    requests = drawn.requests
    columns = {
        "who": pa.array([r.user for r in requests]).dictionary_encode(),
        "task": pa.array([r.task for r in requests]).dictionary_encode(),
        "amount": pa.array([r.amount for r in requests], pa.int64()),
        "region": pa.array([r.region for r in requests]).dictionary_encode(),
        "pii": pa.array([r.pii for r in requests]),
    }
    return _repeated(pa.table(columns), copies)


class _Join:
    """The rules as a table, and everything else that the join needs."""

    def __init__(self, drawn: Workload, asked: Any) -> None:
        pa: Any = import_module("pyarrow")
        duckdb: Any = import_module("duckdb")
        bits = {role: 1 << n for n, role in enumerate(drawn.roles)}
        self._connection = duckdb.connect()
        rows = pa.array(range(asked.num_rows), pa.int64())
        held = {who: sum(bits[role] for role in roles) for who, roles in drawn.members.items()}
        places = {region: 1 << n for n, region in enumerate(REGIONS)}
        tables = {
            "asked": asked.append_column("row", rows),
            "members": pa.table({"who": list(held), "roles": list(held.values())}),
            "places": pa.table({"region": list(places), "bit": list(places.values())}),
            "rules": pa.Table.from_pylist([_row(rule, bits, places) for rule in drawn.rules]),
        }
        for name, table in tables.items():
            self._connection.from_arrow(table).create(name)

    def timed(self) -> Any:
        return self._connection.sql(_JOIN).to_arrow_table()

    def run(self) -> list[bool]:
        answers: list[bool] = self.timed().column("allowed").to_pylist()
        return answers


def _row(rule: Rule, bits: dict[str, int], places: dict[str, int]) -> dict[str, object]:
    everybody = (1 << len(bits)) - 1
    bound = rule.bound
    return {
        "task": rule.task,
        "low": 0 if rule.permits or bound is None else bound + 1,
        "high": bound if rule.permits and bound is not None else workload.LARGEST,
        "regions": sum(places[region] for region in rule.regions or REGIONS),
        "roles": bits[rule.role] if rule.role is not None else everybody,
        "pii": rule.pii,
        "permits": rule.permits,
    }


def _row_by_row(each: Stage, rows: Any) -> list[bool]:
    roles = {who: frozenset(held) for who, held in each.workload.members.items()}
    verdict = each.engine.verdict
    found: list[bool] = []
    for row in rows.to_pylist():
        who, task = row.pop("who"), row.pop("task")
        found.append(verdict(Action(Agent(who), task, row), roles[who]).allowed)
    return found


def _kernel(each: Stage, copies: int) -> Callable[[], Any] | str:
    """What decides the same rows by our own kernel, or why nothing does."""
    columns: Any = import_module("policy_engine.decision.columns.decide")
    table, prepared = _columns(each.workload, copies), each.engine._columns
    held = {who: frozenset(roles) for who, roles in each.workload.members.items()}

    def roles(who: str, kind: str, domain: str | None) -> frozenset[str]:
        return held[who]

    return lambda: columns.decide_columns(prepared, table, roles=roles)


def _columns(drawn: Workload, copies: int) -> Any:
    """The requests in the shape of our own kernel."""
    pa: Any = import_module("pyarrow")
    requests = drawn.requests
    columns = {
        "task": pa.array([r.task for r in requests]).dictionary_encode(),
        "principal": pa.array([r.user for r in requests]).dictionary_encode(),
        "kind": pa.array(["agent"] * len(requests)).dictionary_encode(),
        "input.amount": pa.array([r.amount for r in requests], pa.int64()),
        "input.region": pa.array([r.region for r in requests]).dictionary_encode(),
        "input.pii": pa.array([r.pii for r in requests]),
    }
    return _repeated(pa.table(columns), copies)


def _repeated(table: Any, copies: int) -> Any:
    pa: Any = import_module("pyarrow")
    return pa.concat_tables([table] * copies).unify_dictionaries().combine_chunks()
