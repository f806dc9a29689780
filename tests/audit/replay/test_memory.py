"""However large the past is, what a replay holds of it is bounded: it streams."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.audit.replay.shop import LIMIT, POLICY

_MEASURE = """
import json, resource, sys
from datetime import UTC, datetime, timedelta
import pyarrow as pa, pyarrow.parquet as pq
from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.replay import replay
from policy_engine.loading import check

policy, place, rows, apart = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
start, a_batch = datetime(2020, 1, 1, tzinfo=UTC), 50_000
numbers = range(a_batch)
columns = {
    "task": pa.array(["refund" if apart and n % apart == 0 else "look" for n in numbers]),
    "principal": pa.array([f"bot-{n % 2_000}" for n in numbers]),
    "kind": pa.array(["agent"] * a_batch),
    "roles": pa.array([["support_agent"]] * a_batch),
    "input.order": pa.array([None if apart and n % apart == 0 else f"order {n}" for n in numbers]),
    "input.amount": pa.array([n % 90 if apart and n % apart == 0 else None for n in numbers]),
    "input.region": pa.array(["west" if apart and n % apart == 0 else None for n in numbers]),
    "outcome": pa.array(["allow"] * a_batch),
}

def batch(first):
    now = [start + timedelta(minutes=first + n) for n in numbers]
    return pa.record_batch({**columns, "now": pa.array(now, pa.timestamp("us", "UTC"))})

def written(rows):
    first = batch(0)
    with pq.ParquetWriter(place, first.schema) as file:
        file.write_batch(first)
        for at in range(a_batch, rows, a_batch):
            file.write_batch(batch(at))

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

tried = Candidate(check(policy)[0])
written(a_batch * 4)
replay(tried, place)
before = most()
written(rows)
before = most()
answer = replay(tried, place)
print(json.dumps([answer.total, answer.with_past, most() - before, most()]))
"""


@pytest.mark.parametrize(("text", "apart"), [(POLICY, 0), (POLICY + LIMIT, 40)])
def test_a_million_rows(text: str, apart: int, tmp_path: Path) -> None:
    (tmp_path / "one.policy").write_text(text, encoding="utf-8")
    arguments = [str(tmp_path / "one.policy"), str(tmp_path / "past.parquet"), "1000000"]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, *arguments, str(apart)],
        capture_output=True,
        text=True,
        check=True,
    )
    total, with_past, growth, most = json.loads(done.stdout)
    assert (total, with_past) == (1_000_000, 25_000 if apart else 0)
    assert growth < 150, "MiB more than for a fifth of the rows"
    assert most < 1_500


def test_a_line_without_end(tmp_path: Path) -> None:
    """Two gigabytes in one line, of which nothing is kept."""
    (tmp_path / "one.policy").write_text(POLICY, encoding="utf-8")
    place = tmp_path / "past.jsonl"
    with place.open("wb") as file:
        file.truncate(2 * 2**30)
    code = """
import resource, sys
from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.replay import replay
from policy_engine.loading import check
answer = replay(Candidate(check(sys.argv[1])[0]), sys.argv[2])
assert (answer.total, answer.unread) == (0, 1), answer
assert answer.first_unread[0].place == "line 1"
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "one.policy"), str(place)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout) < 400
