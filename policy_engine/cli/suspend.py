"""`policy suspend`: somebody stops an agent, a person, a task or a session.

`policy lift` takes the same words and ends it again.
"""

from __future__ import annotations

from typing import Protocol

import click

from policy_engine.cli import output
from policy_engine.cli.options import (
    by_option,
    directory_option,
    ends_cleanly,
    loaded,
    opened_gate,
    policy_option,
    store_option,
)
from policy_engine.decision.action import Human
from policy_engine.runtime.gate import Gate


class Act(Protocol):
    """What is done to a name at a gate: `Gate.suspend`, `Gate.lift`."""

    def __call__(self, gate: Gate, name: str, /, *, by: Human, reason: str) -> None: ...


def made(verb: str, act: Act, done: str, style: str, sentence: str) -> click.Command:
    """The command `verb`; `done` says what was done, in a style, and `sentence` is its help."""

    @click.command(verb, help=sentence)
    @click.argument("kind", type=click.Choice(["agent", "human", "task", "session"]))
    @click.argument("name")
    @policy_option
    @store_option
    @directory_option
    @by_option
    @click.option("--reason", required=True, help="Why; the record keeps it.")
    @ends_cleanly
    def command(
        kind: str,
        name: str,
        policies: tuple[str, ...],
        store: str,
        directory: str | None,
        by: str,
        reason: str,
    ) -> None:
        with opened_gate(loaded(policies, directory), store) as gate:
            act(gate, f"{kind} {name}", by=Human(by), reason=reason)
            standing = gate.suspended()
        output.say(f"{by} {done} {kind} {name}", style)
        for each in standing:
            output.say(f"    {each.name}, by {each.by}: {each.reason}", "frame")

    return command


command = made(
    "suspend",
    Gate.suspend,
    "suspended",
    "deny",
    "Stop NAME from the next decision on, until somebody lifts it again.",
)
