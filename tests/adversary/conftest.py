"""Gates for attackers: a policy text, some tools, and everything closed afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from policy_engine import Action, Agent, Engine, Gate
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.verify import Verification, verify
from policy_engine.runtime.checks import Check
from tests.fakes import FakeClock

HEAD = """policy adversary "A" owner "red@team.example" times in "UTC"
role bot for agents
role boss for humans
"""
ROLES = "g, a, bot\ng, ana, boss\ng, ben, boss\n"


class Lab:
    """One store, and any number of policies over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self._gates: list[Gate] = []

    def engine(
        self, text: str, roles: str = ROLES, checks: Mapping[str, Check] | None = None
    ) -> Engine:
        (self.folder / "p.policy").write_text(HEAD + text, encoding="utf-8")
        (self.folder / "r.csv").write_text(roles, encoding="utf-8")
        return Engine.load(self.folder / "p.policy", directory=self.folder / "r.csv", checks=checks)

    def gate(
        self,
        text: str,
        *,
        roles: str = ROLES,
        checks: Mapping[str, Check] | None = None,
        **options: Any,
    ) -> Gate:
        gate = self.engine(text, roles, checks).gate(
            store=self.folder / "s.db", clock=self.clock, **options
        )
        self._gates.append(gate)
        return gate

    def ledger(self) -> str:
        """All that the ledger says, as text."""
        return "\n".join(
            f"{kind} {body}" for kind, body in self.rows("SELECT kind, body FROM ledger")
        )

    def last(self, kind: str) -> dict[str, Any]:
        query = f"SELECT body FROM ledger WHERE kind = '{kind}' ORDER BY number DESC"  # noqa: S608
        return dict(json.loads(str(self.rows(query)[0][0])))

    def rows(self, query: str) -> list[tuple[object, ...]]:
        return self._with(lambda database: database.rows(query))

    def execute(self, statement: str, *values: object) -> None:
        self._with(lambda database: database.execute(statement, values))

    def verified(self, pinned: str | None = None) -> Verification:
        return self._with(lambda d: verify(LedgerReader(d).records(), pinned=pinned))

    def close(self) -> None:
        for gate in self._gates:
            gate.close()

    def _with(self, use: Callable[[Database], Any]) -> Any:
        database = Database(self.folder / "s.db", must_exist=True)
        try:
            return use(database)
        finally:
            database.close()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(tmp_path)
    yield lab
    lab.close()


def act(task: str, input_: Mapping[str, object], **more: Any) -> Action:
    return Action(Agent("a"), task, input_, **more)
