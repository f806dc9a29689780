"""The four figures that must be none, counted from what is left when all is over.

The store, the ledger, and beside them the file of effects and the ids that callers were given: what
one of them knows and another does not is counted here, and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import cast

from policy_engine.foundation.database import Database
from policy_engine.foundation.diagnostics import Severity
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.record import Record
from policy_engine.ledger.verify import Verification, verify
from tests.faults.scene import Scene

NO_ACTION = "-"
"""In the record: what was refused before it was an action."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one store, or of many."""

    stores: int = 0
    actions: int = 0
    effects: int = 0
    lost: int = 0
    twice: int = 0
    unauthorised: int = 0
    passed: int = 0

    @property
    def none_went_wrong(self) -> bool:
        return (self.lost, self.twice, self.unauthorised, self.passed) == (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Books:
    """What a scene leaves behind."""

    statuses: dict[str, str]
    """By action."""
    tasks: dict[str, str]
    recorded: frozenset[str]
    """Actions of which the record knows."""
    intents: Counter[str]
    verification: Verification


def books_of(scene: Scene) -> Books:
    with closing(Database(scene.store)) as database:
        rows = cast("list[tuple[str, ...]]", database.rows("SELECT id, status, task FROM actions"))
    records = records_of(scene)
    actions = [(r.kind, str(r.body["action"])) for r in records if "action" in r.body]
    return Books(
        {id_: status for id_, status, _ in rows},
        {id_: task for id_, _, task in rows},
        frozenset(id_ for _, id_ in actions) - {NO_ACTION},
        Counter(id_ for kind, id_ in actions if kind == "intent"),
        verify(records),
    )


def records_of(scene: Scene) -> list[Record]:
    """All that the record says, in order."""
    with closing(Database(scene.store)) as database:
        return list(LedgerReader(database).records())


def counted(scene: Scene) -> Figures:
    """The figures of one scene, once nothing of it is under way any more."""
    books = books_of(scene)
    done = Counter(effect.key for effect in scene.effects())
    once = {effect.key for effect in scene.effects() if effect.task not in scene.retried}
    errors = [f for f in books.verification.findings if f.code.severity is Severity.ERROR]
    return Figures(
        stores=1,
        actions=len(books.statuses),
        effects=done.total(),
        lost=_lost(scene, books, done),
        twice=sum(done[key] - 1 for key in once)
        + sum(count - 1 for count in books.intents.values()),
        unauthorised=len(done.keys() - books.intents.keys()) + len(errors),
        passed=_passed(scene, books),
    )


def _lost(scene: Scene, books: Books, done: Counter[str]) -> int:
    """What somebody knows of and the store or the record does not, and what has no end.

    What was killed on the way in is not lost: nobody was told of it, and nothing of it was done.
    """
    known = scene.told() | books.recorded | done.keys()
    begun = {id_ for id_, status in books.statuses.items() if status != "proposed"}
    endless = {id_ for id_, status in books.statuses.items() if status == "executing"}
    undone = {
        id_
        for id_, status in books.statuses.items()
        if status in ("executed", "withheld") and id_ not in done and scene.notes(books.tasks[id_])
    }
    return len((known - begun) | (begun - books.recorded) | endless | undone)


def _passed(scene: Scene, books: Books) -> int:
    """How many actions more than a ceiling lets be were carried out, or may have been."""
    by_task = Counter(
        books.tasks[id_]
        for id_ in books.intents.keys() & books.tasks.keys()
        if books.statuses[id_] != "failed" or books.tasks[id_] not in scene.harmless
    )
    by_effect = Counter(effect.task for effect in scene.effects())
    return sum(
        max(by_task[task] - most, by_effect[task] - most, 0) for task, most in scene.ceilings
    )
