"""kill -9 at every step: nothing is lost, nothing runs twice, nothing runs unrecorded.

A desk is killed right before and right after each of its commits, and once more, at another one,
while it recovers. Then it is left to finish. What the tools really did stands in a file of their
own.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from policy_engine import Status
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.verify import verify
from tests.faults.conftest import audited
from tests.faults.desk import STEPS, open_gate, play, run
from tests.faults.processes import run_process
from tests.faults.scene import Scene

ROUNDS = int(os.environ.get("POLICY_FAULT_ROUNDS", "3"))
COMMITS = 24
"""More than the desk ever makes: past its end, nothing is killed."""


def killed(folder: Path, when: str, number: int) -> bool:
    """Runs the desk; whether it was killed."""
    code = run_process(run, (folder, when, number))
    assert code in (0, -signal.SIGKILL)
    return code != 0


@pytest.mark.parametrize("round_", range(ROUNDS))
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(1, COMMITS + 1))
def test_a_desk_that_is_killed_finishes(
    request: pytest.FixtureRequest, tmp_path: Path, when: str, number: int, round_: int
) -> None:
    chance = random.Random(f"{when} {number} {round_}")
    killed(tmp_path, when, number)
    killed(tmp_path, chance.choice(["before", "after"]), chance.randint(1, COMMITS))
    gate = open_gate(tmp_path / "s.db", tmp_path / "effects")
    ends = {key: result.status for key, result in play(gate).items()}
    gate.close()
    audited(request, Scene(tmp_path, str(tmp_path / "s.db")))
    assert_all_is_well(tmp_path, ends)


def test_the_desk_commits_no_more_often_than_it_is_killed(tmp_path: Path) -> None:
    assert not killed(tmp_path, "after", COMMITS)


def assert_all_is_well(folder: Path, ends: dict[str, Status]) -> None:
    """Nothing lost, nothing twice, nothing that the record does not have."""
    assert ends.keys() == {key for key, _, _ in STEPS}
    file = folder / "effects"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    effects = Counter(line.split()[0] + line.split()[1] for line in lines)
    for key, task, amount in STEPS:
        done = effects[f"{task}{amount}"]
        if task == "pay":  # never tried again, so where it is unknown it ran once or not at all
            assert ends[key] in (Status.EXECUTED, Status.UNKNOWN)
            assert done <= 1
            assert done == 1 or ends[key] is Status.UNKNOWN
        else:  # tried again, under one key
            assert ends[key] is Status.EXECUTED
            assert done >= 1
            assert len({line for line in lines if line.startswith("ping")}) == 1
    database = Database(folder / "s.db", must_exist=True)
    records = list(LedgerReader(database).records())
    database.close()
    verification = verify(records)
    assert verification.holds, verification.findings
    assert [f.code.id for f in verification.findings] == []
    intents = {record.body["action"] for record in records if record.kind == "intent"}
    assert {line.split()[2] for line in lines} <= intents
