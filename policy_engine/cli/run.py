"""`policy run`: recorded sessions through gate and ledger."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

import click

from policy_engine.audit.shadow import Told, told
from policy_engine.audit.words import shown
from policy_engine.cli import output
from policy_engine.cli.audit_shadow import answer_text
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import (
    counted,
    directory_option,
    end,
    ends_cleanly,
    format_option,
    loaded,
    policy_option,
    store_option,
)
from policy_engine.decision.action import Action
from policy_engine.decision.present import headline, reasons
from policy_engine.foundation.canonical import encode
from policy_engine.foundation.database import place_of
from policy_engine.foundation.render import Segment
from policy_engine.runtime.accounts import reason_account
from policy_engine.runtime.executors import Recorded
from policy_engine.runtime.files import Recording, read_session
from policy_engine.runtime.gate import Gate
from policy_engine.runtime.result import Result
from policy_engine.runtime.store import Status


@click.command("run")
@policy_option
@click.option(
    "--session",
    "files",
    multiple=True,
    required=True,
    metavar="FILE",
    help="A session file (JSON lines); may be given several times.",
)
@click.option(
    "--shadow",
    "candidate",
    multiple=True,
    metavar="PATH",
    help="A policy that is asked too and decides nothing; may be given several times.",
)
@directory_option
@store_option
@format_option
@ends_cleanly
def command(
    policies: tuple[str, ...],
    files: tuple[str, ...],
    candidate: tuple[str, ...],
    directory: str | None,
    store: str,
    form: str,
) -> None:
    """Send recorded sessions through gate and ledger and show every decision.

    Tools are not called: an allowed action gives back the output that was recorded. Running a
    session again repeats nothing; actions that people have signed since go on. Exits 4 where
    something was denied, else 5 where something waits. Where the policy of `--shadow` would have
    answered otherwise, that is recorded and shown at the end.
    """
    recordings = [read_session(file) for file in files]
    executor = Recorded()
    engine = loaded(policies, directory, form)
    shadow = loaded(candidate, directory, form) if candidate else None
    differences = _Differences()
    if directory is None and engine.policy.roles:
        output.warn("no --directory: nobody's roles are known, so no permit by role applies")
    results: list[tuple[Action, Result]] = []
    with (
        closing(
            engine.gate(store=store, executor=executor, watch=[differences], shadow=shadow)
        ) as gate,
        output.progress("running", sum(len(r.steps) for r in recordings)) as bar,
    ):
        for recording in recordings:
            for action, result in run_session(gate, executor, recording):
                results.append((action, result))
                if form == "human":
                    _show(action, result)
                output.advance(bar)
    if form == "json":
        accounts = [_account(action, result) for action, result in results]
        if shadow is not None:
            accounts = [{**one, "shadow": differences.account(one["action"])} for one in accounts]
        output.show_json(encode(accounts))
    else:
        _summary([result for _, result in results], store)
        if shadow is not None:
            differences.show()
    statuses = {result.status for _, result in results}
    if statuses & {Status.DENIED, Status.FAILED, Status.UNKNOWN, Status.EXECUTING}:
        end(Exit.DENIED)
    end(Exit.WAITING if Status.HELD in statuses else Exit.DONE)


class _Differences:
    """Watches the record for what a shadow would have answered otherwise."""

    def __init__(self) -> None:
        self._found: list[Told] = []

    def __call__(self, kind: str, body: Mapping[str, object]) -> None:
        if kind == "shadowed":
            self._found.append(told(body))

    def account(self, action: object) -> dict[str, object] | None:
        """The other answer to an action; None where it was the same or is not compared."""
        for one in reversed(self._found):
            if one.action == action:
                live, shadow = one.pair
                return {"live": live, "outcome": shadow, "by": list(one.shadow_by)}
        return None

    def show(self) -> None:
        """A table, or a line where there is nothing to show."""
        if not self._found:
            output.say("no difference of the shadow was recorded", "frame")
            return
        rows = [
            (
                one.action,
                shown(one.task),
                answer_text(one.pair.live, one.live_by),
                answer_text(one.pair.shadow, one.shadow_by),
            )
            for one in self._found
        ]
        output.say()
        output.table(
            "What the shadow answered otherwise", ("action", "task", "live", "shadow"), rows
        )


def run_session(
    gate: Gate, executor: Recorded, recording: Recording
) -> list[tuple[Action, Result]]:
    """Submits the steps of a recorded session in order, each under a key of its own."""
    session = gate.open(recording.head.request, id=recording.id)
    results = []
    for number, step in enumerate(recording.steps, 1):
        action = recording.action(step)
        executor.expect(step.output, step.error)
        key = f"{recording.id}:{number}"
        results.append((action, gate.submit(action, session=session, facts=step.facts, key=key)))
    return results


def _show(action: Action, result: Result) -> None:
    if result.decision is None:
        text = f"{result.status.value:<9} {action.principal.id} · {action.task}   settled earlier\n"
        output.show([Segment(text, "frame")])
        return
    output.show(headline(action, result.decision))
    output.show(reasons(result.decision))
    if result.detail and result.status is not Status.DENIED:
        output.say(f"  {result.status.value}: {result.detail}", "warning")
    if result.status is Status.HELD:
        output.say(f"  held; `policy approve {result.ticket}` signs it", "help")
    output.say()


def _summary(results: list[Result], store: str) -> None:
    counts = {status: sum(r.status is status for r in results) for status in Status}
    parts = [f"{count} {status.value}" for status, count in counts.items() if count]
    output.say(f"{counted(len(results), 'action')}: {', '.join(parts) or 'none'}", "strong")
    output.say(f"recorded in {place_of(store)}", "frame")


def _account(action: Action, result: Result) -> dict[str, object]:
    decision = result.decision
    return {
        "action": result.id,
        "task": action.task,
        "principal": action.principal.id,
        "status": result.status.value,
        "outcome": decision.outcome.word if decision else None,
        "reasons": [reason_account(reason) for reason in decision.reasons] if decision else [],
        "detail": result.detail,
        "ticket": result.ticket,
    }
