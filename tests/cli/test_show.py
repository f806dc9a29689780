"""`policy show`: the text as it is, in colour where there is a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from policy_engine.cli import output
from policy_engine.cli.main import main

TEXT = '\n# why\npolicy a.b\n  owner "c"  # [red]\n\nrole a\n\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.policy").write_text(TEXT)
    return tmp_path


def show(path: str) -> Result:
    return CliRunner().invoke(main, ("show", path), catch_exceptions=False)


def test_without_a_terminal_the_text_is_as_it_is() -> None:
    result = show("a.policy")
    assert (result.exit_code, result.output) == (0, TEXT)


def test_with_a_terminal_it_has_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Console(force_terminal=True, color_system="standard", soft_wrap=True)
    monkeypatch.setattr(output, "_out", terminal)
    assert "\x1b[" in show("a.policy").output


def test_nothing_in_it_can_move_the_cursor(folder: Path) -> None:
    (folder / "a.policy").write_bytes(b"role a # \x1b[2J\r\nrole\tb\n")
    assert show("a.policy").output == "role a # �[2J\nrole    b\n"


def test_a_folder_says_which_file_is_which(folder: Path) -> None:
    (folder / "b.policy").write_text("role b\n")
    assert show(".").output == f"# a.policy\n{TEXT}# b.policy\nrole b\n"


def test_a_file_with_errors_is_shown_and_none_is_said() -> None:
    assert show("nowhere.policy").exit_code == 3
