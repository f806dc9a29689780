"""What the benchmarks compare is the same thing: one workload, one meaning, in every form."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.decisions import examples, hand, oracle, ours, tables, workload
from benchmarks.decisions.measure import quantile, sample
from benchmarks.decisions.pasts import ACTING, NOW, WINDOW, ByHand, payments
from benchmarks.decisions.rows import Absent, Row, at_least, at_most
from benchmarks.decisions.stages import Disagreement, agrees, stage
from benchmarks.decisions.workload import Make
from benchmarks.environment import LOCK, blocks

MAKES = (workload.spread, workload.crowded, workload.nested, workload.everywhere)
RULES, REQUESTS = 40, 60
MORNING = datetime(2026, 11, 23, 9, tzinfo=UTC)

each_make = pytest.mark.parametrize("make", MAKES, ids=lambda make: make.__name__)


@each_make
def test_a_seed_gives_one_workload(make: Make) -> None:
    assert make(RULES, REQUESTS) == make(RULES, REQUESTS)


@each_make
def test_half_of_the_requests_are_allowed(make: Make) -> None:
    drawn = make(RULES, REQUESTS)
    assert len(drawn.rules) == RULES
    assert [sum(drawn.allowed), len(drawn.allowed)] == [REQUESTS // 2, REQUESTS]


@each_make
def test_oracle_hand_and_engine_answer_the_same(make: Make) -> None:
    each = stage(make, RULES, REQUESTS)
    allowed = list(each.workload.allowed)
    assert [each.hand(*pair) for pair in each.pairs] == allowed
    assert [each.engine.verdict(*pair).allowed for pair in each.pairs] == allowed
    decided = [each.engine.decide(a, roles=roles, now=MORNING) for a, roles in each.pairs]
    assert [decision.outcome.word == "allow" for decision in decided] == allowed


@each_make
def test_the_deciding_rules_are_those_of_the_oracle(make: Make) -> None:
    each = stage(make, RULES, REQUESTS)
    expected = [oracle.deciding(each.workload.rules, r) for r in each.workload.requests]
    assert [each.engine.deciding(*pair).rules for pair in each.pairs] == expected
    assert max(map(len, expected)) > 1


def test_a_wrong_answer_is_an_error() -> None:
    drawn = workload.spread(RULES, REQUESTS)
    last = REQUESTS - 1
    with pytest.raises(Disagreement, match="liar"):
        agrees("liar", drawn, lambda n: drawn.allowed[n] != (n == last))


def test_hand_written_code_reads_like_it() -> None:
    rules = workload.spread(RULES, REQUESTS).rules[:1]
    drawn = replace(workload.spread(RULES, REQUESTS), rules=rules, tasks=("task_0",))
    rule = rules[0]
    assert [rule.permits, rule.pii] == [True, None]
    regions = ", ".join(f"'{region}'" for region in rule.regions)
    assert hand.source(drawn).splitlines() == [
        "def decide_task_0(input, roles):",
        "    amount = input['amount']",
        "    region = input['region']",
        "    pii = input['pii']",
        f"    if '{rule.role}' in roles and amount <= {rule.bound} and region in {{{regions}}}:",
        "        return True",
        "    return False",
        "TASKS = {",
        "    'task_0': decide_task_0,",
        "}",
        "def decide(action, roles):",
        "    decide_task = TASKS.get(action.task)",
        "    return decide_task is not None and decide_task(action.input, roles)",
    ]


def test_a_large_policy_is_several_files() -> None:
    drawn = workload.spread(RULES, REQUESTS)
    many = replace(drawn, rules=drawn.rules * 101)
    assert [text.count("\nrule ") for text in ours.texts(many)] == [0, 4_000, 40]


@pytest.mark.parametrize("path", examples.EXAMPLES.values(), ids=examples.EXAMPLES)
def test_the_examples_are_asked_what_their_tests_ask(path: Path) -> None:
    found = examples.example(path)
    assert len(found.asked) == len(found.engine.policy.tests)


def test_the_past_by_hand_is_the_past_counted() -> None:
    past, later = payments(500), NOW + timedelta(minutes=20)
    own = [p for p in past if p.agent == ACTING and p.at >= later - WINDOW]
    by_hand = ByHand(past)
    assert [by_hand.count(ACTING, later), by_hand.total(ACTING, later)] == [
        len(own),
        sum(p.amount for p in own),
    ]


def test_figures_move_by_more_than_noise_or_stay() -> None:
    fast = Row("a", "a", 1.0, "×", at_most(2))
    large = Row("b", "b", 100.0, "×", at_least(50))
    known = {"a": 1.2, "b": 60.0}
    assert [tables.change(row, known) for row in (fast, large)] == ["same", "better"]
    assert [tables.change(row, {"a": 0.7, "b": 200.0}) for row in (fast, large)] == ["worse"] * 2
    assert tables.change(replace(fast, figure=0.5), known) == "better"
    assert tables.change(fast, {}) == "new"


def test_the_table_says_what_is_missed_and_what_is_missing() -> None:
    row = Row("a", "a thing", 3.0, "×", at_most(2))
    absent = Absent("peer/b", "b: no wheel")
    assert tables.table([row, absent], {"a": 1.0}).splitlines() == [
        "what     figure  goal          baseline",
        "a thing     3 ×  ≤ 2   MISSED         1  worse",
        "not measured: peer/b: b: no wheel",
    ]


def test_a_sample_lies_evenly() -> None:
    assert sample(lambda n: True, 10, 0.0) == [0]
    assert sample(lambda n: True, 10, 3600.0) == list(range(10))


def test_a_quantile_is_one_of_the_values() -> None:
    values = [float(n) for n in range(100)]
    assert [quantile(values, share) for share in (0.0, 0.5, 0.99, 1.0)] == [0, 50, 99, 99]


def test_each_requirement_of_the_lock_is_one_block() -> None:
    first = "a==1 \\\n    --hash=sha256:00\n"
    second = "b==2 ; x \\\n    --hash=sha256:01\nb==3 \\\n    --hash=sha256:02\n"
    assert blocks(first + second) == {"a": first, "b": second}
    assert "".join(blocks(LOCK.read_text()).values()) == LOCK.read_text()


def test_the_lock_of_the_peers_has_what_the_package_needs() -> None:
    project = tomllib.loads((LOCK.parents[1] / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["shell"]]
    names = {re.split(r"[^\w-]", line)[0] for line in needed}
    assert names - blocks(LOCK.read_text()).keys() == set()
