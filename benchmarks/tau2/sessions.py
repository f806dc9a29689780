"""tau2-bench's proposed calls as sessions at the gate: one call, one conversation.

A conversation has the user whom the host has identified, the facts that were looked up before the
call, and the user's yes where the data have it. No tool is called: the data have no outputs.
`policy run` cannot read these, since a session file has neither a user nor a yes; whoever plays
them opens a gate under the company's policy. Raises `ValueError` for a time that is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.tau2.engine import question
from policy_engine import Action, Gate, Human, Result
from policy_engine.foundation.reading import read_json

KINDS = ("positives", "negatives")
"""The files of the data: calls that a rulebook allows, and calls that it forbids."""

MOMENT = datetime(2024, 5, 15, 20, 0, tzinfo=UTC)
"""When a call is made whose facts have no time: the present of the airline's rulebook."""


@dataclass(frozen=True, slots=True)
class ProposedCall:
    """One call, and all that is known around it. `confirmed_by` is who said yes to it."""

    name: str
    domain: str
    action: Action
    moment: datetime
    facts: Mapping[str, object]
    attributes: Mapping[str, object]
    confirmed_by: Human | None
    row: Mapping[str, Any]


def calls(folder: Path) -> Iterator[ProposedCall]:
    """Every row of the data, in the order in which it stands there."""
    for kind in KINDS:
        lines = (folder / f"{kind}.jsonl").read_bytes().splitlines()
        for number, line in enumerate(lines, 1):
            row: Any = read_json(line)
            yield proposed(f"{row['id']}-{number}", row)


def proposed(name: str, row: Mapping[str, Any]) -> ProposedCall:
    """A row as the session `name`. The same circumstances as those of the bare adapter."""
    domain, facts, context = row["domain"], row["facts"], row["context"]
    action, given = question(domain, row["tool"], row["args"], facts, context)
    moment = given.now if "now" in facts else MOMENT
    user = action.on_behalf_of if context.get("user_confirmed") else None
    return ProposedCall(name, domain, action, moment, given.facts, given.attributes, user, row)


def play(gate: Gate, call: ProposedCall) -> Result:
    """Proposes the call at a gate; the user's yes counts where it is missing and was given."""
    session = gate.open(None, id=call.name, attributes=call.attributes)
    result = gate.submit(call.action, session=session, facts=call.facts, key=call.name)
    asked = result.decision is not None and result.decision.wants_confirmation
    if not asked or call.confirmed_by is None or result.id is None or result.ticket is None:
        return result
    gate.confirm(result.ticket, by=call.confirmed_by)
    return gate.resume(result.id, session=session, facts=call.facts)
