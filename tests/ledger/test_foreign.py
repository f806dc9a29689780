"""Programs that we did not write accept our logs and proofs, and refuse altered ones.

They are Go's reference (`golang.org/x/mod/sumdb`, as Debian packages it) and `aics-tlog`. Where
one is not to be had, the last lines of the run say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from policy_engine import LedgerError, SigningKey
from policy_engine.ledger.checkpoints import hash_text
from policy_engine.ledger.export import export, read_back, read_tile_file
from policy_engine.ledger.notes import Note
from policy_engine.ledger.proofs import prove
from policy_engine.ledger.tiles import TileHashes
from policy_engine.ledger.tree import consistency_proof, inclusion_proof, leaf_hash, root_of
from tests.ledger import trees
from tests.packages import from_pypi

FOREIGN = Path(__file__).with_name("foreign")
LOCK = FOREIGN / "requirements.lock"
GO_PATH = Path("/usr/share/gocode")
GO_PACKAGE = GO_PATH / "src/golang.org/x/mod/sumdb/tlog"
NO_GO = (
    "Go with golang.org/x/mod (Debian: golang-go golang-golang-x-mod-dev) is not installed: "
    "it has not checked our logs"
)
NO_PYTHON = "there is no Python 3.12 or newer: aics-tlog has not checked our logs"

KEY = SigningKey.new("example.org/log")
SIZES = (1, 3, 256, 600)
ALL = trees.entries(SIZES[-1])

Check: TypeAlias = "Callable[[Path, str], tuple[bool, str]]"
"""Whether the program accepts a folder and claims, and its last words."""


def ran(command: list[str | Path], folder: Path, claims: str, **more: str) -> tuple[bool, str]:
    arguments = [*command, str(KEY.verifying), folder, *map(str, SIZES)]
    done = subprocess.run(
        arguments,
        input=claims,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **more},
        check=False,
    )
    return done.returncode == 0, (done.stdout + done.stderr).strip().split("\n")[-1]


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Check:
    program = shutil.which("go")
    if program is None or not GO_PACKAGE.is_dir():
        pytest.skip(NO_GO)
    folder = tmp_path_factory.mktemp("go")
    kept = {} if os.environ.get("HOME") else {"GOCACHE": str(folder / "cache")}
    own = {"GO111MODULE": "off", "GOPATH": str(GO_PATH), "GOFLAGS": "", "GOTOOLCHAIN": "local"}
    source = FOREIGN / "check_log.go"
    build = [program, "build", "-o", folder / "check_log", source]
    done = subprocess.run(
        build, capture_output=True, text=True, env={**os.environ, **own, **kept}, check=False
    )
    assert done.returncode == 0, done.stderr
    return lambda log, claims: ran([folder / "check_log"], log, claims)


@pytest.fixture(scope="module")
def python(pytestconfig: pytest.Config) -> Check:
    interpreter = next(interpreters(), None)
    if interpreter is None:
        pytest.skip(NO_PYTHON)
    assert pytestconfig.cache is not None
    packages = from_pypi(LOCK, pytestconfig.cache.mkdir("aics-tlog"), python=interpreter)
    if packages is None:
        pytest.skip("aics-tlog could not be installed: it has not checked our logs")
    command: list[str | Path] = [interpreter, FOREIGN / "check_log.py"]
    return lambda log, claims: ran(command, log, claims, PYTHONPATH=str(packages))


def interpreters() -> Iterator[str]:
    """Those of Python 3.12 or newer that run: our own, on the path, of pyenv."""
    versions = [f"3.{minor}" for minor in range(12, 16)]
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = [sys.executable, *(shutil.which(f"python{version}") for version in versions)]
    found += [str(p) for v in versions for p in sorted(root.glob(f"{v}.*/bin/python"))]
    for path in filter(None, found):
        question = "import sys, pip; sys.exit(sys.version_info < (3, 12))"
        if subprocess.run([path, "-c", question], capture_output=True, check=False).returncode == 0:
            yield path


@pytest.fixture(params=["go", "python"], ids=["go", "aics-tlog"])
def check(request: pytest.FixtureRequest) -> Check:
    made: Check = request.getfixturevalue(request.param)
    return made


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published") / "log"
    for size in SIZES:
        export(folder, ALL[:size], KEY.name, KEY)
    return folder


def claims_of(log: Path) -> list[str]:
    """Proofs of all kinds, as our own functions make them."""
    whole = SIZES[-1]
    read = TileHashes(whole, lambda tile: read_tile_file(log, tile))
    note = Note.parse((log / "checkpoint").read_bytes())
    claims = []
    for size in (*range(1, 20), 255, 256, 257, whole):
        root = root_of(size, read)
        for index in sorted({0, 1 % size, size // 2, size - 1}):
            path = inclusion_proof(index, size, read)
            claims.append(claim("inclusion", size, root, index, leaf_hash(ALL[index]), *path))
            first = index + 1
            path = consistency_proof(first, size, read)
            claims.append(claim("consistency", size, root, first, root_of(first, read), *path))
    for index in (0, 255, 256, 599):
        proof = b64encode(bytes(prove(index, note, read))).decode()
        claims.append(f"file {b64encode(ALL[index]).decode()} {proof}")
    return claims


def claim(kind: str, *parts: int | bytes) -> str:
    texts = (hash_text(part) if isinstance(part, bytes) else str(part) for part in parts)
    return " ".join((kind, *texts))


def test_our_logs_and_proofs_are_accepted(check: Check, log: Path) -> None:
    claims = claims_of(log)
    accepted = check(log, "\n".join(claims))
    assert accepted == (True, f"600 entries, {len(claims)} claims")


@pytest.mark.parametrize(
    "name",
    ["checkpoint", "tile/entries/002.p/88", "tile/entries/001", "tile/0/001", "tile/0/002.p/88"],
)
def test_they_refuse_an_altered_log_as_we_do(
    check: Check, log: Path, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "log"
    shutil.copytree(log, folder)
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])
    with pytest.raises(LedgerError, match=name):
        read_back(folder, [KEY.verifying], KEY.name)
    assert check(folder, "")[0] is False


def test_they_refuse_an_altered_proof(check: Check, log: Path) -> None:
    first, *_, last = claims_of(log)
    kind, _, proof = last.split()
    assert check(log, first) == (True, "600 entries, 1 claims")
    assert check(log, first.replace("inclusion 1 ", "inclusion 2 "))[0] is False
    assert check(log, last) == (True, "600 entries, 1 claims")
    assert check(log, f"{kind} {b64encode(b'other').decode()} {proof}")[0] is False
