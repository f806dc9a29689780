"""`policy test`: the tests that policy files contain."""

from __future__ import annotations

import click

from policy_engine.cli import output
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import end, ends_cleanly, format_option, loaded
from policy_engine.decision.present import reasons
from policy_engine.decision.rehearse import Rehearsal
from policy_engine.engine import Engine
from policy_engine.foundation.diagnostics import Label
from policy_engine.foundation.render import Segment, excerpt


@click.command("test")
@click.argument("paths", nargs=-1, required=True)
@format_option
@ends_cleanly
def command(paths: tuple[str, ...], form: str) -> None:
    """Run the tests in policy files and say which rules no test ever needed."""
    engine = loaded(paths, None, form)
    rehearsals = engine.test()
    failed = [r for r in rehearsals if not r.passed]
    idle = _idle_rules(engine, rehearsals)
    if form == "json":
        output.show_json(
            {
                "tests": [_account(r) for r in rehearsals],
                "passed": len(rehearsals) - len(failed),
                "failed": len(failed),
                "rules_without_effect": idle,
            }
        )
    else:
        for rehearsal in failed:
            _show_failure(rehearsal)
        for rehearsal in rehearsals:
            if rehearsal.passed:
                output.show([Segment("ok    ", "allow"), Segment(f"{rehearsal.test.title}\n")])
        passed = len(rehearsals) - len(failed)
        output.say(f"{passed} passed, {len(failed)} failed", "error" if failed else "allow")
        if idle:
            output.say(f"no test saw these rules decide: {', '.join(idle)}", "warning")
    end(Exit.FAILURE if failed else Exit.DONE)


def _idle_rules(engine: Engine, rehearsals: list[Rehearsal]) -> list[str]:
    decided = {rule for r in rehearsals for rule in r.decision.rules}
    return sorted(engine.policy.rules.keys() - decided)


def _show_failure(rehearsal: Rehearsal) -> None:
    output.show([Segment("FAILED ", "error"), Segment(f"{rehearsal.test.title}\n", "strong")])
    label = Label(rehearsal.test.outcome_span, "; ".join(rehearsal.problems))
    output.show(excerpt([label]))
    output.show(reasons(rehearsal.decision))
    output.say()


def _account(rehearsal: Rehearsal) -> dict[str, object]:
    return {
        "title": rehearsal.test.title,
        "place": rehearsal.test.span.place,
        "passed": rehearsal.passed,
        "outcome": rehearsal.decision.outcome.word,
        "rules": sorted(rehearsal.decision.rules),
        "problems": list(rehearsal.problems),
    }
