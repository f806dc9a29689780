"""Columns are decided like their rows: by the generated functions, and by `decide`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from unittest.mock import patch

from hypothesis import given

from policy_engine.decision.code import vectors
from policy_engine.decision.columns import answers, cuts, holders, keys, sheets
from policy_engine.decision.columns.decide import Prepared, decide_columns
from policy_engine.decision.columns.holders import RolesOf
from policy_engine.decision.decide import decide
from policy_engine.decision.program import compile_policy
from policy_engine.language.policy import PolicySet
from tests.properties.desks import desk, desk_built, desk_scenarios
from tests.properties.drafts import built
from tests.properties.draws import Draw, drawn
from tests.properties.profile import examples
from tests.properties.scenarios import Scenario, scenario
from tests.properties.strategies import draft
from tests.properties.tabled import tabled

ROWS = 40


@dataclass(frozen=True)
class Trial:
    """A policy, and actions for a table."""

    shown: object
    policy: PolicySet = field(repr=False)
    scenarios: tuple[Scenario, ...] = field(repr=False)
    seed: int


def intricate(draw: Draw, most_rules: int = 6) -> Trial:
    """Anything that a policy can say; nearly every row is decided by itself."""
    drawn_ = draft(draw, most_rules)
    policy = built(drawn_)
    found = tuple(scenario(draw, policy) for _ in range(ROWS))
    return Trial(drawn_, policy, found, draw.number(0, 2**32))


def plain(draw: Draw, most_rules: int = 12) -> Trial:
    """Data without parts; most rows are decided by tables."""
    text = desk(draw, most_rules)
    found = desk_scenarios(draw, 3 * ROWS)
    return Trial(text, desk_built(text), found, draw.number(0, 2**32))


@examples(12)
@given(drawn(intricate))
def test_whatever_a_policy_says(one: Trial) -> None:
    check(one)


@examples(60)
@given(drawn(plain))
def test_columns_decide_like_their_rows(one: Trial) -> None:
    check(one)


@examples(6)
@given(drawn(lambda draw: plain(draw, most_rules=300)))
def test_with_more_rules_than_a_word_has_bits(one: Trial) -> None:
    check(one)


@examples(20)
@given(drawn(lambda draw: plain(draw, most_rules=80)))
def test_with_masks_that_stand_for_several_positions(one: Trial) -> None:
    with patch.object(vectors, "MOST_RANGES", 3):
        check(one)


@examples(20)
@given(drawn(plain))
def test_however_tables_are_looked_up(one: Trial) -> None:
    """As if all of them were too large to be looked up in one step."""
    with (
        patch.object(holders, "_MOST_KEYS", 0),
        patch.object(sheets, "_MOST_INLINED", 0),
        patch.object(cuts, "_WIDEST", 0),
        patch.object(keys, "A_PART", 16),
        patch.object(answers, "MOST_RULES", 8),
    ):
        check(one)


@examples(15)
@given(drawn(plain))
def test_roles_that_the_table_does_not_say(one: Trial) -> None:
    held = {_who(each): each.roles for each in one.scenarios}
    scenarios = tuple(replace(each, roles=held[_who(each)]) for each in one.scenarios)
    check(replace(one, scenarios=scenarios), lambda *who: held[who])


def _who(one: Scenario) -> tuple[str, str, str | None]:
    return one.principal.id, one.principal.kind, one.domain


@examples(8)
@given(drawn(plain))
def test_who_also_must_allow_it(one: Trial) -> None:
    """Nothing that is not denied passes by a table alone."""
    program = compile_policy(one.policy)
    asked = tabled(Draw(one.seed), one.scenarios)
    prepared = Prepared(program, allows=lambda action: action.principal.id == "ann")
    found = decide_columns(prepared, asked.table).to_pylist()
    for answer, (action, given_) in zip(found, asked.actions, strict=True):
        verdict = prepared.verdicts.first("complete", action, given_.roles, given_)
        assert (answer["outcome"], answer["rules"]) == (verdict.outcome.word, [*verdict.rules])


def check(one: Trial, roles_of: RolesOf | None = None) -> None:
    program = compile_policy(one.policy)
    prepared = Prepared(program)
    asked = tabled(Draw(one.seed), one.scenarios, unsaid=roles_of is not None)
    found = decide_columns(prepared, asked.table, roles=roles_of)
    found.validate(full=True)
    assert found.num_rows == len(asked.actions)
    for answer, (action, given_) in zip(found.to_pylist(), asked.actions, strict=True):
        decision = decide(program, action, given_)
        assert answer == {
            "outcome": decision.outcome.word,
            "rules": sorted(decision.rules),
            "allowed": decision.allowed,
        }, (action, given_)
