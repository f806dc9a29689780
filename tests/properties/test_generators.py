"""What the laws are tried on: the whole language is generated, and every answer occurs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import get_args

from policy_engine.decision.codes import CASBIN, CODES
from policy_engine.language import checked as c
from policy_engine.language.policy import Form, PolicySet
from policy_engine.language.tree_expressions import (
    AffixWord,
    CompareOperator,
    FunctionWord,
    OriginWord,
    QuantifierWord,
    Stage,
)
from policy_engine.language.walk import all_of
from tests.properties.drafts import built
from tests.properties.draws import Draw
from tests.properties.scenarios import scenario
from tests.properties.strategies import draft
from tests.reference import evaluator

NUMBER = 150
"""Of policies; each is asked twice."""


@cache
def policies() -> list[tuple[PolicySet, Draw]]:
    draws = [Draw(seed) for seed in range(NUMBER)]
    return [(built(draft(draw)), draw) for draw in draws]


def expressions(policy: PolicySet) -> Iterator[c.Checked]:
    """All that is written as a condition, a term, a ceiling, a key or a definition."""
    roots: list[c.Checked] = [define.body for define in policy.defines.values()]
    for rule in (*policy.rules.values(), *policy.waivers.values()):
        roots += [condition.expression for condition in rule.conditions]
    for rule in policy.rules.values():
        roots += [rule.limit.bound, *rule.limit.per] if rule.limit else []
    outputs = [task.output for task in policy.tasks.values() if task.output]
    roots += [output.where for output in outputs if output.where is not None]
    for root in roots:
        yield from all_of(root)


def test_every_kind_of_expression_is_generated() -> None:
    """Every node of a checked expression, every word that it can have, every window and stage."""
    found = [node for policy, _ in policies() for node in expressions(policy)]
    assert {type(node) for node in found} == set(get_args(c.Checked))
    assert _words(found, c.Function) == set(get_args(FunctionWord))
    assert _words(found, c.Quantified) == set(get_args(QuantifierWord))
    assert _words(found, c.Origin) == set(get_args(OriginWord))
    assert _words(found, c.Affix) == set(get_args(AffixWord))
    assert _words(found, c.Provenance) == {"dictated", "trusted", "untrusted"}
    assert _words(found, c.Pick) == {"first", "last"}
    operators = {node.operator for node in found if isinstance(node, c.Compare)}
    assert operators == set(get_args(CompareOperator))
    past = [node for node in found if isinstance(node, c.Happened | c.PastTally | c.NoneSince)]
    assert {node.window.kind for node in past} == {"duration", "day", "month", "session"}
    assert {node.occurrence.stage for node in past} == set(get_args(Stage))


def _words(found: list[c.Checked], kind: type) -> set[str]:
    return {node.word for node in found if isinstance(node, kind)}  # type: ignore[union-attr]


def test_every_kind_of_statement_is_generated() -> None:
    """Every form of rule with every clause, and all that policies declare beside rules."""
    every = [policy for policy, _ in policies()]
    rules = [rule for policy in every for rule in policy.rules.values()]
    assert {rule.form for rule in rules} == set(get_args(Form))
    for clause in ("ladder", "retries", "fresh_for", "observe_until", "satisfies", "hint"):
        assert any(getattr(rule, clause) for rule in rules), clause
    assert {len(rule.ladder) for rule in rules} >= {0, 1, 2, 3}
    limits = [rule.limit for rule in rules if rule.limit]
    assert any(limit.sum_of for limit in limits) and any(limit.per for limit in limits)
    for statement in ("waivers", "guarantees", "tables", "defines", "tests", "frameworks"):
        assert any(getattr(policy, statement) for policy in every), statement
    tasks = [task for policy in every for task in policy.tasks.values()]
    for said in ("exclusive", "priority", "asked_for", "without_effect", "retried", "tags"):
        assert any(getattr(task, said) for task in tasks), said
    outputs = [task.output for task in tasks if task.output]
    for said in ("trusted", "where", "labels", "new", "type"):
        assert any(getattr(output, said) for output in outputs), said


def test_every_answer_occurs() -> None:
    """Every code is contributed, and none outweighs all others."""
    answers = [
        evaluator.decide(policy, one.action(), one.circumstances(policy))
        for policy, draw in policies()
        for one in (scenario(draw, policy), scenario(draw, policy))
    ]
    codes = {code for answer in answers for _, code, _ in answer.contributions}
    assert codes == {code.id for code in CODES} - {CASBIN.id}  # said beside policies, not by them
    share = dict.fromkeys(evaluator.Outcome, 0)
    for answer in answers:
        share[answer.outcome] += 1
    assert min(share.values()) > len(answers) // 50, share
    assert any(answer.observed for answer in answers)
    assert any(answer.obligations for answer in answers)
