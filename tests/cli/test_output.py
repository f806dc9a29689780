"""Tables: names stand whole wherever no terminal has to show them, and are broken on one."""

from __future__ import annotations

import io

import click
import pytest
from rich.console import Console

from policy_engine.cli import output

NAME = "issue_refund_to_a_customer_who_has_been_waiting_for_a_very_long_time"
COLUMNS = ("task", "#proposed", "#asked no more")
ROWS = [(NAME, "38,736", "1,204"), (NAME[::-1], "7", "0")]


def test_a_file_or_a_pipe_has_whole_names(capsys: pytest.CaptureFixture[str]) -> None:
    output.table("By task", COLUMNS, [(NAME * 3, *ROWS[0][1:]), *ROWS])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[2:]] == [NAME * 3, NAME, NAME[::-1]]
    assert len(lines) == 5


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_terminal_breaks_names_and_never_numbers(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = io.StringIO()
    terminal = Console(file=file, force_terminal=True, width=width, soft_wrap=True, no_color=True)
    monkeypatch.setattr(output, "_out", terminal)
    output.table("", COLUMNS, ROWS)
    said = click.unstyle(file.getvalue())
    assert "…" not in said
    assert "38,736" in said
    assert "1,204" in said
    assert max(len(line) for line in said.splitlines()) <= width
