"""Every command that writes one file: all of it is there, or what was there before."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine import SigningKey
from policy_engine.cli.main import main
from tests.fakes import Desk

FULL = Path("/dev/full")
"""A device on which there is never room. It is written to through links, and by no other way."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A policy, a record of one payment, and a key."""
    made = Desk(tmp_path_factory.mktemp("desk"))
    made.pay(50)
    made.gate.close()
    SigningKey.new("desk.example/log").write(made.folder / "key.pem")
    return made


def commands(desk: Desk) -> Mapping[str, list[str]]:
    """Each without the name of the file, which comes last."""
    store, key = ["--store", desk.store], ["--key", str(desk.folder / "key.pem")]
    return {
        "report": ["audit", "report", *store, "--html"],
        "export": ["audit", "export", *store, "--format", "sarif", "-o"],
        "sign": ["ledger", "sign", *store, *key, "-o"],
        "bundle": ["bundle", "build", str(desk.folder / "desk.policy"), *key, "-o"],
    }


NAMES = ("report", "export", "sign", "bundle")


def run(desk: Desk, name: str, path: Path) -> Result:
    return CliRunner().invoke(main, [*commands(desk)[name], str(path)], catch_exceptions=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "written"
    made.mkdir()
    return made


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_written_where_none_was(name: str, desk: Desk, folder: Path) -> None:
    assert run(desk, name, folder / "out").exit_code == 0
    assert [path.name for path in folder.iterdir()] == ["out"]
    assert (folder / "out").stat().st_size > 0


@pytest.mark.parametrize("name", NAMES)
def test_what_breaks_off_leaves_what_was_there(
    name: str, desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    (folder / "out").write_text("earlier", encoding="utf-8")
    for path in (folder / "out", folder / "new"):
        result = run(desk, name, path)
        said = f"error: {path} cannot be written: No space left on device\n"
        assert (result.exit_code, result.stderr[-len(said) :]) == (2, said)
    assert [path.name for path in folder.iterdir()] == ["out"]
    assert (folder / "out").read_text(encoding="utf-8") == "earlier"


@pytest.mark.skipif(not FULL.is_char_device(), reason="there is no /dev/full here")
@pytest.mark.parametrize("name", NAMES)
def test_a_device_is_written_to_through_a_link_and_both_stay(
    name: str, desk: Desk, folder: Path
) -> None:
    link = folder / "out"
    link.symlink_to(FULL)
    result = run(desk, name, link)
    assert (result.exit_code, "out cannot be written: No space left" in result.stderr) == (2, True)
    assert (link.is_symlink(), link.is_char_device()) == (True, True)
    assert [path.name for path in folder.iterdir()] == ["out"]


@pytest.mark.parametrize("name", NAMES)
def test_a_link_is_followed_and_the_file_keeps_its_permissions(
    name: str, desk: Desk, folder: Path, tmp_path: Path
) -> None:
    target, link = tmp_path / "target", folder / "out"
    target.write_text("earlier", encoding="utf-8")
    target.chmod(0o600)
    link.symlink_to(target)
    assert run(desk, name, link).exit_code == 0
    assert (link.is_symlink(), stat.S_IMODE(target.stat().st_mode)) == (True, 0o600)
    assert target.read_bytes() not in (b"earlier", b"")


@pytest.mark.parametrize("name", NAMES)
def test_a_link_to_nothing_names_the_file_that_is_written(
    name: str, desk: Desk, folder: Path, tmp_path: Path
) -> None:
    (folder / "out").symlink_to(tmp_path / "target")
    assert run(desk, name, folder / "out").exit_code == 0
    assert (folder / "out").is_symlink()
    assert (tmp_path / "target").is_file()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("place", "why"), [("none/out", "No such file or directory"), (".", "Is a directory")]
)
def test_where_nothing_can_be_written_it_is_said_in_one_line(
    place: str, why: str, name: str, desk: Desk, folder: Path
) -> None:
    result = run(desk, name, folder / place)
    assert result.exit_code == 2
    assert f"{folder / place} cannot be written: {why}\n" in result.stderr
    assert list(folder.iterdir()) == []
