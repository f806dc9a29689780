"""`policy show`: policy files in colour."""

from __future__ import annotations

import click

from policy_engine.authoring.pygments_lexer import PolicyLexer
from policy_engine.bundle.files import read_files
from policy_engine.cli import output
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import end, ends_cleanly
from policy_engine.foundation.render import visible


@click.command("show")
@click.argument("path")
@ends_cleanly
def command(path: str) -> None:
    """Show a policy file, or the files of a folder, in colour where there is a terminal."""
    files = read_files([path])
    output.diagnostics(files.diagnostics, to_error=True)
    lexer = PolicyLexer(stripnl=False, ensurenl=False)
    for source in files.sources:
        if len(files.sources) > 1:
            output.say(f"# {source.name}", "frame")
        output.show_code(_plain(source.text), lexer)
    end(Exit.POLICY_ERRORS if files.diagnostics else Exit.DONE)


def _plain(text: str) -> str:
    """The text without what would make the terminal show something else."""
    lines = (line.removesuffix("\r").expandtabs(4) for line in text.split("\n"))
    return "\n".join(visible(line) for line in lines)
