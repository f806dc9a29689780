"""Hostile files: what is there and cannot be read must not be as if it were not."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from policy_engine import Engine, PolicyError
from tests.adversary.conftest import HEAD

POLICY = HEAD + "task pay { input amount: Decimal }\nrule r permit bot to pay\n"
FORBID = 'policy more "M" owner "x@y.example"\nrule f forbid bot to pay\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.policy").write_text(POLICY, encoding="utf-8")
    return tmp_path / "set"


def test_a_dangling_link_is_an_error(folder: Path) -> None:
    """The forbidding half of a set is a symbolic link that lost its target: it is just gone."""
    (folder / "forbids.policy").symlink_to(folder / "gone")
    with pytest.raises(PolicyError):
        Engine.load(folder)


def test_a_linked_folder_is_read_or_refused(folder: Path) -> None:
    """`more -> ../more` holds the forbids; it is passed over without a word."""
    more = folder.parent / "more"
    more.mkdir()
    (more / "f.policy").write_text(FORBID, encoding="utf-8")
    (folder / "more").symlink_to(more)
    try:
        engine = Engine.load(folder)
    except PolicyError:
        return
    assert "f" in engine.policy.rules


def test_a_pipe_in_a_folder_is_an_error(folder: Path) -> None:
    os.mkfifo(folder / "forbids.policy")
    with pytest.raises(PolicyError):
        Engine.load(folder)


@pytest.mark.parametrize(
    "arguments",
    [["check", "/dev/zero"], ["decide", "--policy", "SET", "--action", "/dev/zero"]],
    ids=["policy", "action"],
)
def test_a_device_without_end_is_refused(folder: Path, arguments: list[str]) -> None:
    """Its size is 0, so it is read until memory ends."""
    command = [sys.executable, "-m", "policy_engine", *arguments]
    command = [str(folder) if part == "SET" else part for part in command]
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=20, preexec_fn=_bounded
    )
    assert "Traceback" not in result.stderr
    assert result.returncode in (2, 3)


def test_half_a_surrogate_pair_in_a_file_ends_in_no_traceback(folder: Path) -> None:
    action = folder / "action.json"
    action.write_text('{"principal": {"id": "a"}, "task": "\\ud800", "roles": ["bot"]}')
    command = [sys.executable, "-m", "policy_engine", "decide", "--policy", str(folder)]
    result = subprocess.run(
        [*command, "--action", str(action)], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in result.stderr
    assert result.returncode in (2, 4)


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (600 * 2**20, 600 * 2**20))
