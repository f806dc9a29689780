"""One conversation of an agent at the gate: `with gate.session(agent, request=…) as session:`.

`session.run("issue_refund", order_id="o-1", amount=500)` gives what the task returned, or raises
what stood in the way. With `async with`, the same is awaited. What it has seen (provenance, labels)
is kept in the gate's store.

    NotPerformed       with the whole `result`
    ├── Denied         and the reasons; nothing happened
    ├── Held           until people have signed: `ticket` is what they sign, `id` what to resume
    ├── Failed         the tool failed, or there is none
    ├── Withheld       it happened, and what it returned may not be seen
    └── OutcomeUnknown it may or may not have happened; it is not tried again
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from policy_engine.decision.action import Action, Human, Principal
from policy_engine.decision.outcome import Reason
from policy_engine.decision.session import Session
from policy_engine.foundation.errors import GateError, InputError
from policy_engine.runtime.result import Result
from policy_engine.runtime.store import Status


class Submits(Protocol):
    """The part of a gate that conversations go through; its arguments are those of `Gate`."""

    def submit(
        self,
        action: Action,
        *,
        session: Session | None,
        facts: Mapping[str, object] | None,
        key: str | None,
    ) -> Result: ...

    async def submit_async(
        self,
        action: Action,
        *,
        session: Session | None,
        facts: Mapping[str, object] | None,
        key: str | None,
    ) -> Result: ...

    def resume(self, id: str, *, session: Session | None) -> Result: ...

    async def resume_async(self, id: str, *, session: Session | None) -> Result: ...

    def branch(self, session: Session) -> Session: ...


class NotPerformed(GateError):
    """An action that gave no output; `result` says what became of it."""

    def __init__(self, task: str, result: Result) -> None:
        self.task = task
        self.result = result
        super().__init__(f"{task} {_said(result)}")

    @property
    def id(self) -> str | None:
        """The action's id, for `gate.resume(id)`."""
        return self.result.id

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why, strictest first."""
        return self.result.decision.reasons if self.result.decision else ()


class Denied(NotPerformed):
    """It is not allowed, and nothing happened."""


class Held(NotPerformed):
    """It waits for people, or for a validation to pass."""

    @property
    def ticket(self) -> str | None:
        """What people sign: `gate.approve(held.ticket, …)`."""
        return self.result.ticket


class Failed(NotPerformed):
    """It was allowed and could not be done."""


class Withheld(NotPerformed):
    """It happened; what it returned did not pass and is kept back."""


class OutcomeUnknown(NotPerformed):
    """It may or may not have happened, or is still under way."""


_RAISED: Mapping[Status, type[NotPerformed]] = {
    Status.DENIED: Denied,
    Status.HELD: Held,
    Status.PROPOSED: Held,
    Status.FAILED: Failed,
    Status.WITHHELD: Withheld,
    Status.UNKNOWN: OutcomeUnknown,
    Status.EXECUTING: OutcomeUnknown,
}


class _Speaker:
    """Who speaks in a conversation, for whom, and what it has seen."""

    def __init__(
        self,
        gate: Submits,
        session: Session,
        principal: Principal,
        on_behalf_of: Human | None,
        domain: str | None,
        chain: tuple[Principal, ...],
    ) -> None:
        self._gate = gate
        self.memory = session
        self.principal = principal
        self.on_behalf_of = on_behalf_of
        self.domain = domain
        self.chain = chain

    @property
    def id(self) -> str:
        """The session's id: `gate.session(…, id=…)` continues it, in any process."""
        assert self.memory.id is not None
        return self.memory.id

    def action(
        self,
        task: str,
        input: Mapping[str, object] | None,
        more: Mapping[str, object],
        context: Mapping[str, object] | None,
    ) -> Action:
        """The proposal of a task by who speaks here."""
        twice = sorted(set(input or {}) & set(more))
        if twice:
            raise InputError(f"{task}: {', '.join(twice)} are given twice")
        return Action(
            self.principal,
            task,
            {**(input or {}), **more},
            context,
            self.on_behalf_of,
            self.domain,
            self.chain,
        )

    def _below(self, principal: Principal) -> tuple[Session, tuple[Principal, ...]]:
        return self._gate.branch(self.memory), (*self.chain, self.principal)


class Conversation(_Speaker):
    """What an agent holds in synchronous code."""

    def run(
        self,
        task: str,
        input: Mapping[str, object] | None = None,
        /,
        *,
        key: str | None = None,
        facts: Mapping[str, object] | None = None,
        context: Mapping[str, object] | None = None,
        **more: object,
    ) -> object:
        """What the task returned. Inputs by name, or, where a name is taken, as a mapping.

        Raises `NotPerformed` in its kinds. The same `key` never acts twice.
        """
        action = self.action(task, input, more, context)
        result = self._gate.submit(action, session=self.memory, facts=facts, key=key)
        return output_of(task, result)

    def resume(self, id: str) -> object:
        """The same for an action that was held before."""
        return output_of("the action", self._gate.resume(id, session=self.memory))

    def sub(self, principal: Principal) -> Conversation:
        """A sub-agent's own conversation, which may do no more than this one.

        It is decided for everybody in the chain; what either has seen of labelled outputs, both
        have.
        """
        session, chain = self._below(principal)
        return Conversation(self._gate, session, principal, self.on_behalf_of, self.domain, chain)


class AsyncConversation(_Speaker):
    """What an agent holds in asynchronous code."""

    async def run(
        self,
        task: str,
        input: Mapping[str, object] | None = None,
        /,
        *,
        key: str | None = None,
        facts: Mapping[str, object] | None = None,
        context: Mapping[str, object] | None = None,
        **more: object,
    ) -> object:
        """What the task returned; as `Conversation.run`, awaited."""
        action = self.action(task, input, more, context)
        result = await self._gate.submit_async(action, session=self.memory, facts=facts, key=key)
        return output_of(task, result)

    async def resume(self, id: str) -> object:
        """The same for an action that was held before."""
        result = await self._gate.resume_async(id, session=self.memory)
        return output_of("the action", result)

    def sub(self, principal: Principal) -> AsyncConversation:
        """A sub-agent's own conversation; as `Conversation.sub`."""
        session, chain = self._below(principal)
        return AsyncConversation(
            self._gate, session, principal, self.on_behalf_of, self.domain, chain
        )


class Opening:
    """A conversation about to be opened, by `with` or by `async with`. Leaving closes nothing."""

    def __init__(
        self,
        gate: Submits,
        opened: Callable[[], Session],
        principal: Principal,
        on_behalf_of: Human | None,
        domain: str | None,
    ) -> None:
        self._gate = gate
        self._opened = opened
        self._speaks = (principal, on_behalf_of, domain)

    def __enter__(self) -> Conversation:
        return Conversation(self._gate, self._opened(), *self._speaks, ())

    def __exit__(self, *_: object) -> None:
        return None

    async def __aenter__(self) -> AsyncConversation:
        session = await asyncio.to_thread(self._opened)
        return AsyncConversation(self._gate, session, *self._speaks, ())

    async def __aexit__(self, *_: object) -> None:
        return None


def output_of(task: str, result: Result) -> object:
    """The output of what was carried out. Raises `NotPerformed` for all else."""
    if result.status is Status.EXECUTED:
        return result.output
    raise _RAISED[result.status](task, result)


def _said(result: Result) -> str:
    """What became of it, and the first reason why."""
    why = result.detail or (result.decision.reasons[0].title if result.decision else "")
    ticket = f" (ticket {result.ticket})" if result.ticket else ""
    return f"{result.status.value}{ticket}{': ' + why if why else ''}"
