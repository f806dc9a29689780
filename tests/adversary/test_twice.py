"""Making one thing happen twice, or at all after a person said no."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

from policy_engine import Human, Status
from policy_engine.decision.action import action_digest
from policy_engine.foundation.canonical import decode
from policy_engine.runtime.ports import SystemClock
from tests.adversary.conftest import Lab, act

POLICY = """
fact risk: Integer
task pay { input amount: Decimal }
rule r permit bot to pay
rule e "Risk" escalate pay to boss when risk > 5
"""


class _Shifty(Mapping[str, object]):
    """Says 7 the first `reads` times, then 5."""

    def __init__(self, reads: int) -> None:
        self._reads = reads

    def __getitem__(self, name: str) -> object:
        self._reads -= 1
        return 7 if self._reads >= 0 else 5

    def __iter__(self) -> Iterator[str]:
        return iter(["amount"])

    def __len__(self) -> int:
        return 1


def test_a_key_that_joined_a_waiting_action_never_acts_again(lab: Lab) -> None:
    """The second key takes up the action of the first, is told *executed*, and then acts anew."""
    runs: list[object] = []
    gate = lab.gate(POLICY, tools={"pay": lambda amount: runs.append(amount)})
    session = gate.open("hi")
    pay = act("pay", {"amount": 5})
    assert gate.submit(pay, session=session, facts={"risk": 9}, key="k1").status is Status.HELD
    for _ in range(2):
        gate.submit(pay, session=session, facts={"risk": 1}, key="k2")
    assert len(runs) == 1


def test_an_input_that_changes_between_readings_passes_no_rejection(lab: Lab) -> None:
    """The first reading gives another proposal, whose rejections are then looked up."""
    runs: list[object] = []
    gate = lab.gate(POLICY, tools={"pay": lambda amount: runs.append(amount)})
    held = gate.submit(act("pay", {"amount": 5}), facts={"risk": 9})
    assert held.id is not None
    gate.reject(str(held.ticket), by=Human("ana"), reason="no")
    for reads in range(1, 6):
        gate.submit(act("pay", _Shifty(reads)), facts={"risk": 1})
    assert 5 not in runs


def test_what_is_kept_is_what_was_decided(lab: Lab) -> None:
    """The digest kept beside an input, to which signatures are bound, is that input's."""
    gate = lab.gate(POLICY)
    for reads in range(1, 6):
        gate.submit(act("pay", _Shifty(reads)), facts={"risk": 9})
    kept = lab.rows("SELECT body, digest FROM actions")
    for body, digest in kept:
        input_ = {"amount": Decimal(decode(json.loads(str(body)))["input"]["amount"])}
        assert digest == action_digest(act("pay", {}), input_)


def test_a_retyped_timestamp_lifts_no_rejection(lab: Lab) -> None:
    """Law 8: a policy edit never lifts a rejection (Text to Timestamp does)."""
    policy = POLICY.replace("amount: Decimal", "due: TYPE")
    pay = act("pay", {"due": "2026-01-01T00:00:00+00:00"})
    tools = {"pay": lambda due: None}
    gate = lab.gate(policy.replace("TYPE", "Text"), tools=tools)
    held = gate.submit(pay, facts={"risk": 9})
    assert held.id is not None
    gate.reject(str(held.ticket), by=Human("ana"), reason="no")
    gate = lab.gate(policy.replace("TYPE", "Timestamp"), tools=tools)
    assert gate.submit(pay, facts={"risk": 1}).status is Status.DENIED


def test_other_spellings_of_one_number_lift_no_rejection(lab: Lab) -> None:
    gate = lab.gate(POLICY, tools={"pay": lambda amount: None})
    held = gate.submit(act("pay", {"amount": 5}), facts={"risk": 9})
    assert held.id is not None
    gate.reject(str(held.ticket), by=Human("ana"), reason="no")
    for spelling in (5.0, 5, Decimal("5.000")):
        again = gate.submit(act("pay", {"amount": spelling}), facts={"risk": 1})
        assert again.status is Status.DENIED


def test_many_threads_with_one_key_act_once(lab: Lab) -> None:
    runs: list[object] = []
    gate = lab.gate(POLICY, tools={"pay": lambda amount: runs.append(amount)})

    def submit() -> None:
        gate.submit(act("pay", {"amount": 5}), facts={"risk": 1}, key="k")

    threads = [threading.Thread(target=submit) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == 1
    assert lab.verified().holds


_WORKER = """
import sys
from policy_engine import Engine
folder, id_, effects = sys.argv[1:]
def pay(amount):
    with open(effects, "a") as file:
        file.write("paid\\n")
    if "die" in effects:
        import os
        os._exit(9)
gate = Engine.load(folder + "/p.policy", directory=folder + "/r.csv").gate(
    store=folder + "/s.db", tools={"pay": pay})
print(gate.resume(id_).status.value)
gate.close()
"""


def test_several_processes_resume_one_action_and_it_runs_once(lab: Lab) -> None:
    effects, id_ = _approved(lab, "effects")
    command = [sys.executable, "-c", _WORKER, str(lab.folder), id_, str(effects)]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    for worker in workers:
        worker.communicate()
    assert effects.read_text() == "paid\n"
    assert lab.verified().holds


def test_a_process_killed_inside_the_call_does_not_pay_again(lab: Lab) -> None:
    effects, id_ = _approved(lab, "die")
    command = [sys.executable, "-c", _WORKER, str(lab.folder), id_, str(effects)]
    for _ in range(2):
        subprocess.run(command, check=False, capture_output=True)
    assert effects.read_text() == "paid\n"
    assert [f.code.id for f in lab.verified().findings] == ["L706"]


def _approved(lab: Lab, name: str) -> tuple[Path, str]:
    lab.clock = SystemClock()  # type: ignore[assignment]
    gate = lab.gate(POLICY, tools={"pay": lambda amount: None})
    held = gate.submit(act("pay", {"amount": 5}), facts={"risk": 9})
    assert held.id is not None
    gate.approve(str(held.ticket), by=Human("ana"))
    return lab.folder / name, held.id
