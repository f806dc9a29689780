"""`policy fmt`: what it writes, what it leaves alone, and its exit codes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine.cli.main import main

ROUGH = 'policy a.b   owner "c"\n\n\nrole a # why\nrule r permit a to t when x>1\n'
SMOOTH = 'policy a.b\n  owner "c"\n\nrole a  # why\n\nrule r\n  permit a to t\n  when x > 1\n'
BROKEN = 'policy a.b owner "c"\nrole\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "smooth.policy").write_text(SMOOTH)
    (tmp_path / "rough.policy").write_text(ROUGH)
    return tmp_path


def fmt(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, ("fmt", *arguments), input=stdin, catch_exceptions=False)


def test_files_are_written_only_where_something_changes(folder: Path) -> None:
    before = (folder / "smooth.policy").stat()
    result = fmt(".")
    assert result.exit_code == 0
    assert result.output == "laid out rough.policy\n1 file changed, 1 file not\n"
    assert (folder / "rough.policy").read_text() == SMOOTH
    after = (folder / "smooth.policy").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert sorted(path.name for path in folder.iterdir()) == ["rough.policy", "smooth.policy"]
    assert fmt(".").output == "0 files changed, 2 files not\n"


def test_permissions_and_links_stay(folder: Path) -> None:
    (folder / "rough.policy").chmod(0o640)
    (folder / "link.policy").symlink_to("rough.policy")
    assert fmt("link.policy").exit_code == 0
    assert (folder / "link.policy").is_symlink()
    assert (folder / "rough.policy").read_text() == SMOOTH
    assert stat.S_IMODE((folder / "rough.policy").stat().st_mode) == 0o640


def test_line_ends_are_one_kind(folder: Path) -> None:
    (folder / "rough.policy").write_bytes(SMOOTH.replace("\n", "\r\n").encode())
    assert fmt("rough.policy").exit_code == 0
    assert (folder / "rough.policy").read_bytes() == SMOOTH.encode()


def test_check_writes_nothing(folder: Path) -> None:
    result = fmt("--check", ".")
    assert result.exit_code == 6
    assert result.output == "would lay out rough.policy\n1 file would be changed, 1 file not\n"
    assert (folder / "rough.policy").read_text() == ROUGH
    assert fmt("--check", "smooth.policy").exit_code == 0


def test_diff_writes_nothing(folder: Path) -> None:
    result = fmt("--diff", ".")
    assert result.exit_code == 0
    assert '-policy a.b   owner "c"\n' in result.output
    assert '+  owner "c"\n' in result.output
    assert (folder / "rough.policy").read_text() == ROUGH
    assert fmt("--diff", "--check", ".").exit_code == 6


@pytest.mark.parametrize("flag", [[], ["--check"], ["--diff"]])
def test_a_file_with_syntax_errors_is_left_alone(folder: Path, flag: list[str]) -> None:
    (folder / "broken.policy").write_text(BROKEN)
    result = fmt("broken.policy", "smooth.policy", *flag)
    assert result.exit_code == 3
    assert "error[S101]" in result.stderr
    assert (folder / "broken.policy").read_text() == BROKEN


def test_others_are_written_beside_a_broken_one(folder: Path) -> None:
    (folder / "broken.policy").write_text(BROKEN)
    assert fmt(".").exit_code == 3
    assert (folder / "rough.policy").read_text() == SMOOTH


def test_standard_input() -> None:
    result = fmt("-", stdin=ROUGH)
    assert (result.exit_code, result.stdout) == (0, SMOOTH)
    assert fmt("-", stdin=SMOOTH).stdout == SMOOTH
    assert fmt("-", "--check", stdin=ROUGH).exit_code == 6
    broken = fmt("-", stdin=BROKEN)
    assert (broken.exit_code, broken.stdout) == (3, "")
    assert fmt("-", "rough.policy", stdin=ROUGH).exit_code == 2


def test_nothing_there() -> None:
    assert fmt("nowhere.policy").exit_code == 3


def test_a_failed_write_leaves_the_file_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", refuse)
    result = fmt("rough.policy")
    assert (result.exit_code, "no space left" in result.stderr) == (2, True)
    assert (folder / "rough.policy").read_text() == ROUGH
    assert sorted(path.name for path in folder.iterdir()) == ["rough.policy", "smooth.policy"]
