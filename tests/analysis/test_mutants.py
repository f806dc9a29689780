"""Each operator makes exactly the mistakes it should, and no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy_engine.analysis import operators as o
from policy_engine.analysis.mutants import mutants
from tests.analysis.desk import policy_of

_PERMIT = "rule r permit clerk to pay"


@pytest.mark.parametrize(
    ("text", "operator", "said"),
    [
        (_PERMIT, o.DROP_RULE, {"the rule `r` was left out"}),
        (_PERMIT, o.SWAP_EFFECT, {"`permit` became `forbid`"}),
        ("rule r forbid clerk to pay", o.SWAP_EFFECT, {"`forbid` became `permit`"}),
        ("rule r pay only when n > 1", o.SWAP_EFFECT, {"`only when` became `permit`"}),
        ("rule r escalate pay to boss", o.SWAP_EFFECT, {"`escalate` became `forbid`"}),
        ("rule r require checked before pay", o.SWAP_EFFECT, {"`require` became `forbid`"}),
        (
            "rule r limit pay to at most 3 within 1 day",
            o.SWAP_EFFECT,
            set(),
        ),
        (_PERMIT, o.DROP_ROLE, {"`clerk` became anybody"}),
        (
            "rule r permit clerk, aide to pay",
            o.DROP_ROLE,
            {"`clerk` was left out", "`aide` was left out"},
        ),
        ("rule r permit any agent to pay", o.DROP_ROLE, set()),
        (
            f"{_PERMIT} when n > 1 and d > 2",
            o.DROP_CONDITION,
            {
                "`n > 1 and d > 2` was left out",
                "`n > 1` was left out",
                "`d > 2` was left out",
            },
        ),
        (
            f'{_PERMIT} when note is given and note == "x"',
            o.DROP_CONDITION,
            {
                '`note is given and note == "x"` was left out',
                '`note == "x"` was left out',
            },
        ),
        (f"{_PERMIT} when n > 1", o.NEGATE_CONDITION, {"`n > 1` became its opposite"}),
        (f"{_PERMIT} unless n == 1", o.NEGATE_CONDITION, set()),
        (f"{_PERMIT} when n not in [1]", o.NEGATE_CONDITION, set()),
        (
            f"{_PERMIT} when n > 1 and d > 2",
            o.SWAP_JUNCTION,
            {"`and` became `or` in `n > 1 and d > 2`"},
        ),
        (f'{_PERMIT} when note is given and note == "x"', o.SWAP_JUNCTION, set()),
        (f"{_PERMIT} when n < 1", o.FLIP_COMPARISON, {"`n < 1` became `n <= 1`"}),
        (f"{_PERMIT} when n <= 1", o.FLIP_COMPARISON, {"`n <= 1` became `n < 1`"}),
        (f"{_PERMIT} when n > 1", o.FLIP_COMPARISON, {"`n > 1` became `n >= 1`"}),
        (f"{_PERMIT} when n >= 1", o.FLIP_COMPARISON, {"`n >= 1` became `n > 1`"}),
        (f"{_PERMIT} when n == 1", o.FLIP_COMPARISON, {"`n == 1` became `n != 1`"}),
        (f"{_PERMIT} when n != 1", o.FLIP_COMPARISON, {"`n != 1` became `n == 1`"}),
        (f"{_PERMIT} when n in [1]", o.FLIP_COMPARISON, {"`n in [1]` became `n not in [1]`"}),
        (f"{_PERMIT} when n not in [1]", o.FLIP_COMPARISON, {"`n not in [1]` became `n in [1]`"}),
        # Among whole numbers `n > 4` is `n >= 5`, which the flip has said already.
        (f"{_PERMIT} when n > 5", o.SHIFT_BOUND, {"`n > 5` became `n > 6`"}),
        (f"{_PERMIT} when n <= 5", o.SHIFT_BOUND, {"`n <= 5` became `n <= 6`"}),
        (f"{_PERMIT} when 5 > n", o.SHIFT_BOUND, {"`5 > n` became `4 > n`"}),
        (
            f"{_PERMIT} when d > 0.50",
            o.SHIFT_BOUND,
            {"`d > 0.50` became `d > 0.49`", "`d > 0.50` became `d > 0.51`"},
        ),
        (
            f"{_PERMIT} when at >= 2026-01-01T00:00:00Z",
            o.SHIFT_BOUND,
            {
                "`at >= 2026-01-01T00:00:00Z` became `at >= 2025-12-31T23:59:59Z`",
                "`at >= 2026-01-01T00:00:00Z` became `at >= 2026-01-01T00:00:01Z`",
            },
        ),
        (
            f"{_PERMIT} when at in the last 2 hours",
            o.SHIFT_BOUND,
            {
                "2 hours became a second less in `at in the last 2 hours`",
                "2 hours became a second more in `at in the last 2 hours`",
            },
        ),
        (
            f"{_PERMIT} when time of at between 08:00 and 00:00",
            o.SHIFT_BOUND,
            {
                f"{before} became {after} in `time of at between 08:00 and 00:00`"
                for before, after in (
                    ("08:00", "07:59"),
                    ("08:00", "08:01"),
                    ("00:00", "23:59"),
                    ("00:00", "00:01"),
                )
            },
        ),
        (
            f"{_PERMIT} when at most 1 x in xs has (x in [2])",
            o.SHIFT_BOUND,
            {
                "`at most 1` became `at most 0`",
                "`at most 1` became `at most 2`",
                "`x in [2]` became `x in [1]`",
                "`x in [2]` became `x in [3]`",
            },
        ),
        (
            f"{_PERMIT} when exists look within 2 hours",
            o.NEGATE_PAST,
            {"`exists look within 2 hours` became its opposite"},
        ),
        (
            f"{_PERMIT} when exists look within 2 hours",
            o.SWAP_STAGE,
            {"attempted rather than executed `look` in `exists look within 2 hours`"},
        ),
        (f"{_PERMIT} when exists look within 2 hours", o.NEGATE_CONDITION, set()),
        (
            "rule r escalate pay to 2 of boss within 4 hours",
            o.SHIFT_BOUND,
            {
                "4 hours became a minute less",
                "4 hours became a minute more",
                "2 of `boss` became 1",
                "2 of `boss` became 3",
            },
        ),
        (
            "rule r escalate pay to boss within 4 hours otherwise escalate to chief",
            o.DROP_RUNG,
            {"rung 2 was left out"},
        ),
        (
            "rule r limit pay to at most 3 per agent, to within 2 hours",
            o.DROP_KEY,
            {"per `agent` was left out", "per `to` was left out"},
        ),
        (
            "rule r limit pay to at most 3 within 2 hours",
            o.SHIFT_BOUND,
            {
                "`3` became `2`",
                "`3` became `4`",
                "2 hours became a second less",
                "2 hours became a second more",
            },
        ),
        (
            "rule r observe until 2026-03-01 forbid clerk to pay",
            o.OBSERVE_NO_MORE,
            {"it decides at once, not from 2026-03-01T00:00:00Z on"},
        ),
        ("define most = 5", o.SHIFT_BOUND, {"`5` became `4`", "`5` became `6`"}),
        (
            "table most(n: Boolean): Integer { true -> 5  false -> 7 }",
            o.SHIFT_BOUND,
            {
                "`most`: true -> 5 became 4",
                "`most`: true -> 5 became 6",
                "`most`: false -> 7 became 6",
                "`most`: false -> 7 became 8",
            },
        ),
    ],
)
def test_an_operator_makes_exactly_these(text: str, operator: o.Operator, said: set[str]) -> None:
    found = [m.description for m in mutants(policy_of(text)) if m.operator is operator]
    assert set(found) == said
    assert len(found) == len(said)


def test_an_exception_is_changed_like_a_rule() -> None:
    policy = policy_of(
        "rule r forbid clerk to pay\n"
        'exception e to r for clerk when n > 5 until 2026-03-01 approved by "o" escalate to boss\n'
    )
    found = {(m.operator.name, m.description) for m in mutants(policy) if m.name == "e"}
    assert ("drop an exception", "the exception `e` was left out") in found
    assert ("flip a comparison", "`n > 5` became `n >= 5`") in found
    assert ("drop a role", "`clerk` became anybody") in found
    until = "until 2026-03-01T00:00:00Z became until 2026-02-28T00:00:00Z"
    assert ("shift a bound", until) in found


def test_what_only_obliges_is_left_alone() -> None:
    policy = policy_of("rule r require checked after pay")
    assert mutants(policy) == ()


def test_a_mutant_changes_one_statement_and_keeps_the_digests() -> None:
    policy = policy_of(f"{_PERMIT} when n > 5 and d < 2\nrule s forbid aide to pay\n")
    for mutant in mutants(policy):
        changed = mutant.within(policy)
        assert changed.digest == policy.digest
        others = {n for n in policy.rules if policy.rules[n] == changed.rules.get(n)}
        assert others == policy.rules.keys() - {mutant.name}
        if mutant.name in changed.rules:
            assert changed.rules[mutant.name].digest == policy.rules[mutant.name].digest


def test_a_rule_takes_its_exceptions_along() -> None:
    policy = policy_of(
        "rule r forbid clerk to pay\n"
        'exception e to r for clerk until 2026-03-01 approved by "o" escalate to boss\n'
    )
    (dropped,) = (m for m in mutants(policy) if m.operator is o.DROP_RULE)
    assert dropped.within(policy).waivers == {}


def test_no_two_mutants_of_a_rule_are_the_same() -> None:
    policy = policy_of(
        f"{_PERMIT} when n > 5 and (n not in [1] or d >= 2.5) unless to == note\n".replace(
            "to == note", 'to == "x"'
        )
    )
    found = [m.becomes for m in mutants(policy) if m.name == "r"]
    assert all(one != other for i, one in enumerate(found) for other in found[:i])


def test_mutants_come_in_order_of_place_and_always_the_same() -> None:
    policy = policy_of(f"define most = 5\n{_PERMIT} when n > most\n")
    places = [m.place.start for m in mutants(policy)]
    assert places == sorted(places)
    again = [m.description for m in mutants(replace(policy, rules=dict(policy.rules)))]
    assert again == [m.description for m in mutants(policy)]


@pytest.mark.parametrize(
    ("condition", "mutant", "value"),
    [
        ("d > 5", "d > 6", 6),
        ("d > 5", "d > 4", 5),
        ("d >= 5", "d >= 6", 5),
        ("d >= 5", "d >= 4", 4),
        ("d < 5", "d < 6", 5),
        ("d < 5", "d < 4", 4),
        ("d <= 5", "d <= 6", 6),
        ("d <= 5", "d <= 4", 5),
        ("5 < d", "6 < d", 6),
        ("5 <= d", "4 <= d", 4),
        ("5 > d", "4 > d", 4),
        ("5 >= d", "6 >= d", 6),
        ("d == 5", "d == 6", 5),
    ],
)
def test_the_help_names_the_value_that_tells_them_apart(
    condition: str, mutant: str, value: int
) -> None:
    policy = policy_of(f"{_PERMIT} when {condition}")
    helps = {m.description: m.help for m in mutants(policy) if m.operator is o.SHIFT_BOUND}
    help_ = helps[f"`{condition}` became `{mutant}`"]
    assert help_ == f"a test in which `d` is exactly {value}"
