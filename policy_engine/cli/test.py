"""`policy test`: the tests that policy files contain, and what they would notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from time import perf_counter

import click

from policy_engine.analysis.coverage import Coverage, coverage
from policy_engine.analysis.failure import failure
from policy_engine.analysis.mutants import Mutant, mutants
from policy_engine.analysis.mutation import Mutation, mutation
from policy_engine.cli import output
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.junit import Timed, as_junit
from policy_engine.cli.options import counted, end, ends_cleanly, loaded
from policy_engine.decision.program import compile_policy
from policy_engine.decision.rehearse import Rehearsal, rehearse
from policy_engine.foundation.diagnostics import Label
from policy_engine.foundation.render import Segment, excerpt, visible
from policy_engine.language.policy import PolicySet, Test

_PERCENT = click.FloatRange(0, 100)


@click.command("test")
@click.argument("paths", nargs=-1, required=True)
@click.option("--filter", "wanted", metavar="TEXT", help="Only tests with TEXT in their title.")
@click.option(
    "--mutate", is_flag=True, help="Make small mistakes in the policy; would a test notice each?"
)
@click.option(
    "--fail-under",
    "least_score",
    type=_PERCENT,
    metavar="N",
    help="Exit 6 where tests notice less than N percent of the mistakes; implies --mutate.",
)
@click.option(
    "--coverage",
    "least_coverage",
    type=_PERCENT,
    metavar="N",
    help="Exit 6 where tests bring less than N percent of the rules into play.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["human", "json", "junit"]),
    default="human",
    show_default=True,
    help="How to print.",
)
@ends_cleanly
def command(
    paths: tuple[str, ...],
    wanted: str | None,
    mutate: bool,
    least_score: float | None,
    least_coverage: float | None,
    form: str,
) -> None:
    """Run the tests in policy files and say which rules no test ever needed.

    With --mutate, also change the policy in one small place at a time, as a slip of the pen
    would, and show each change that no test notices, with the test that would.

    Exits 1 where a test fails, 6 where --fail-under or --coverage is not reached.
    """
    engine = loaded(paths, None, "json" if form == "json" else "human")
    policy = replace(engine.policy, tests=_selected(engine.policy.tests, wanted))
    tests = _run(policy)
    rehearsals = [test.rehearsal for test in tests]
    covered = coverage(policy, rehearsals)
    mutated = _mutate(policy) if mutate or least_score is not None else None
    if form == "json":
        output.show_json(_account(rehearsals, covered, mutated))
    elif form == "junit":
        output.show_text(as_junit(tests, _policies(policy).__getitem__))
    else:
        _show(rehearsals, covered)
        _show_coverage(covered)
        if mutated is not None:
            _show_mutation(mutated)
    if not all(rehearsal.passed for rehearsal in rehearsals):
        end(Exit.FAILURE)
    score = 100 * mutated.score if mutated is not None else 100.0
    if score < (least_score or 0) or 100 * covered.share < (least_coverage or 0):
        end(Exit.FINDINGS)


def _selected(tests: Iterable[Test], wanted: str | None) -> tuple[Test, ...]:
    return tuple(t for t in tests if wanted is None or wanted.casefold() in t.title.casefold())


def _run(policy: PolicySet) -> list[Timed]:
    program = compile_policy(policy)
    done = []
    for test in policy.tests:
        start = perf_counter()
        rehearsal = rehearse(program, test)
        done.append(Timed(rehearsal, perf_counter() - start))
    return done


def _mutate(policy: PolicySet) -> Mutation:
    found = mutants(policy)
    with output.progress("mutating", len(found)) as bar:
        return mutation(policy, found, lambda _: output.advance(bar))


def _policies(policy: PolicySet) -> dict[str, str]:
    """The name of the policy in each file."""
    return {header.span.source.name: header.name for header in policy.headers}


# On the terminal


def _show(rehearsals: list[Rehearsal], covered: Coverage) -> None:
    failed = [r for r in rehearsals if not r.passed]
    for rehearsal in failed:
        _show_failure(rehearsal)
    for rehearsal in rehearsals:
        if rehearsal.passed:
            output.show([Segment("ok    ", "allow"), Segment(f"{visible(rehearsal.test.title)}\n")])
    passed = len(rehearsals) - len(failed)
    output.say(f"{passed} passed, {len(failed)} failed", "error" if failed else "allow")
    idle = [rule.name for rule in covered.undecided]
    if idle:
        output.say(f"no test saw these rules decide: {', '.join(idle)}", "warning")


def _show_failure(rehearsal: Rehearsal) -> None:
    title = visible(rehearsal.test.title)
    output.show([Segment("FAILED ", "error"), Segment(f"{title}\n", "strong")])
    output.show(failure(rehearsal))
    output.say()


def _show_coverage(covered: Coverage) -> None:
    style = "warning" if covered.uncovered else "allow"
    output.say(f"rules: {covered.covered} of {len(covered.rules)} covered", style)
    if covered.uncovered:
        names = ", ".join(rule.name for rule in covered.uncovered)
        output.say(f"no test brought these rules into play: {names}", "warning")


def _show_mutation(mutated: Mutation) -> None:
    for mutant, more in _grouped(mutated):
        output.say()
        _show_survivor(mutant, more)
    if mutated.survivors:
        output.say()
    if mutated.excluded:
        number = counted(len(mutated.excluded), "test")
        output.say(f"{number} left out of this: failing already", "warning")
    score = f"mistakes: {mutated.killed} of {len(mutated.trials)} noticed"
    output.say(f"{score}, {_percent(mutated.score)}", "warning" if mutated.survivors else "allow")
    if mutated.never_mattered:
        names = ", ".join(mutated.never_mattered)
        output.say(f"no test would miss these rules: {names}", "warning")


def _grouped(mutated: Mutation) -> Iterator[tuple[Mutant, int]]:
    """The survivors; of a rule that no test would miss, its absence and how many more there are."""
    missed = set(mutated.never_mattered)
    number = Counter(mutant.name for mutant in mutated.survivors)
    for mutant in mutated.survivors:
        if mutant.name not in missed:
            yield mutant, 0
        elif mutant.becomes is None:
            yield mutant, number[mutant.name] - 1


def _show_survivor(mutant: Mutant, more: int) -> None:
    output.show([Segment("unnoticed", "warning"), Segment(f": {mutant.description}\n", "strong")])
    label = Label(mutant.place, mutant.operator.name)
    trailer = [(_WHAT[mutant.kind], mutant.name), ("help", f"write {mutant.help}")]
    if more:
        trailer.insert(1, ("note", f"so do {counted(more, 'other mistake')} in it"))
    output.show(excerpt([label], trailer, "warning"))


_WHAT = {"rules": "rule", "waivers": "exception", "defines": "definition", "tables": "table"}


def _percent(share: float) -> str:
    """Rounded down, so that 100 % is all."""
    return f"{int(100 * share)} %"


# For machines


def _account(
    rehearsals: list[Rehearsal], covered: Coverage, mutated: Mutation | None
) -> dict[str, object]:
    passed = sum(rehearsal.passed for rehearsal in rehearsals)
    return {
        "tests": [_rehearsal_account(rehearsal) for rehearsal in rehearsals],
        "passed": passed,
        "failed": len(rehearsals) - passed,
        "rules_without_effect": [rule.name for rule in covered.undecided],
        "coverage": {
            "rules": len(covered.rules),
            "covered": covered.covered,
            "uncovered": [rule.name for rule in covered.uncovered],
        },
        "mutation": None if mutated is None else _mutation_account(mutated),
    }


def _rehearsal_account(rehearsal: Rehearsal) -> dict[str, object]:
    return {
        "title": rehearsal.test.title,
        "place": rehearsal.test.span.place,
        "passed": rehearsal.passed,
        "outcome": rehearsal.decision.outcome.word,
        "rules": sorted(rehearsal.decision.rules),
        "problems": list(rehearsal.problems),
    }


def _mutation_account(mutated: Mutation) -> dict[str, object]:
    return {
        "mutants": len(mutated.trials),
        "killed": mutated.killed,
        "score": round(mutated.score, 4),
        "never_mattered": list(mutated.never_mattered),
        "excluded": [test.title for test in mutated.excluded],
        "survivors": [
            {
                "operator": mutant.operator.name,
                "in": _WHAT[mutant.kind],
                "name": mutant.name,
                "place": mutant.place.place,
                "description": mutant.description,
                "help": mutant.help,
            }
            for mutant in mutated.survivors
        ],
    }
