"""Decisions as scenarios: every test in `tests/cases/` comes out as it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_engine import Engine

CASES = Path(__file__).parents[1] / "cases"


def _tests() -> list[object]:
    found = []
    for file in sorted(CASES.glob("*.policy")):
        engine = Engine.load(file)
        for number, test in enumerate(engine.policy.tests):
            found.append(pytest.param(engine, number, id=f"{file.stem}: {test.title}"))
    return found


@pytest.mark.parametrize(("engine", "number"), _tests())
def test_case(engine: Engine, number: int) -> None:
    rehearsal = engine.test()[number]
    assert rehearsal.problems == (), [r.title for r in rehearsal.decision.reasons]


def test_every_rule_of_the_cases_matters() -> None:
    """A rule that no case needs would be a rule that no case tests."""
    for file in sorted(CASES.glob("*.policy")):
        engine = Engine.load(file)
        decided = {rule for rehearsal in engine.test() for rule in rehearsal.decision.rules}
        assert set(engine.policy.rules) == decided, file.name
