"""A small policy, and tables for it, each row an order to pay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from policy_engine.decision.columns.decide import Prepared
from policy_engine.decision.program import Program, compile_policy
from policy_engine.foundation.source import Source
from tests.properties.drafts import built_from

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICY = """policy desk owner "o" times in "UTC"

role clerk
role lead for humans

context has { load?: Decimal }

task pay {
  input amount: Decimal
  input count: Integer
  input region: Text
  input urgent: Boolean
  input at: Timestamp
  input day: Date
  input note?: Text
}

task look { input id: Text }

rule pays
  permit clerk to pay
  when amount <= 500
  when count < 3
  when at >= 2026-11-01T00:00:00Z
  when day >= 2026-11-01

rule abroad
  forbid any principal to pay
  when region in ["GB", "US"]

rule dear
  escalate pay to lead
  when amount > 200.50

rule noted
  forbid lead to pay
  when note is given and note == "no"

rule looks
  permit any principal to look
"""


def program() -> Program:
    """The policy, ready to decide."""
    return compile_policy(built_from([Source("desk.policy", POLICY)]))


def prepared() -> Prepared:
    """The same, for columns."""
    return Prepared(program())


FITTING: Mapping[str, pa.Array] = {
    "task": pa.array(["pay"]),
    "principal": pa.array(["bot"]),
    "kind": pa.array(["agent"]),
    "roles": pa.array([["clerk"]]),
    "input.amount": pa.array([100]),
    "input.count": pa.array([1]),
    "input.region": pa.array(["DE"]),
    "input.urgent": pa.array([False]),
    "input.at": pa.array([NOW]),
    "input.day": pa.array([NOW.date()]),
}
"""One row that is allowed, by `pays`."""


def table(**columns: Any) -> pa.Table:
    """Rows that fit, but for these columns (`_` for a point in a name); None: without it."""
    given = {name.replace("_", ".", 1): column for name, column in columns.items()}
    rows = max((len(column) for column in given.values() if column is not None), default=1)
    whole = {name: pa.repeat(column[0], rows) for name, column in FITTING.items()}
    kept = {**whole, **given}
    return pa.table({name: column for name, column in kept.items() if column is not None})
