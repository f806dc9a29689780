"""The only module that prints. Colour and progress only where a terminal will show them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from policy_engine.foundation.canonical import Json
from policy_engine.foundation.diagnostics import Diagnostic
from policy_engine.foundation.formats import as_github, as_json, as_sarif
from policy_engine.foundation.render import Segment, render, visible

_STYLES = {
    "error": "bold red",
    "warning": "bold yellow",
    "help": "bold cyan",
    "frame": "blue",
    "strong": "bold",
    "allow": "bold green",
    "validate": "bold magenta",
    "escalate": "bold yellow",
    "deny": "bold red",
    "": "",
}

_WIDEST = 100_000
"""Of a table that no terminal has to show, in characters."""

_out = Console(highlight=False, soft_wrap=True)
_wide = Console(highlight=False, soft_wrap=True, width=_WIDEST)
_err = Console(highlight=False, soft_wrap=True, stderr=True)


def show(segments: Iterable[Segment]) -> None:
    """Prints styled text to standard output."""
    _out.print(_styled(segments), end="")


def say(text: str = "", style: str = "") -> None:
    """One line to standard output."""
    show([Segment(f"{text}\n", style)])


def complain(text: str) -> None:
    """One line to standard error."""
    _err.print(_styled([Segment("error", "error"), Segment(f": {visible(text)}\n")]), end="")


def warn(text: str) -> None:
    """One line of warning to standard error."""
    _err.print(_styled([Segment("warning", "warning"), Segment(f": {visible(text)}\n")]), end="")


def show_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def show_text(text: str) -> None:
    """A document for a machine, as it is."""
    sys.stdout.write(text)


def show_code(text: str, lexer: object) -> None:
    """A text in the colours of a Pygments lexer, where a terminal will show them."""
    syntax = Syntax("", cast(Any, lexer), theme="ansi_dark")
    _out.print(syntax.highlight(text), end="")


def diagnostics(
    found: Sequence[Diagnostic], form: str = "human", *, to_error: bool = False
) -> None:
    """Diagnostics in one of the formats human, json, sarif, github."""
    if form == "json":
        show_json(as_json(found))
    elif form == "sarif":
        show_json(as_sarif(found, Path.cwd()))
    elif form == "github":
        sys.stdout.write(as_github(found))
    elif found:
        (_err if to_error else _out).print(_styled([*render(found), Segment("\n")]), end="")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table, as wide as the terminal allows; a column whose name begins with `#` holds numbers.

    On a narrow terminal names are broken, never numbers. Elsewhere, in a file or a pipe, it is as
    wide as it has to be.
    """
    drawn = Table(
        title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False
    )
    told = [list(row) for row in rows]
    for at, column in enumerate(columns):
        name = column.removeprefix("#")
        widest = max((len(cell) for cell in (*(row[at] for row in told), *name.split())), default=0)
        is_number = column.startswith("#")
        drawn.add_column(
            name,
            justify="right" if is_number else "left",
            style="",
            overflow="fold",
            min_width=widest if is_number else None,
        )
    for row in told:
        drawn.add_row(*(Text(cell) for cell in row))
    (_out if _out.is_terminal else _wide).print(drawn)


@contextmanager
def progress(what: str, total: int) -> Iterator[Progress | None]:
    """A progress bar on standard error, where that is a terminal and the work is long."""
    if not _err.is_terminal or total < 2:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=_err, transient=True) as bar:
        bar.add_task(what, total=total)
        yield bar


def reach(bar: Progress | None, done: int) -> None:
    """Shows that so much is done."""
    if bar is not None:
        bar.update(bar.task_ids[0], completed=done)


def advance(bar: Progress | None) -> None:
    if bar is not None:
        bar.advance(bar.task_ids[0])


def _styled(segments: Iterable[Segment]) -> Text:
    text = Text()
    for segment in segments:
        text.append(segment.text, _STYLES[segment.style])
    return text


__all__ = [
    "Json",
    "advance",
    "complain",
    "diagnostics",
    "progress",
    "say",
    "show",
    "show_code",
    "show_json",
    "show_text",
    "table",
]
