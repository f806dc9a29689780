"""Whoever watches the record: in its transaction, or once an entry is kept.

Metrics, notices and exports all rest on the entries of the ledger, so they can say nothing that the
record does not.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

from policy_engine.foundation.database import Database
from policy_engine.runtime.ports import Recorder

_log = logging.getLogger(__name__)


class Watcher(Protocol):
    """Is told of an entry: its kind and its body, which it must not change."""

    def __call__(self, kind: str, body: Mapping[str, object]) -> None: ...


class Watched:
    """A recorder whose entries are watched.

    `within` are told in the transaction of the entry, and may write to the store: what they write
    is kept with it or not at all, and where they fail nothing is. `after` are told once the entry
    is durable, in the thread that wrote it; where one of them fails, that is logged and no more.
    """

    def __init__(
        self,
        recorder: Recorder,
        database: Database,
        *,
        within: Sequence[Watcher] = (),
        after: Sequence[Watcher] = (),
    ) -> None:
        self._recorder = recorder
        self._database = database
        self._within = tuple(within)
        self._after = tuple(after)

    def record(self, kind: str, body: Mapping[str, object]) -> None:
        """Records an entry, and tells whoever watches."""
        with self._database.transaction():
            self._recorder.record(kind, body)
            for watcher in self._within:
                watcher(kind, body)
            if self._after:
                self._database.afterwards(partial(self._tell, kind, body))

    def _tell(self, kind: str, body: Mapping[str, object]) -> None:
        for watcher in self._after:
            try:
                watcher(kind, body)
            except Exception:  # noqa: BLE001 — foreign code; the entry is kept, whatever it does
                _log.exception("a watcher of the record failed at an entry `%s`", kind)
