"""`policy suspend`: somebody stops an agent, a person, a task or a session."""

from __future__ import annotations

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


@click.command("suspend")
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
    """Stop NAME from the next decision on, until somebody lifts it again."""
    with opened_gate(loaded(policies, directory), store) as gate:
        gate.suspend(f"{kind} {name}", by=Human(by), reason=reason)
        standing = gate.suspended()
    output.say(f"{by} suspended {kind} {name}", "deny")
    for each in standing:
        output.say(f"    {each.name}, by {each.by}: {each.reason}", "frame")
