"""Decisions as scenarios: every test in `tests/cases/` comes out as it says.

Each title begins with the section of `docs/language.md` that it shows, and each section about
rules and expressions is shown by some case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from policy_engine import Engine
from policy_engine.decision.rehearse import Rehearsal

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "tests" / "cases").glob("*.policy"))
SHOWN = ("6", "7", "8", "11", "12", "13")
"""The chapters on rules (effects, clauses, obligations) and on expressions."""

_SECTION = re.compile(r"^### (\d+)\.(\d+) ", re.MULTILINE)


@cache
def engine_of(file: Path) -> Engine:
    return Engine.load(file)


@cache
def rehearsals(file: Path) -> list[Rehearsal]:
    return engine_of(file).test()


def sections() -> list[tuple[str, str]]:
    """The numbered sections of the reference, in order."""
    return _SECTION.findall((ROOT / "docs" / "language.md").read_text(encoding="utf-8"))


def cited() -> set[str]:
    return {test.title.split(" ")[0] for file in FILES for test in engine_of(file).policy.tests}


def _tests() -> Iterator[object]:
    for file in FILES:
        for number, test in enumerate(engine_of(file).policy.tests):
            yield pytest.param(file, number, id=f"{file.stem}: {test.title}")


@pytest.mark.parametrize(("file", "number"), list(_tests()))
def test_case(file: Path, number: int) -> None:
    rehearsal = rehearsals(file)[number]
    assert rehearsal.problems == (), [r.title for r in rehearsal.decision.reasons]


def test_every_rule_of_the_cases_matters() -> None:
    """A rule that no case needs would be a rule that no case tests."""
    for file in FILES:
        policy = engine_of(file).policy
        mattered: set[str] = set()
        for rehearsal in rehearsals(file):
            decision = rehearsal.decision
            mattered |= decision.rules | {due.rule for due in decision.obligations}
        assert set(policy.rules) | set(policy.waivers) == mattered, file.name


def test_every_case_cites_a_section() -> None:
    assert sorted(cited() - {".".join(section) for section in sections()}) == []


def test_every_section_on_rules_and_expressions_has_a_case() -> None:
    wanted = [".".join(section) for section in sections() if section[0] in SHOWN]
    assert [section for section in wanted if section not in cited()] == []
