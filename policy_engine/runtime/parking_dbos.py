"""Parking on DBOS: what is parked outlives every process, and a dead worker's work is taken over.

An action that waits is a delayed workflow; a wake is one without a delay, of its own, so that it
is never lost to one that has read too early. Nothing runs meanwhile and no thread waits. DBOS is
a singleton and runs in workers only; who parks and wakes is a client of its tables.

Where the tables are: beside a SQLite store in `<store>.parking`, so that one writer never blocks
the other; in PostgreSQL, in the schema `<schema>_parking` beside the schema of the store.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import sqlalchemy
from dbos import (
    DBOS,
    DBOSClient,
    DBOSConfig,
    DBOSPortableJSONSerializer,
    EnqueueOptions,
    WorkflowStatus,
    error as dbos_error,
)
from sqlalchemy.exc import SQLAlchemyError

from policy_engine.foundation.database import is_postgres, store_path
from policy_engine.foundation.errors import GateError, StoreError
from policy_engine.runtime.alive import alive_for
from policy_engine.runtime.parking import REVIEW, TakeUp, WhatWaits, attempt, earlier
from policy_engine.runtime.ports import Clock

_APPLICATION = "policy-engine"
_VERSION = "parking-1"
"""DBOS hands work only to workers of its version; changes when what is parked changes in form."""

_QUEUE = "parked"
_WORKFLOW = "take_up"
_LONGEST_NAME = 63
"""Bytes of a PostgreSQL name; the server would cut a longer one off."""

_POLL = 0.25
"""Seconds between two looks for work; the greater part of what a wake waits."""

_TAKE_OVER = 2.0
"""Seconds between two looks for workers that have died."""

_MOST_AT_ONCE = 64
"""Actions that one worker has claimed at a time."""

_LAST_SECONDS = 5
"""How long `close` waits for what is being taken up."""

_KEPT = timedelta(minutes=1)
"""How long workflows that have ended are kept."""

_MOST_REMOVED = 500
_WAITING = ["DELAYED", "ENQUEUED", "PENDING"]
_ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_PROBLEMS = (SQLAlchemyError, dbos_error.DBOSException)

_log = logging.getLogger(__name__)


class DbosParking:
    """Parking beside a store: `sqlite:///governance.db`, a path, or `postgresql://…`.

    Raises `StoreError` where its tables cannot be made.
    """

    def __init__(self, store: str | Path, clock: Clock, review: timedelta = REVIEW) -> None:
        self._clock = clock
        self._review = review
        self._tables = _tables(store)
        self._worker: _Worker | None = None
        with _kept():
            self._client = self._tables.client()

    def park(self, id: str, at: datetime) -> None:
        seconds = (at - self._clock.now()).total_seconds()
        if seconds <= 0:
            self.wake(id)
            return
        # Named after its time: parked twice it is one workflow.
        options = _options(id, str(round(at.timestamp() * 1000)))
        options["delay_seconds"] = seconds
        with _kept():
            self._client.enqueue(options, id)

    def wake(self, id: str) -> None:
        with _kept():
            self._client.enqueue(_options(id, uuid.uuid4().hex), id)

    def drop(self, id: str) -> None:
        """Nothing to do now: the next review removes all that is settled at once."""

    def work(self, take_up: TakeUp, waiting: WhatWaits) -> None:
        """Raises `GateError` where this process has a DBOS of its own, which can be only one."""
        assert self._worker is None, "this is a worker already"
        worker = _Worker(self._tables, self._client, partial(self._take, take_up))
        with _kept():
            worker.start(partial(self._look_through, waiting), self._review)
        self._worker = worker

    def close(self) -> None:
        if self._worker is not None:
            self._worker.close()
        self._client.destroy()
        self._tables.close()

    def _take(self, take_up: TakeUp, id_: str) -> None:
        again = attempt(take_up, id_, self._clock, self._review)
        if again is not None:
            self.park(id_, again)

    def _look_through(self, waiting: WhatWaits) -> None:
        """Parks what waits and is not parked, or too late; removes what waits no more."""
        offset = self._clock.now().timestamp() - time.time()
        timed: dict[str, list[str]] = {}
        parked: dict[str, datetime] = {}
        for status in self._client.list_workflows(
            status=_WAITING, name=_WORKFLOW, load_input=False, load_output=False
        ):
            action = status.workflow_id.rpartition("/")[0]
            if status.status == "DELAYED":
                timed.setdefault(action, []).append(status.workflow_id)
            # Kept in milliseconds; what is a second late is not late.
            at = (status.delay_until_epoch_ms or 0) / 1000 + offset - 1
            early = datetime.fromtimestamp(max(at, 0), UTC)
            parked[action] = min(early, parked.get(action, early))
        # Read after the list: what is parked and is not here has been settled.
        found = dict(waiting())
        for id_, when in earlier(found, parked).items():
            self.park(id_, when)
        settled = [workflow for id_ in timed.keys() - found.keys() for workflow in timed[id_]]
        for start in range(0, len(settled), _MOST_REMOVED):
            self._client.cancel_workflows(settled[start : start + _MOST_REMOVED])


class _Worker:
    """The one DBOS of this process, and the thread that looks after it."""

    def __init__(self, tables: _Tables, client: DBOSClient, run: _Run) -> None:
        self._tables = tables
        self._client = client
        self._run = run
        self._name = f"{os.uname().nodename}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, look_through: _Step, review: timedelta) -> None:
        if not self._tables.alive.hold(self._name):
            raise StoreError(f"the worker {self._name} cannot take its lock")
        try:
            self._launch()
        except BaseException:
            self._tables.alive.close()
            raise
        self._thread = threading.Thread(
            target=self._look_after, args=(look_through, review), name="parking", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=_LAST_SECONDS)
        self._tables.alive.close()

    def _launch(self) -> None:
        DBOS(config=self._tables.config(self._name))
        if DBOS.executor_id != self._name:
            raise GateError("this process runs a DBOS already; work in a process of its own")
        DBOS.workflow(name=_WORKFLOW)(self._workflow())
        DBOS.listen_queues([_QUEUE])
        self._client.register_queue(
            _QUEUE, worker_concurrency=_MOST_AT_ONCE, polling_interval_sec=_POLL
        )
        DBOS.launch()

    def _workflow(self) -> _Run:
        # DBOS writes attributes on what it registers, which a method does not bear.
        def take_up(id: str) -> None:
            self._run(id)

        return take_up

    def _look_after(self, look_through: _Step, review: timedelta) -> None:
        next_review = 0.0
        while not self._stopped.is_set():
            self._attempt(self._take_over)
            if time.monotonic() >= next_review:
                self._attempt(look_through)
                self._attempt(self._remove_ended)
                next_review = time.monotonic() + review.total_seconds()
            pause = min(_TAKE_OVER, next_review - time.monotonic())
            self._stopped.wait(max(pause, 0.0))

    def _attempt(self, step: _Step) -> None:
        try:
            step()
        except Exception:  # noqa: BLE001 — the thread outlives whatever a step meets
            _log.exception("a worker could not look after what is parked; it tries again")

    def _take_over(self) -> None:
        """Has what a dead worker was about put back into the queue."""
        if not self._tables.alive.hold(self._name):
            _log.warning("the worker %s has lost its lock: others may take over", self._name)
        running = self._running(None)
        for name in sorted({str(status.executor_id) for status in running} - {self._name}):
            with self._tables.alive.dead(name) as dead:
                # Looked up again: another may have taken over before the lock was ours.
                left = [status.workflow_id for status in self._running(name)] if dead else []
                if left:
                    self._client.resume_workflows(left, queue_name=_QUEUE)

    def _running(self, executor: str | None) -> list[WorkflowStatus]:
        return self._client.list_workflows(
            status="PENDING",
            name=_WORKFLOW,
            executor_id=executor,
            load_input=False,
            load_output=False,
        )

    def _remove_ended(self) -> None:
        before = (datetime.now(UTC) - _KEPT).isoformat()
        while not self._stopped.is_set():
            ended = self._client.list_workflows(
                status=_ENDED,
                name=_WORKFLOW,
                completed_before=before,
                limit=_MOST_REMOVED,
                load_input=False,
                load_output=False,
            )
            if ended:
                self._client.delete_workflows([status.workflow_id for status in ended])
            if len(ended) < _MOST_REMOVED:
                return


class _Sqlite:
    """Tables in a file beside the store, with the settings that the store has itself."""

    def __init__(self, store: Path) -> None:
        file = store.with_name(f"{store.name}.parking")
        file.parent.mkdir(parents=True, exist_ok=True)
        url = sqlalchemy.URL.create("sqlite", database=str(file.absolute()))
        self.alive = alive_for(store)
        self._engine = sqlalchemy.create_engine(url, pool_size=_MOST_AT_ONCE)
        sqlalchemy.event.listen(self._engine, "connect", _set_up)
        with _kept():
            # The file must be in WAL mode before DBOS opens it in its own way.
            self._engine.connect().close()
            DBOS.migrate(url.render_as_string())

    def client(self) -> DBOSClient:
        return DBOSClient(
            system_database_engine=self._engine,
            serializer=DBOSPortableJSONSerializer(),
            application_name=_APPLICATION,
        )

    def config(self, executor: str) -> DBOSConfig:
        config = _config(executor)
        config["system_database_engine"] = self._engine
        return config

    def close(self) -> None:
        self._engine.dispose()


class _Postgres:
    """Tables in a schema of their own for each store, in its database."""

    def __init__(self, store: str) -> None:
        self._url = store
        self.alive = alive_for(store)
        with _kept():
            self._schema = self._beside()
            DBOS.migrate(store, schema=self._schema)

    def _beside(self) -> str:
        url = sqlalchemy.make_url(self._url).set(drivername="postgresql+psycopg")
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            own = connection.execute(sqlalchemy.text("SELECT current_schema()")).scalar_one()
        beside = f"{own}_parking"
        if own is None or len(beside.encode()) > _LONGEST_NAME:
            raise StoreError(f"no schema can be made beside the schema {own} of the store")
        return beside

    def client(self) -> DBOSClient:
        return DBOSClient(
            system_database_url=self._url,
            dbos_system_schema=self._schema,
            serializer=DBOSPortableJSONSerializer(),
            application_name=_APPLICATION,
            # The gate does not wait for a database that is gone: the review makes up for it.
            retry_connection_errors=False,
        )

    def config(self, executor: str) -> DBOSConfig:
        config = _config(executor)
        config["system_database_url"] = self._url
        config["dbos_system_schema"] = self._schema
        return config

    def close(self) -> None:
        """The client's connections are closed with the client."""


_Tables = _Sqlite | _Postgres
_Step = Callable[[], None]
_Run = Callable[[str], None]


def _tables(store: str | Path) -> _Tables:
    return _Postgres(str(store)) if is_postgres(store) else _Sqlite(store_path(store))


def _config(executor: str) -> DBOSConfig:
    return {
        "name": _APPLICATION,
        "application_version": _VERSION,
        "executor_id": executor,
        # The default reads pickles: whoever may write the tables could run code.
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "WARNING",
    }


def _options(id_: str, which: str) -> EnqueueOptions:
    """A workflow that takes an action up. Its id says which, so no input has to be read."""
    return {
        "workflow_name": _WORKFLOW,
        "workflow_id": f"{id_}/{which}",
        "queue_name": _QUEUE,
        "app_version": _VERSION,
    }


def _set_up(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = "IMMEDIATE"
    connection.execute("PRAGMA busy_timeout = 30000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


@contextmanager
def _kept() -> Iterator[None]:
    try:
        yield
    except _PROBLEMS as problem:
        # The lines after the first show the statement.
        line = str(problem).partition("\n")[0]
        raise StoreError(f"what is parked cannot be kept: {line}") from problem
