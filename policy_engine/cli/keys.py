"""`policy keys`: keys that sign."""

from __future__ import annotations

import click

from policy_engine.cli import output
from policy_engine.cli.options import ends_cleanly
from policy_engine.foundation.signing import SigningKey


@click.group("keys")
def command() -> None:
    """Keys that sign bundles and records."""


@command.command("new")
@click.argument("name")
@click.option("-o", "--output", "path", required=True, metavar="FILE", help="The private key.")
@ends_cleanly
def new(name: str, path: str) -> None:
    """Make a key called NAME, such as acme.example/policy, and print its public half.

    FILE must not be there yet. It can be read by its owner alone, and whoever has it can sign in
    your name: keep it where bundles are built or the record is signed, and nowhere else. The line
    that is printed is for everybody: it is what --trust takes, of `policy bundle verify`,
    `policy ledger verify` and `policy ledger check`.
    """
    key = SigningKey.new(name)
    key.write(path)
    output.say(str(key.verifying))
