"""`policy explain CODE`: the page on a code."""

from __future__ import annotations

import click

from policy_engine.cli import output
from policy_engine.cli.codes import CODES
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import end
from policy_engine.foundation.data import read_data
from policy_engine.foundation.suggest import nearest


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Explain a code such as N201, by its id or its name; without one, list them all."""
    if code is None:
        output.table(
            "", ["code", "name", "what it says"], [(c.id, c.name, c.summary) for c in CODES]
        )
        return
    found = [c for c in CODES if code.lower() in (c.id.lower(), c.name)]
    if not found:
        near = nearest(code, [name for c in CODES for name in (c.id, c.name)])
        output.complain(f"there is no code {code}" + (f"; {near}, perhaps?" if near else ""))
        end(Exit.USAGE)
    output.say(read_data(f"codes/{found[0].id}.md").rstrip())
