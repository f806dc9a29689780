"""Installs what stands in `peers.lock` into an environment, and tells what could not be.

    python -m benchmarks.environment .venv-bench

All at once where that works. A platform for which one package has no wheel still gets the others:
then each is installed alone, and those that failed are listed in `missing.txt` in the environment,
each with the last line that pip said. Fails where our own package cannot be installed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

_ROOT = Path(__file__).resolve().parents[1]
LOCK = Path(__file__).with_name("peers.lock")
MISSING = "missing.txt"

_BUILT = frozenset({"vakt"})
"""Packages that are published as source only; they are built with what the lock installs."""

_HASHED = ("--no-deps", "--no-build-isolation", "--require-hashes")
_WHEELS = (*_HASHED, "--only-binary", ":all:")
_OWN = ("--no-deps", "--no-build-isolation", "--editable", str(_ROOT))


def main() -> None:
    (folder,) = sys.argv[1:]
    environment = Path(folder).resolve()
    known = blocks(LOCK.read_text())
    wheels = {name: text for name, text in known.items() if name not in _BUILT}
    failed: dict[str, str] = {}
    if _install(environment, wheels.values(), _WHEELS):
        failed |= _one_by_one(environment, wheels, _WHEELS)
    failed |= _one_by_one(environment, {name: known[name] for name in _BUILT}, _HASHED)
    (environment / MISSING).write_text("".join(f"{n}: {why}\n" for n, why in failed.items()))
    problem = _pip(environment, *_OWN)
    if problem:
        raise SystemExit(problem)


def blocks(lock: str) -> dict[str, str]:
    """The requirements of a lock by name of the package, with their hashes; a package may have
    several, for different versions of Python."""
    found = re.finditer(r"^([\w.-]+)==.*(?:\n[ \t].*)*", lock, re.MULTILINE)
    texts: dict[str, str] = {}
    for match in found:
        texts[match[1]] = texts.get(match[1], "") + match[0] + "\n"
    return texts


def missing(environment: Path) -> Mapping[str, str]:
    """Why each package is not there, as the last installation noted it."""
    noted = environment / MISSING
    lines = noted.read_text().splitlines() if noted.exists() else []
    return dict(line.split(": ", 1) for line in lines)


def _one_by_one(
    environment: Path, requirements: Mapping[str, str], how: tuple[str, ...]
) -> dict[str, str]:
    """What went wrong with each package that could not be installed."""
    tried = {name: _install(environment, [text], how) for name, text in requirements.items()}
    return {name: problem for name, problem in tried.items() if problem}


def _install(environment: Path, requirements: Iterable[str], how: tuple[str, ...]) -> str:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("".join(requirements))
        return _pip(environment, *how, "-r", str(file))


def _pip(environment: Path, *arguments: str) -> str:
    """What went wrong, in one line; empty where nothing did."""
    python = environment / "bin" / "python"
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    result = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    if not result.returncode:
        return ""
    said = [line for line in result.stderr.splitlines() if line.startswith("ERROR")]
    return (said or result.stderr.splitlines() or ["pip failed"])[-1]


if __name__ == "__main__":
    main()
