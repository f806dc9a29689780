"""Whoever can write to a folder of evidence or a published log wants another to be accepted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine.cli.main import main
from policy_engine.foundation.errors import LedgerError
from policy_engine.foundation.signing import SigningKey
from policy_engine.ledger.evidence import check_manifest, check_proof, manifest
from policy_engine.ledger.export import CHECKPOINT, export, read_back

OWNER = SigningKey.new("desk.example/ledger")


def policy(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A folder of evidence."""
    folder = tmp_path / "given"
    (folder / "proofs").mkdir(parents=True)
    (folder / "report.html").write_text("All is well.")
    (folder / "MANIFEST").write_bytes(manifest(folder, OWNER))
    return folder


def test_what_is_listed_is_accepted(given: Path) -> None:
    assert check_manifest(given, [OWNER.verifying]) == 1


def test_nothing_is_added_behind_a_link(given: Path, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "report.html").write_text("All was better.")
    (given / "annex").symlink_to(tmp_path / "more")
    with pytest.raises(LedgerError, match="annex is no file, and no folder"):
        check_manifest(given, [OWNER.verifying])


def test_a_file_that_is_a_link_may_be_another_tomorrow(given: Path, tmp_path: Path) -> None:
    (given / "report.html").rename(tmp_path / "report.html")
    (given / "report.html").symlink_to(tmp_path / "report.html")
    with pytest.raises(LedgerError, match="is no file, and no folder"):
        check_manifest(given, [OWNER.verifying])


def test_a_pipe_is_no_file_and_is_not_waited_for(given: Path, tmp_path: Path) -> None:
    os.mkfifo(given / "annex")
    with pytest.raises(LedgerError, match="annex is no file"):
        check_manifest(given, [OWNER.verifying])
    (given / "MANIFEST").unlink()
    os.mkfifo(given / "MANIFEST")
    with pytest.raises(LedgerError, match="is no file"):
        check_manifest(given, [OWNER.verifying])
    (tmp_path / "proof").mkdir()
    os.mkfifo(tmp_path / "proof" / "proof")
    with pytest.raises(LedgerError, match="is no file"):
        check_proof(tmp_path / "proof", [OWNER.verifying])


def test_a_name_of_any_bytes_is_printed(given: Path, tmp_path: Path) -> None:
    (tmp_path / "k.pub").write_text(str(OWNER.verifying))
    Path(os.fsdecode(os.fsencode(given) + b"/\xff\x1b[2J")).write_text("more")
    shown = policy("ledger", "check", str(given), "--trust", str(tmp_path / "k.pub"))
    assert (shown.exit_code, "\x1b" in shown.output) == (1, False)


@pytest.mark.parametrize("name", ["tile/entries/000.p/2", "tile/0/000.p/2", "tile/0/000.p/1"])
def test_a_pipe_in_a_log_is_not_waited_for(tmp_path: Path, name: str) -> None:
    export(tmp_path, [b"one", b"two"], "desk.example/log", OWNER)
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    with pytest.raises(LedgerError, match="is no file"):
        read_back(tmp_path, [OWNER.verifying], "desk.example/log")


@pytest.fixture
def deep(given: Path, tmp_path: Path) -> Iterator[None]:
    """Folders in folders in the evidence and in a log; the innermost holds a file."""
    export(tmp_path / "log", [b"one"], "desk.example/log", OWNER)
    tops = (given, tmp_path / "log" / "tile")
    for top in tops:
        here = os.open(top, os.O_RDONLY)
        for _ in range(1500):
            os.mkdir("a", dir_fd=here)
            inside = os.open("a", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = inside
        os.close(os.open("b", os.O_CREAT, dir_fd=here))
        os.close(here)
    yield
    for top in tops:  # from the outside in, since nothing else removes so many
        while (top / "a" / "a").exists():
            (top / "a" / "a").rename(top / "next")
            (top / "a").rmdir()
            (top / "next").rename(top / "a")


@pytest.mark.usefixtures("deep")
def test_folders_of_any_depth_are_looked_through(given: Path, tmp_path: Path) -> None:
    """They ended in a `RecursionError`."""
    with pytest.raises(LedgerError, match="is not on the list"):
        check_manifest(given, [OWNER.verifying])
    with pytest.raises(LedgerError, match="is no path of a tile"):
        read_back(tmp_path / "log", [OWNER.verifying], "desk.example/log")


def test_evidence_without_its_list_is_not_accepted_as_a_log(given: Path, tmp_path: Path) -> None:
    """The list is dropped, the report altered, and the log that was inside stands at the top."""
    export(given, [b"one"], "desk.example/log", OWNER)
    (given / "MANIFEST").unlink()
    (given / "report.html").write_text("All was better.")
    (tmp_path / "k.pub").write_text(str(OWNER.verifying))
    assert policy("ledger", "check", str(given), "--trust", str(tmp_path / "k.pub")).exit_code != 0


def test_a_list_is_no_checkpoint_and_a_checkpoint_no_list(given: Path, tmp_path: Path) -> None:
    """One key signs both."""
    log = tmp_path / "log"
    export(log, [b"one"], "desk.example/log", OWNER)
    shutil.copy(given / "MANIFEST", tmp_path / "list")
    shutil.copy(log / CHECKPOINT, given / "MANIFEST")
    with pytest.raises(LedgerError):
        check_manifest(given, [OWNER.verifying])
    shutil.copy(tmp_path / "list", log / CHECKPOINT)
    with pytest.raises(LedgerError):
        read_back(log, [OWNER.verifying], "desk.example/log")
