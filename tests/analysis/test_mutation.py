"""Which mistakes the tests of a policy would notice."""

from __future__ import annotations

import pytest

from policy_engine.analysis.mutants import Mutant, mutants
from policy_engine.analysis.mutation import mutation
from tests.analysis.desk import paying, policy_of


def _survivors(text: str) -> set[str]:
    return {mutant.description for mutant in mutation(policy_of(text)).survivors}


def test_without_tests_everything_survives() -> None:
    result = mutation(policy_of("rule r permit clerk to pay"))
    assert (result.killed, result.score, result.never_mattered) == (0, 0.0, ("r",))


def test_without_rules_there_is_nothing_to_notice() -> None:
    assert mutation(policy_of("")).score == 1.0


def test_tests_at_the_bound_kill_every_mistake_in_a_comparison() -> None:
    rule = "rule r permit any agent to pay when n > 5\n"
    assert _survivors(rule + paying(n=6) + paying(n=5, expect="deny")) == set()
    assert _survivors(rule + paying(n=60) + paying(n=5, expect="deny")) == {
        "`n > 5` became `n > 6`"
    }
    assert _survivors(rule + paying(n=6) + paying(n=0, expect="deny")) == {
        "`n > 5` became `n >= 5`"
    }


def test_a_stranger_shows_that_the_role_matters() -> None:
    rule = "rule r permit clerk to pay\n"
    assert _survivors(rule + paying()) == {"`clerk` became anybody"}
    stranger = paying(expect="deny").replace("as clerk", "as aide")
    assert _survivors(rule + paying() + stranger) == set()


def test_a_definition_is_tried_by_the_tests_of_the_rules_that_use_it() -> None:
    rules = "define most = 5\ndefine large = n > most\nrule r permit any agent to pay\n"
    narrowing = "rule s forbid any agent to pay when large\n"
    tests = paying(n=5) + paying(n=6, expect="deny")
    assert _survivors(rules.replace("n > most", "true") + paying()) >= {"`5` became `4`"}
    text = (rules + narrowing).replace("define large = n > most\n", "").replace("large", "n > most")
    assert _survivors(text + tests) == set()


def test_a_table_is_tried_too() -> None:
    text = (
        "table most(big: Boolean): Integer { true -> 5  false -> 7 }\n"
        "rule r permit any agent to pay when n <= most(true)\n"
    )
    tests = paying(n=5) + paying(n=6, expect="deny")
    assert _survivors(text + tests) == {
        "`most`: false -> 7 became 6",
        "`most`: false -> 7 became 8",
    }


def test_an_escalation_needs_its_people_and_its_time() -> None:
    rules = "rule r permit any agent to pay\nrule s escalate pay to boss within 4 hours\n"
    signed = 'given approval by "b" as boss {} ago given asked {} ago'
    tests = (
        paying(n=1, expect="escalate to boss because s")
        + paying(n=2, given=signed.format("0 seconds", "239 minutes"))
        + paying(n=3, given=signed.format("14399 seconds", "14399 seconds"))
        + paying(n=4, given="given asked 4 hours ago", expect="deny")
        + paying(n=5, given="given asked 14399 seconds ago", expect="escalate")
    )
    assert _survivors(rules + tests) == set()


def test_a_failing_test_says_nothing() -> None:
    result = mutation(policy_of("rule r permit any agent to pay\n" + paying(expect="deny")))
    assert [test.title for test in result.excluded] == ["1"]
    assert result.killed == 0


def test_a_test_about_another_task_is_not_asked() -> None:
    text = "rule r permit any agent to pay\nrule s permit any agent to look\n" + paying()
    trials = {t.mutant.name: t.killer for t in mutation(policy_of(text)).trials}
    assert trials["r"] is not None
    assert trials["s"] is None


def test_progress_hears_of_each_mutant() -> None:
    policy = policy_of("rule r permit clerk to pay when n > 5\n" + paying(n=6))
    heard: list[Mutant] = []
    result = mutation(policy, progress=heard.append)
    assert tuple(heard) == mutants(policy) == tuple(trial.mutant for trial in result.trials)


@pytest.mark.parametrize("number", [1, 2])
def test_only_the_mutants_that_are_asked_for(number: int) -> None:
    policy = policy_of("rule r permit clerk to pay\n" + paying())
    assert len(mutation(policy, mutants(policy)[:number]).trials) == number
