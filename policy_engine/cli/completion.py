"""`policy completion SHELL`: completion of commands, options and file names."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from policy_engine.cli import output
from policy_engine.cli.main import main


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print a completion script; for bash: eval "$(policy completion bash)"."""
    made = get_completion_class(shell)
    assert made is not None
    output.say(made(main, {}, "policy", "_POLICY_COMPLETE").source())
