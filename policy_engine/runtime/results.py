"""What validations came to before people were asked.

It is shown and signed under; nothing is ever done on the strength of it, since whoever takes an
action up again runs its validations anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from policy_engine.decision.evidence import ValidationResult
from policy_engine.foundation.database import Database

_TABLE = """CREATE TABLE IF NOT EXISTS results (
    action TEXT NOT NULL REFERENCES actions (id), validation TEXT NOT NULL,
    action_digest TEXT NOT NULL, facts_digest TEXT NOT NULL, policy TEXT NOT NULL,
    passed INTEGER NOT NULL, problem TEXT NOT NULL, attempt INTEGER NOT NULL,
    PRIMARY KEY (action, validation, attempt))"""


class Results:
    """The last results of each action that waits, or has. Callers open the transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction():
            database.execute(_TABLE)

    def keep(self, id_: str, results: Iterable[ValidationResult]) -> None:
        """These are the last."""
        self._database.execute("DELETE FROM results WHERE action = ?", (id_,))
        for r in results:
            self._database.execute(
                "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (id_, r.validation, r.action, r.facts, r.policy, r.passed, r.problem, r.attempt),
            )

    def of(self, id_: str, now: datetime) -> tuple[ValidationResult, ...]:
        """What is known, as if it were fresh: people may take longer than a result serves."""
        rows = self._database.rows(
            """SELECT validation, action_digest, facts_digest, policy, passed, problem, attempt
               FROM results WHERE action = ? ORDER BY validation, attempt""",
            (id_,),
        )
        return tuple(
            ValidationResult(name, action, facts, policy, bool(passed), problem, now, attempt)
            for name, action, facts, policy, passed, problem, attempt in cast(
                "list[tuple[Any, ...]]", rows
            )
        )
