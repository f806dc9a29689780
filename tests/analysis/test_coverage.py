"""Which rules the tests bring into play."""

from __future__ import annotations

from policy_engine.analysis.coverage import Coverage, coverage
from policy_engine.decision.program import compile_policy
from policy_engine.decision.rehearse import rehearse
from tests.analysis.desk import paying, policy_of


def _coverage(text: str) -> Coverage:
    policy = policy_of(text)
    program = compile_policy(policy)
    return coverage(policy, [rehearse(program, test) for test in policy.tests])


def test_a_rule_that_another_outweighs_is_covered_and_does_not_decide() -> None:
    found = _coverage(
        "rule r permit any agent to pay\nrule s forbid any agent to pay when n > 5\n"
        + paying(n=6, expect="deny")
    )
    assert [(rule.name, rule.covered) for rule in found.rules] == [("r", True), ("s", True)]
    assert [rule.name for rule in found.undecided] == ["r"]
    assert (found.covered, found.share, found.uncovered) == (2, 1.0, ())


def test_a_rule_that_does_not_apply_is_not_covered() -> None:
    found = _coverage(
        "rule r permit any agent to pay\nrule s forbid any agent to pay when n > 5\n" + paying()
    )
    assert [rule.name for rule in found.uncovered] == ["s"]
    assert found.share == 0.5


def test_no_rules_are_all_covered() -> None:
    assert _coverage("").share == 1.0


def test_a_signature_that_is_there_covers_the_rule_that_asks() -> None:
    found = _coverage(
        "rule r permit any agent to pay\nrule s escalate pay to boss\n"
        + paying(given='given approval by "b" as boss')
    )
    assert found.covered == 2


def test_an_obligation_and_an_observation_count() -> None:
    found = _coverage(
        "rule r permit any agent to pay\nrule s require checked after pay\n"
        "rule t observe until 2026-03-01 forbid any agent to pay\n" + paying()
    )
    assert [rule.name for rule in found.uncovered] == []
    assert [rule.name for rule in found.undecided] == ["t"]


def test_exceptions_count_and_guarantees_do_not() -> None:
    found = _coverage(
        "rule r forbid clerk to pay\n"
        'exception e to r for clerk until 2026-03-01 approved by "o" escalate to boss\n'
        "guarantee g clerk can never look\n" + paying(expect="escalate to boss")
    )
    covered = {rule.name: [test.title for test in rule.contributed] for rule in found.rules}
    assert covered["e"] == ["1"]
    assert "g" not in covered
