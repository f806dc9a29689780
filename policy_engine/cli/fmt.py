"""`policy fmt`: policy files in their canonical layout."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

import click

from policy_engine.bundle.files import read_files
from policy_engine.cli import output
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import counted, end, ends_cleanly
from policy_engine.cli.whole import write_whole
from policy_engine.foundation.diagnostics import Diagnostic
from policy_engine.foundation.errors import InputError
from policy_engine.foundation.render import Segment, visible
from policy_engine.foundation.source import Source
from policy_engine.language.format import formatted


class Change(NamedTuple):
    """A file that is not in the canonical layout, and how it would be."""

    source: Source
    text: str


@click.command("fmt")
@click.argument("paths", nargs=-1, required=True)
@click.option("--check", is_flag=True, help="Write nothing; list what would change, and exit 6.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@ends_cleanly
def command(paths: tuple[str, ...], check: bool, diff: bool) -> None:
    """Lay policy files and folders out anew, in place; `-` reads standard input.

    Words and comments stay as they are: only the space between them changes, so a policy decides
    after it as before. A file with syntax errors is left alone.
    """
    if "-" in paths and len(paths) > 1:
        raise InputError("`-` stands alone: standard input is one policy")
    if paths == ("-",):
        sources, wrong = [_standard_input()], []
    else:
        files = read_files(paths)
        sources, wrong = list(files.sources), list(files.diagnostics)
    changes = _changes(sources, wrong)
    output.diagnostics(wrong, to_error=True)
    if diff:
        _show_differences(changes)
    elif paths == ("-",) and not check:
        _write_out(sources[0], changes, wrong)
    else:
        _tell(changes, len(sources), write=not check)
    end(Exit.POLICY_ERRORS if wrong else Exit.FINDINGS if check and changes else Exit.DONE)


def _standard_input() -> Source:
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"standard input: byte {error.start + 1} is not UTF-8") from error
    return Source("<standard input>", text)


def _changes(sources: Iterable[Source], wrong: list[Diagnostic]) -> list[Change]:
    changes = []
    for source in sources:
        text, diagnostics = formatted(source)
        wrong.extend(diagnostics)
        if text is not None and text != source.text:
            changes.append(Change(source, text))
    return changes


def _write_out(source: Source, changes: list[Change], wrong: list[Diagnostic]) -> None:
    """A text with errors is not passed on: what a pipe writes over would be lost."""
    if not wrong:
        sys.stdout.write(changes[0].text if changes else source.text)


def _tell(changes: list[Change], files: int, *, write: bool) -> None:
    for change in changes:
        if write:
            write_whole(Path(change.source.name), change.text.encode("utf-8"))
        output.say(f"{'laid out' if write else 'would lay out'} {change.source.name}")
    left = counted(files - len(changes), "file")
    output.say(f"{counted(len(changes), 'file')} {'' if write else 'would be '}changed, {left} not")


def _show_differences(changes: list[Change]) -> None:
    for source, text in changes:
        before, after = source.text.split("\n"), text.split("\n")
        for line in unified_diff(before, after, source.name, source.name, lineterm=""):
            output.show([Segment(f"{visible(line)}\n", _STYLES.get(line[0], ""))])


_STYLES = {"+": "allow", "-": "deny", "@": "frame"}
