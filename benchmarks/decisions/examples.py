"""The policies that ship as examples, with the actions of their own tests.

They have what the drawn workload has not: facts, the past, people who sign, provenance, checks.
No peer can say them, so they are held against our own interpreter (`Engine.decide`), which gives
all reasons; the outcome of each test is the oracle.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from benchmarks.decisions.measure import interleaved, numbered
from benchmarks.decisions.rows import Finding, Row, Settings, at_least
from benchmarks.decisions.stages import Disagreement
from policy_engine import Action, Engine
from policy_engine.decision import rehearse
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.program import Program, compile_policy
from policy_engine.decision.verdict import Verdict

_POLICIES = Path(__file__).resolve().parents[2] / "policies" / "examples"
EXAMPLES = {"refunds": _POLICIES / "refunds.policy", "hospital": _POLICIES / "hospital"}


class Example(NamedTuple):
    """A policy and what its tests ask."""

    engine: Engine
    program: Program
    asked: list[tuple[Action, Circumstances]]


def examples(settings: Settings) -> Iterator[Finding]:
    """The short answer against the one with reasons."""
    for name, path in EXAMPLES.items():
        yield _row(name, example(path), settings)


def example(path: Path) -> Example:
    """An example and its actions, each decided once. Raises `Disagreement`."""
    engine = Engine.load(path, checks={"ward_checks:interactions": lambda **_: True})
    program = compile_policy(engine.policy)
    found = Example(engine, program, [])
    for test in engine.policy.tests:
        with patch.object(rehearse, "decide", wraps=decide) as asked:
            rehearse.rehearse(program, test)
        _, action, circumstances = asked.call_args.args
        found.asked.append((action, circumstances))
        outcome = _verdict(found, -1).outcome.word
        if outcome != test.outcome:
            raise Disagreement(f"{path.name}: {test.title}: {outcome}, not {test.outcome}")
    return found


def _row(name: str, found: Example, settings: Settings) -> Row:
    numbers = range(len(found.asked))
    blocks = {
        "ours": numbered(lambda n: _verdict(found, n), numbers),
        "decide": numbered(lambda n: decide(found.program, *found.asked[n]), numbers),
    }
    times = interleaved(blocks, max(3, settings.rounds // 2))
    return Row(
        f"example/{name}",
        f"{name}, {len(numbers)} actions of its tests: × faster than with all reasons",
        times["decide"].least / times["ours"].least,
        "×",
        at_least(1),
        False,
        {each: timing.least for each, timing in times.items()},
    )


def _verdict(found: Example, number: int) -> Verdict:
    action, circumstances = found.asked[number]
    return found.engine.verdict(action, circumstances.roles, circumstances)
