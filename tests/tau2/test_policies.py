"""The three rulebooks as policies: clean, laid out, and tested so closely that little hides."""

from __future__ import annotations

from functools import cache

import pytest

from benchmarks.tau2.engine import DOMAINS, POLICIES, engine_of
from policy_engine.analysis.coverage import coverage
from policy_engine.analysis.mutation import mutation
from policy_engine.decision.rehearse import Rehearsal
from policy_engine.foundation.source import Source
from policy_engine.language.format import formatted

each_policy = pytest.mark.parametrize("domain", DOMAINS)


@cache
def _rehearsals(domain: str) -> list[Rehearsal]:
    return engine_of(domain).test()


@each_policy
def test_nothing_is_to_be_said_about_it(domain: str) -> None:
    assert [warning.title for warning in engine_of(domain).warnings] == []


@each_policy
def test_it_is_laid_out(domain: str) -> None:
    text = (POLICIES / f"{domain}.policy").read_text()
    assert formatted(Source(f"{domain}.policy", text)) == (text, ())


@each_policy
def test_its_tests_pass_and_cover_every_rule(domain: str) -> None:
    rehearsals = _rehearsals(domain)
    assert [(r.test.title, r.problems) for r in rehearsals if not r.passed] == []
    covered = coverage(engine_of(domain).policy, rehearsals)
    assert [rule.name for rule in covered.uncovered] == []
    assert [rule.name for rule in covered.undecided] == []


@each_policy
def test_no_two_of_its_tests_have_one_title(domain: str) -> None:
    titles = [test.title for test in engine_of(domain).policy.tests]
    assert sorted({title for title in titles if titles.count(title) > 1}) == []


@each_policy
def test_its_tests_notice_small_mistakes(domain: str) -> None:
    """The slow one: some three hundred mistakes for the airline, in a few seconds."""
    result = mutation(engine_of(domain).policy)
    assert result.never_mattered == ()
    assert result.score >= 0.97, [f"{m.name}: {m.description}" for m in result.survivors]


@each_policy
def test_every_rule_says_in_a_sentence_what_it_is_for(domain: str) -> None:
    assert [r.name for r in engine_of(domain).policy.rules.values() if not r.title] == []


@each_policy
def test_every_rule_stands_in_the_table_of_its_rulebook(domain: str) -> None:
    """And the table names no rule that is not there."""
    page = (POLICIES.parents[1] / "docs" / "tau2.md").read_text()
    table = page.partition(f"## The {domain} rulebook")[2].partition("\n## ")[0]
    cells = [line.split("|")[2] for line in table.splitlines() if line.count("|") == 3]
    named = {word for cell in cells for word in cell.split("`")[1::2]}
    assert named == set(engine_of(domain).policy.rules)
