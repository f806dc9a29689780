"""Programs and schemas of others, fetched when a test asks for them and kept in pytest's cache.

What is fetched is named with its digest. Where it cannot be fetched there is None, and the test
says in the last lines of the run what has not been checked.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

_SECONDS = 120


class NpmPackage(NamedTuple):
    """A package of npm: `integrity` is the SHA-512 of its archive, as npm writes it."""

    name: str
    version: str
    integrity: str


def from_pypi(
    lock: Path, cache: Path, *, python: str = sys.executable, built_here: tuple[str, ...] = ()
) -> Path | None:
    """A folder for PYTHONPATH of `python` with what a lock with hashes names: wheels, but for
    `built_here`."""
    asked = [python, "-c", "import sys; sys.stdout.write(sys.version)"]
    version = subprocess.run(asked, capture_output=True, timeout=_SECONDS, check=True).stdout
    key = hashlib.sha256(lock.read_bytes() + version).hexdigest()[:16]

    def install(folder: Path) -> bool:
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        how = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
        how += [part for name in built_here for part in ("--no-binary", name)]
        return _ran([*pip, *how, "--target", str(folder), "--requirement", str(lock)])

    return _once(cache / key, install)


def from_npm(package: NpmPackage, cache: Path) -> Path | None:
    """The folder with what is in the archive; nothing in it is run."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    known = b64decode(package.integrity.removeprefix("sha512-"))

    def unpack(folder: Path) -> bool:
        folder.mkdir()
        named = f"{package.name}@{package.version}"
        if not _ran([npm, "pack", "--silent", named, "--pack-destination", str(folder.parent)]):
            return False
        (archive,) = folder.parent.glob("*.tgz")
        assert hashlib.sha512(archive.read_bytes()).digest() == known, named
        with tarfile.open(archive) as file:
            file.extractall(folder, filter="data")
        return True

    return _once(cache / known.hex()[:16], unpack)


def _once(folder: Path, make: Callable[[Path], bool]) -> Path | None:
    """The folder that is there, or is made now: whole or not at all, also by several at once."""
    if folder.is_dir():
        return folder
    with TemporaryDirectory(dir=folder.parent) as beside:
        part = Path(beside) / "part"
        if not make(part):
            return None
        try:
            part.rename(folder)
        except OSError:  # another process was first
            assert folder.is_dir()
    return folder


def _ran(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
