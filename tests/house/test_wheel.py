"""What is shipped works by itself: a wheel, made from the source archive, far from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "POLICY_"))}
    result = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, env=environment
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment with the wheel in it.

    The packages it depends on are those of this environment, by path; the checkout is not.
    """
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    (unpacked,) = (path for path in folder.iterdir() if path.is_dir())
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=unpacked)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder)
    target = Path(site.strip())
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target)
    run(*pip, "--no-index", wheel, cwd=folder)
    (target / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_it_is_the_wheel_that_runs(installed: Path, tmp_path: Path) -> None:
    code = "import policy_engine; print(policy_engine.__file__)"
    where = Path(run(installed, "-c", code, cwd=tmp_path).strip())
    assert where.is_relative_to(installed.parents[1])


def test_grammar_policies_and_pages_are_inside(installed: Path, tmp_path: Path) -> None:
    code = (
        "from policy_engine.foundation.data import data_file;"
        "print(data_file('policies/agentdojo/banking.policy'))"
    )
    policy = run(installed, "-c", code, cwd=tmp_path).strip()
    assert ROOT not in Path(policy).parents
    assert "no errors" in run(installed, "-m", "policy_engine", "check", policy, cwd=tmp_path)
    assert "0 failed" in run(installed, "-m", "policy_engine", "test", policy, cwd=tmp_path)
    assert "N201" in run(installed, "-m", "policy_engine", "explain", "N201", cwd=tmp_path)
