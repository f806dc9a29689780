"""A shop's refunds: a policy, edits of it, and tables of what was asked there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from policy_engine.audit.replay.candidate import Candidate
from policy_engine.engine import Engine

POLICY = """
policy shop.refunds "Refunds" owner "risk@shop.example"

role support_agent for agents
role manager for humans

task refund "Pay money back" { input amount: Decimal  input region: Text }
task look "Look at an order" { input order: Text }

rule looking permit support_agent to look
rule routine permit support_agent to refund when amount <= 500
rule signed "A manager signs above 200" escalate refund to manager when amount > 200
rule abroad forbid any agent to refund when region in ["north", "south"]
"""

LIMIT = """
rule daily "Not more than 300 a day"
  limit sum of amount over refund to at most 300 per agent within 1 day
"""

START = datetime(2026, 5, 4, 9, tzinfo=UTC)


def candidate(folder: Path, text: str = POLICY) -> Candidate:
    """A policy as the candidate of a replay."""
    path = folder / "candidate.policy"
    path.write_text(text, encoding="utf-8")
    return Candidate(Engine.load(path).policy)


def row(amount: object = 40, outcome: object = "allow", **more: object) -> dict[str, object]:
    """A row of a table of past actions."""
    return {
        "task": "refund",
        "principal": "bot-7",
        "kind": "agent",
        "roles": ["support_agent"],
        "input.amount": amount,
        "input.region": "west",
        "now": START,
        "outcome": outcome,
        **more,
    }


def hourly(rows: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    """The same rows, one an hour."""
    return [{**one, "now": START + timedelta(hours=at)} for at, one in enumerate(rows)]


def parquet(folder: Path, rows: Sequence[Mapping[str, object]], **columns: pa.Array) -> str:
    """A table as a file."""
    table = pa.Table.from_pylist([dict(one) for one in rows])
    for name, column in columns.items():
        table = table.append_column(name, column)
    place = folder / "past.parquet"
    pq.write_table(table, place)
    return str(place)
