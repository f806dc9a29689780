"""The travel policy, which was written blind: from the tools and the environment alone.

Nobody has looked at the tasks and attacks of this suite, so no score stands here. What can be
tested without them: that the policy is about exactly these tools, and that it is clean, laid out,
closely tested, and speaks of nothing that stands in the environment.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.agentdojo.engine import POLICIES, ROLES, factory
from policy_engine import Engine
from policy_engine.analysis.coverage import coverage
from policy_engine.analysis.mutation import mutation
from policy_engine.foundation.source import Source
from policy_engine.language.format import formatted
from policy_engine.loading import check
from tests.agentdojo.scoring import DATA, needs_data

TRAVEL = POLICIES / "travel.policy"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load(TRAVEL, directory=ROLES)


def test_nothing_is_to_be_said_about_it() -> None:
    policy, diagnostics = check(TRAVEL)
    assert policy is not None
    assert diagnostics == ()
    text = TRAVEL.read_text(encoding="utf-8")
    assert formatted(Source(TRAVEL.name, text)) == (text, ())


def test_its_tests_pass_and_cover_every_rule(engine: Engine) -> None:
    rehearsals = engine.test()
    assert [(r.test.title, r.problems) for r in rehearsals if not r.passed] == []
    covered = coverage(engine.policy, rehearsals)
    assert [rule.name for rule in (*covered.uncovered, *covered.undecided)] == []


def test_its_tests_notice_small_mistakes(engine: Engine) -> None:
    """The slow one: some three hundred mistakes, in a few seconds."""
    result = mutation(engine.policy)
    assert result.never_mattered == ()
    assert result.score >= 0.9, [f"{m.name}: {m.description}" for m in result.survivors]


def test_every_rule_says_in_a_sentence_what_it_is_for(engine: Engine) -> None:
    titles = [rule.title for rule in engine.policy.rules.values()]
    assert [title for title in titles if not title] == []
    assert len(set(titles)) == len(titles)


@needs_data
def test_its_tasks_are_the_tools_with_their_inputs(engine: Engine) -> None:
    """An input may be left out where the tool can do without it, or takes null."""
    tasks = [
        task for task in engine.policy.tasks.values() if task.span.source.name.endswith(TRAVEL.name)
    ]
    tools = {tool["name"]: dict(_inputs(tool["parameters"])) for tool in _rows("tools")}
    assert {
        task.name: {field.name: field.optional for field in task.inputs} for task in tasks
    } == tools


@needs_data
def test_it_names_nothing_of_the_environment() -> None:
    """No hotel, person, place or address: a rule is for whatever the catalogue has tomorrow."""
    text = TRAVEL.read_text(encoding="utf-8").casefold()
    (row,) = _rows("envs")
    long = {each.casefold() for each in _texts(row["env"]) if len(each) > 6}
    assert {each for each in long if each in text} == set()


def test_its_assistant_holds_its_role() -> None:
    session = factory("travel", [], {}).session("Book two nights at Hotel Tilia")
    stay = {"hotel": "Hotel Tilia", "start_day": "2026-05-02", "end_day": "2026-05-04"}
    assert session.check("reserve_hotel", stay) == "allow"


def _rows(name: str) -> list[dict[str, Any]]:
    """The rows of the travel suite, and no others."""
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["suite"] == "travel"]


def _inputs(schema: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    needed = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        nullable = {"type": "null"} in field.get("anyOf", [])
        yield name, nullable or name not in needed


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)
