"""Entries as the gate writes them, made by hand: so many actions, each with its ending."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from policy_engine.decision.codes import FORBIDDEN, NOBODY_ANSWERED
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.ledger.record import Record
from tests.fakes.records import told

START = datetime(2026, 5, 4, 9, tzinfo=UTC)
SIGNATURE = {"by": "ann", "rule": "large", "rule_digest": "r", "facts_digest": "f"}


class Past:
    """A record that grows, a minute an action; people take five."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.now = START
        self._actions = 0

    def ran(
        self, number: int = 1, *, end: str = "executed", by: str = "tool", **more: object
    ) -> None:
        """Allowed at once, and begun; `end` is what became of it."""
        for _ in range(number):
            self._begun(self._decided("allow", **more), end, by=by)

    def approved(self, number: int = 1, *, end: str = "executed", **more: object) -> None:
        """Signed by people, and begun."""
        for _ in range(number):
            action = self._held(**more)
            self._add("approved", action, reason="", **SIGNATURE)
            self._decided("allow", action, **more)
            self._begun(action, end, approvals=[SIGNATURE])

    def rejected(self, number: int = 1, **more: object) -> None:
        for _ in range(number):
            self._add("rejected", self._held(**more), by="ann", reason="no")

    def expired(self, number: int = 1, **more: object) -> None:
        """Nobody answered within a day."""
        for _ in range(number):
            action = self._held(**more)
            self.now += timedelta(hours=24)
            self._decided("deny", action, code=NOBODY_ANSWERED.id, **more)

    def waiting(self, number: int = 1, **more: object) -> None:
        for _ in range(number):
            self._held(**more)

    def refused(self, number: int = 1, **more: object) -> None:
        """By the policy."""
        for _ in range(number):
            self._decided("deny", **more)

    def checked(self, number: int = 1, *, passed: bool) -> None:
        """Validated, and run or refused."""
        for _ in range(number):
            action = self._next()
            self._add("validated", action, validation="cents", passed=passed)
            self._decided("allow" if passed else "deny", action)
            if passed:
                self._begun(action, "executed")

    def _held(self, **more: object) -> str:
        action = self._decided("escalate", **more)
        ask = {"rule": "large", "rule_digest": "r", "role": "manager", "quorum": 1}
        self._add("held", action, asks=[ask], facts_digest="f")
        self.now += timedelta(minutes=5)
        return action

    def _begun(self, action: str, end: str, *, by: str = "tool", **more: object) -> None:
        self._add("intent", action, **_digests(action), by=by, **more)
        if end == "withheld":
            self._add("executed", action, ms=1)
        self._add(end, action, ms=1)

    def _next(self) -> str:
        self._actions += 1
        self.now += timedelta(minutes=1)
        return f"a-{self._actions}"

    def _decided(
        self,
        outcome: str,
        action: str | None = None,
        *,
        task: str = "pay",
        who: str = "bot",
        amount: object = Decimal(50),
        session: str | None = "s-1",
        code: str = FORBIDDEN.id,
    ) -> str:
        action = action or self._next()
        self._add(
            "decided",
            action,
            **_digests(action),
            session=session,
            task=task,
            principal={"kind": "agent", "id": who, "attributes": {}},
            input={"amount": amount, "to": "shop-1"},
            outcome=outcome,
            reasons=[{"code": code, "outcome": outcome, "rule": "large"}],
        )
        return action

    def _add(self, kind: str, action: str, **body: object) -> None:
        number = len(self.records) + 1
        said: Mapping[str, object] = {"action": action, **body}
        self.records.append(told(number, timestamp_text(self.now), kind, said))


def _digests(action: str) -> dict[str, object]:
    """By which an entry names exactly what was decided, and under which policy."""
    return {"action_digest": f"digest of {action}", "policy": "p"}
