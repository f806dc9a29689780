"""Locks of a PostgreSQL server, which end with their connection. Needs the extra `runtime`."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from policy_engine.foundation.errors import StoreError

try:
    import psycopg
except ImportError as error:
    raise StoreError(
        "PostgreSQL needs its driver: pip install 'agent-policy-engine[runtime]'"
    ) from error

_CONNECT_SECONDS = 10
_SILENT_SECONDS = 10
"""After how long a network that answers nothing counts as gone, on either side of it."""

_SETTINGS = {
    "tcp_keepalives_idle": str(_SILENT_SECONDS),
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}
"""Of the server: without them it would keep the lock of a host without power for hours."""

_Connection = psycopg.Connection[tuple[object, ...]]


class AdvisoryLocks:
    """Advisory locks of the server at `url`, for processes on several hosts.

    The server gives up the lock of one that it has lost, though that one may live: `hold` takes
    it again. So what is taken over may still be going on, and must bear to be done twice.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._own: _Connection | None = None
        self._one_at_a_time = threading.Lock()

    def hold(self, name: str) -> bool:
        with self._one_at_a_time:
            if self._own is not None and _answers(self._own):
                return True
            self._give_up()
            connection = self._locked(name)
            self._own = connection
            return connection is not None

    @contextmanager
    def dead(self, name: str) -> Iterator[bool]:
        connection = self._locked(name)
        try:
            yield connection is not None
        finally:
            if connection is not None:
                connection.close()

    def close(self) -> None:
        with self._one_at_a_time:
            self._give_up()

    def _give_up(self) -> None:
        own, self._own = self._own, None
        if own is not None:
            own.close()

    def _locked(self, name: str) -> _Connection | None:
        """A connection with the lock of this name, unless another has it or nobody answers."""
        with suppress(psycopg.Error):
            connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=_CONNECT_SECONDS,
                keepalives_idle=_SILENT_SECONDS,
                tcp_user_timeout=_SILENT_SECONDS * 1000,
            )
            if _try_lock(connection, name):
                return connection
        return None


def _answers(connection: _Connection) -> bool:
    with suppress(psycopg.Error):
        connection.execute("SELECT 1")
        return True
    return False


def _try_lock(connection: _Connection, name: str) -> bool:
    """Closes a connection that did not get the lock."""
    digest = hashlib.sha256(f"policy engine worker {name}".encode()).digest()
    key = int.from_bytes(digest[:8], "big", signed=True)
    taken = False
    try:
        for setting, value in _SETTINGS.items():
            connection.execute("SELECT set_config(%s, %s, false)", (setting, value))
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone()
        taken = row is not None and row[0] is True
    finally:
        if not taken:
            connection.close()
    return taken
