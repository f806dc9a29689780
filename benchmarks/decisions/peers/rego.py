"""Rego in Rust through `regorus`, interpreted and compiled for its virtual machine.

Rules written as Rego code are scanned one after the other; laid out as data, keyed by task, they
are looked up. This is the fastest form of each that we found.
"""

from __future__ import annotations

import json

import regorus

from benchmarks.decisions.rules import Rule
from benchmarks.decisions.workload import LARGEST, REGIONS, Workload

_RULE = "data.bench.allow"

_FITS = (
    "input.amount >= r.low; input.amount <= r.high; r.regions[input.region]; r.flags[input.flag]"
)

_POLICY = f"""
package bench

import rego.v1

default allow := false

allow if {{
    some r in data.permits[input.task]
    input.roles[r.role]; {_FITS}
    not forbidden
}}

forbidden if {{
    some r in data.forbids[input.task]
    {_FITS}
}}
"""


class Engine:
    """The interpreter. The requests are JSON texts, which it reads as fast as objects."""

    largest = 10_000

    def load(self, workload: Workload) -> None:
        self._engine = regorus.Engine()
        self._engine.add_policy("bench.rego", _POLICY)
        self._engine.add_data_json(json.dumps(_data(workload)))
        self._requests = _requests(workload)

    def decide(self, number: int) -> bool:
        self._engine.set_input_json(self._requests[number])
        return bool(self._engine.eval_rule(_RULE))


class Machine:
    """The virtual machine."""

    largest = 10_000

    def load(self, workload: Workload) -> None:
        data = json.dumps(_data(workload))
        program = regorus.Program.compile_from_modules(data, [("bench.rego", _POLICY)], [_RULE])
        self._machine = regorus.Rvm()
        self._machine.load_program(program)
        self._machine.set_data_json(data)
        self._requests = _requests(workload)

    def decide(self, number: int) -> bool:
        self._machine.set_input_json(self._requests[number])
        return bool(self._machine.execute() == "true")


def _requests(workload: Workload) -> list[str]:
    return [
        json.dumps(
            {
                "roles": dict.fromkeys(request.roles, True),
                "task": request.task,
                "amount": request.amount,
                "region": request.region,
                "flag": str(request.pii),
            }
        )
        for request in workload.requests
    ]


def _data(workload: Workload) -> dict[str, object]:
    permits: dict[str, list[object]] = {}
    forbids: dict[str, list[object]] = {}
    for rule in workload.rules:
        for task in workload.tasks if rule.task is None else (rule.task,):
            (permits if rule.permits else forbids).setdefault(task, []).append(_row(rule))
    return {"permits": permits, "forbids": forbids}


def _row(rule: Rule) -> dict[str, object]:
    bound = rule.bound
    flags = ("True", "False") if rule.pii is None else (str(rule.pii),)
    return {
        "role": rule.role,
        "low": 0 if rule.permits or bound is None else bound + 1,
        "high": bound if rule.permits and bound is not None else LARGEST,
        "regions": dict.fromkeys(rule.regions or REGIONS, True),
        "flags": dict.fromkeys(flags, True),
    }
