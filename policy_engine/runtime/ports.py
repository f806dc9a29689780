"""What the gate needs of others, each in one or two methods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.clearance import Clearance
from policy_engine.decision.evidence import Evidence, ValidationResult
from policy_engine.decision.history import History
from policy_engine.decision.outcome import Decision
from policy_engine.decision.session import Session


class Decider(Protocol):
    """Answers whether an action may happen, and runs the validations that it needs."""

    def circumstances(
        self,
        action: Action,
        *,
        session: Session | None,
        facts: Mapping[str, object],
        evidence: tuple[Evidence, ...],
        now: datetime,
        history: History | None,
        attributes: Mapping[str, object],
        root: str | None,
        suspended: Iterable[str],
    ) -> Circumstances: ...

    def decide_in(self, action: Action, circumstances: Circumstances) -> Decision: ...

    def clear(self, action: Action, circumstances: Circumstances) -> Clearance | None: ...

    def validate(
        self,
        names: tuple[str, ...],
        action: Action,
        *,
        session: Session | None,
        facts: Mapping[str, object],
        now: datetime,
        history: History | None,
        attributes: Mapping[str, object],
        output: tuple[object, ...] = (),
    ) -> tuple[ValidationResult, ...]: ...


class Roles(Protocol):
    """Which roles a person holds in a domain."""

    def human_roles(self, who: str, domain: str | None) -> frozenset[str]: ...


class Recorder(Protocol):
    """Writes down what happened, in the transaction that is open."""

    def record(self, kind: str, body: Mapping[str, object]) -> None: ...


class Executor(Protocol):
    """Performs an allowed action. `name` says in the record how it was performed.

    `key` is the action's idempotency key: the same for every attempt at it, None for a look-up.
    """

    name: str

    def can(self, task: str) -> bool: ...

    def call(self, task: str, input: Mapping[str, object], key: str | None = None) -> object: ...


@runtime_checkable
class AsyncExecutor(Protocol):
    """An executor that an event loop can await, for tasks whose tools are coroutine functions."""

    def awaits(self, task: str) -> bool: ...

    async def call_async(self, task: str, input: Mapping[str, object], key: str) -> object: ...


class Facts(Protocol):
    """Looks up, just before a decision, what it needs to know and the agent may not say."""

    def __call__(self, action: Action) -> Mapping[str, object]: ...


class LookUp(Protocol):
    """The same for a gate, which knows the time and what is said of the action's session too."""

    def knows_nothing_of(self, action: Action) -> bool:
        """Whether there is nothing to look up for it."""
        ...

    def __call__(
        self, action: Action, *, attributes: Mapping[str, object], now: datetime
    ) -> Mapping[str, object]: ...


class Clock(Protocol):
    """The time, with its offset from UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)
