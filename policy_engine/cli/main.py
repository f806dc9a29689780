"""The command `policy` itself: its subcommands, each loaded only when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import cast

import click

COMMANDS = {
    "approve": "sign an action that waits",
    "audit": "what happened: reports, exports, evidence, replays",
    "bundle": "policies as one signed file: build, verify, show",
    "check": "check policy files and say all that is wrong with them",
    "compile": "show what the rules of a task become",
    "confirm": "say yes, as its user, to an action that waits",
    "completion": "print a shell's completion script",
    "decide": "decide one action and explain the answer",
    "explain": "what a code such as N201 means",
    "fmt": "write policy files in their canonical layout",
    "keys": "keys that sign bundles and records: make a new one",
    "lift": "let go on what was suspended",
    "ledger": "the record: verify, sign, seal, export, prove it",
    "pending": "list the actions that wait for people",
    "reject": "refuse an action that waits, with a reason",
    "run": "send a recorded session through gate and ledger",
    "show": "show a policy file in colour",
    "suspend": "stop an agent, a person, a task or a session",
    "test": "run the tests that policy files contain",
    "worker": "take up what waits, when its time has come",
}
"""Every command and its one line; each stands in the module of its name."""


class Lazy(click.Group):
    """Imports a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"policy_engine.cli.{cmd_name}")
        return cast(click.Command, module.command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="agent-policy-engine", prog_name="policy")
def main() -> None:
    """Govern AI agents by policy: check, decide, run, audit.

    Exit codes: 0 done or allow, 1 failure, 2 wrong use, 3 the policy has errors, 4 deny,
    5 people or a validation are needed, 6 findings.
    """
