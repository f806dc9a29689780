"""An engine of a policy text, for tests that need more than a policy's own tests can say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from policy_engine import Agent, Engine
from policy_engine.decision.action import Principal
from policy_engine.decision.history import History, PastAction, Status
from policy_engine.foundation.source import Source
from policy_engine.language.build import build

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
HEAD = 'policy t.t owner "x" times in "UTC"\n'


def loaded(text: str) -> Engine:
    built = build([Source("t.policy", HEAD + text)], lambda *_: None)
    assert built.policy is not None, [d.title for d in built.diagnostics]
    return Engine(built.policy)


def past(
    task: str,
    minutes: float,
    by: Principal | None = None,
    status: Status = "executed",
    root: str | None = None,
    **input: object,
) -> PastAction:
    at = NOW - timedelta(minutes=minutes)
    return PastAction(task, input, by or Agent("a"), at, status, root=root)


def of(*actions: PastAction, since: datetime | None = None) -> History:
    return History(actions, since)
