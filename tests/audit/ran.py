"""Commands run as a user runs them, and what is said to bad input."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from policy_engine.cli.main import main


class Ran(NamedTuple):
    """An exit code, and all that was printed; a traceback is an error of the test."""

    code: int
    said: str


def run(*arguments: str | Path) -> Ran:
    done = CliRunner().invoke(main, [*map(str, arguments)], catch_exceptions=False)
    return Ran(done.exit_code, done.output)


def in_one_line(ran: Ran, code: int, *words: str) -> None:
    """The command ended with this code and one line that says all these words."""
    assert (ran.code, ran.said.count("\n"), ran.said[:7]) == (code, 1, "error: "), ran
    for word in words:
        assert word in ran.said


def cut(path: Path, kept: int) -> None:
    """Leaves the first bytes of a file."""
    path.write_bytes(path.read_bytes()[:kept])
