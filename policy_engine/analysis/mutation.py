"""Whether the tests of a policy set would notice a small mistake in it.

Every mutant is put to the tests of the tasks that it touches. A test that passes on the policy
as it stands and fails on the mutant kills it; a mutant that no test kills is a mistake that
could be made unnoticed. Tests that fail already say nothing here and are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

from policy_engine.analysis.coverage import contributing
from policy_engine.analysis.mutants import Mutant, mutants as all_mutants
from policy_engine.analysis.operators import DROP_EXCEPTION, DROP_RULE
from policy_engine.analysis.touching import touched
from policy_engine.decision.program import compile_policy
from policy_engine.decision.rehearse import rehearse
from policy_engine.language.policy import PolicySet, Rule, Test, Waiver

_T = TypeVar("_T", Rule, Waiver)


@dataclass(frozen=True, slots=True)
class Trial:
    """A mutant, and the first test that noticed it (None: it survived)."""

    mutant: Mutant
    killer: Test | None


@dataclass(frozen=True, slots=True)
class Mutation:
    """What the tests of a policy set notice."""

    trials: tuple[Trial, ...]
    excluded: tuple[Test, ...]
    """Tests that fail on the policy as it stands."""

    @property
    def killed(self) -> int:
        return sum(trial.killer is not None for trial in self.trials)

    @property
    def survivors(self) -> tuple[Mutant, ...]:
        """The mistakes that no test would notice, by place."""
        return tuple(trial.mutant for trial in self.trials if trial.killer is None)

    @property
    def score(self) -> float:
        """The share of mutants that were killed, from 0 to 1; 1 where there are none."""
        return self.killed / len(self.trials) if self.trials else 1.0

    @property
    def never_mattered(self) -> tuple[str, ...]:
        """Rules and exceptions that could be left out without a test noticing."""
        dropped = (DROP_RULE, DROP_EXCEPTION)
        return tuple(sorted(m.name for m in self.survivors if m.operator in dropped))


def mutation(
    policy: PolicySet,
    mutants: Iterable[Mutant] | None = None,
    progress: Callable[[Mutant], None] = lambda mutant: None,
) -> Mutation:
    """Puts mutants (None: all there are) to the tests; `progress` hears of each when it is done."""
    bench = _Bench(policy)
    trials = []
    for mutant in all_mutants(policy) if mutants is None else mutants:
        trials.append(Trial(mutant, bench.killer(mutant)))
        progress(mutant)
    return Mutation(tuple(trials), bench.excluded)


class _Bench:
    """The passing tests by task, and the part of the policy that concerns each task."""

    def __init__(self, policy: PolicySet) -> None:
        self._policy = _with_kept_digests(policy)
        self._tests: dict[str, list[tuple[Test, frozenset[str]]]] = {}
        excluded = []
        program = compile_policy(self._policy)
        for test in policy.tests:
            rehearsal = rehearse(program, test)
            if rehearsal.passed:
                known = (test, contributing(rehearsal.decision))
                self._tests.setdefault(test.task, []).append(known)
            else:
                excluded.append(test)
        self.excluded = tuple(excluded)
        self._part = cache(self._part_of)

    def killer(self, mutant: Mutant) -> Test | None:
        """The first test that passes no more; those in which the rule had a say come first."""
        for task in sorted(touched(self._policy, mutant.kind, mutant.name) & self._tests.keys()):
            tests = sorted(self._tests[task], key=lambda known: mutant.name not in known[1])
            program = compile_policy(mutant.within(self._part(task)))
            for test, _ in tests:
                if not rehearse(program, test).passed:
                    return test
        return None

    def _part_of(self, task: str) -> PolicySet:
        rules = {name: rule for name, rule in self._policy.rules.items() if task in rule.tasks}
        waivers = {name: w for name, w in self._policy.waivers.items() if w.rule in rules}
        return replace(self._policy, rules=rules, waivers=waivers)


def _with_kept_digests(policy: PolicySet) -> PolicySet:
    """The same policy; what is asked for again and again is worked out once."""
    digest = policy.digest

    def keeping(statement: _T) -> _T:
        return replace(statement, digested=cache(statement.digested))

    return replace(
        policy,
        rules={name: keeping(rule) for name, rule in policy.rules.items()},
        waivers={name: keeping(waiver) for name, waiver in policy.waivers.items()},
        digested=lambda: digest,
    )
