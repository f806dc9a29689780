"""A PostgreSQL server for the time of the tests, where its programs are installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PLACES = "/usr/lib/postgresql/*/bin"
NOT_INSTALLED = "PostgreSQL is not installed: adapters were tried on SQLite alone"


@dataclass(frozen=True)
class Server:
    """A server that is reached by a socket in its own folder, and by nobody else."""

    url: str
    stop: Callable[[], object]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    """A server of our own. Skips, with the reason, where there cannot be one."""
    programs = _programs()
    if programs is None:
        pytest.skip(NOT_INSTALLED)
    user = _user()
    if user is None:
        pytest.skip("PostgreSQL does not run as root, and no other user is there to run it")
    # Not in the tests' own folder: its path is too long for a socket, and other users may not
    # enter it.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        as_user = {"user": user.pw_uid, "group": user.pw_gid} if os.geteuid() == 0 else {}
        command = [programs / program, "-D", data, *arguments]
        done = subprocess.run(  # its output goes to a file: the server would keep a pipe open
            command, cwd=folder, stdout=log, stderr=log, timeout=60, check=False, **as_user
        )
        assert done.returncode == 0, (folder / "log").read_text(errors="replace")

    def stop() -> None:
        if (data / "postmaster.pid").exists():
            run("pg_ctl", "-m", "immediate", "-w", "stop")

    with (folder / "log").open("wb") as log:
        try:
            run("initdb", "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
            run("pg_ctl", "-o", f"-k {folder} -c listen_addresses= -F", "-w", "start")
            socket = folder / ".s.PGSQL.5432"
            yield Server(f"postgresql+pg8000://tester@/postgres?unix_sock={socket}", stop)
        finally:
            stop()
            shutil.rmtree(folder)


def _programs() -> Path | None:
    """Where `initdb` and `pg_ctl` are; of several versions the newest."""
    found = [path.parent for path in Path("/").glob(f"{PLACES[1:]}/pg_ctl")]
    newest = max(found, key=lambda path: float(path.parent.name), default=None)
    on_path = shutil.which("pg_ctl")
    folder = newest or (Path(on_path).resolve().parent if on_path else None)
    return folder if folder is not None and (folder / "initdb").exists() else None


def _user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None
