"""`policy pending`: who is asked to decide about what."""

from __future__ import annotations

import click

from policy_engine.cli import output
from policy_engine.cli.options import (
    directory_option,
    ends_cleanly,
    format_option,
    loaded,
    opened_gate,
    policy_option,
    store_option,
)
from policy_engine.decision.evidence import CLOCK
from policy_engine.decision.wording import worded_parties
from policy_engine.foundation.canonical import encode, timestamp_text
from policy_engine.foundation.render import Segment
from policy_engine.runtime.people import Waiting


@click.command("pending")
@policy_option
@store_option
@directory_option
@format_option
@ends_cleanly
def command(policies: tuple[str, ...], store: str, directory: str | None, form: str) -> None:
    """List the actions that wait for people: what exactly, why, and who may sign."""
    engine = loaded(policies, directory, form)
    with opened_gate(engine, store) as gate:
        waiting = gate.pending()
    if form == "json":
        output.show_json(encode([_account(item) for item in waiting]))
        return
    if not waiting:
        output.say("nothing waits for anybody", "allow")
    for item in waiting:
        output.show(
            [
                Segment(f"{item.ticket}", "escalate"),
                Segment(f"  {item.principal.id} · {item.task}\n", "strong"),
            ]
        )
        behalf = f", on behalf of {item.on_behalf_of.id}" if item.on_behalf_of else ""
        output.say(f"    since {timestamp_text(item.since)}{behalf}", "frame")
        for name, value in item.input.items():
            output.say(f"    {name}: {value}")
        for name, value in item.facts.items():
            output.say(f"    fact {name}: {value}", "frame")
        for ask in item.asks:
            named = engine.policy.rules.get(ask.rule) or engine.policy.waivers.get(ask.rule)
            title = (named.title if named else None) or ask.rule
            signed = f" (signed: {', '.join(ask.signed)})" if ask.signed else ""
            until = timestamp_text(ask.until or ask.at + CLOCK)
            text = f"  needs {worded_parties(ask.parties)}{signed} until {until}: {title}"
            output.say(text, "help")
        for delegator in item.chain:
            output.say(f"    delegated by {delegator.id}", "frame")
        if item.unconfirmed:
            who = item.on_behalf_of.id if item.on_behalf_of else "its user"
            output.say(f"  needs {who} to confirm it: policy confirm {item.ticket}", "help")
        elif not item.asks:
            output.say("  every signature is there: it goes on when it is taken up again", "help")


def _account(item: Waiting) -> dict[str, object]:
    return {
        "action": item.id,
        "ticket": item.ticket,
        "since": item.since,
        "principal": item.principal.id,
        "on_behalf_of": item.on_behalf_of.id if item.on_behalf_of else None,
        "task": item.task,
        "chain": [delegator.id for delegator in item.chain],
        "unconfirmed": item.unconfirmed,
        "input": dict(item.input),
        "facts": dict(item.facts),
        "asks": [
            {
                "rule": ask.rule,
                "parties": [{"role": p.role, "quorum": p.quorum} for p in ask.parties],
                "quorum": ask.quorum,
                "signed": list(ask.signed),
                "since": ask.at,
            }
            for ask in item.asks
        ],
    }
