"""One flow, two colours: what the gate does is written once, as a generator of steps.

A flow yields what is not its own: a `Work` (a look-up, a validation) or a `Perform` (the call of a
tool). Everything between two steps is the gate's own, short and synchronous. `run` drives a flow in
the thread that asked; `run_async` drives the same flow from an event loop, where a tool that is a
coroutine function is awaited and all else happens in worker threads, so the loop never waits.

Whoever cancels cannot undo: a tool whose call was cancelled may have acted; the flow is told so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Executor as Threads
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, TypeVar, cast

from policy_engine.runtime.executors import ToolFailed, ToolHangs
from policy_engine.runtime.nesting import performing
from policy_engine.runtime.ports import AsyncExecutor, Executor

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Work:
    """Foreign code that answers in time or gives up by itself."""

    do: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Perform:
    """The call of a tool. Answered with its output, or by `ToolFailed` or `ToolHangs`."""

    task: str
    input: Mapping[str, object]
    key: str
    """The same for every attempt at one action: what makes a second call no second effect."""
    root: str
    """The action to which belongs whatever the tool proposes meanwhile."""


Step: TypeAlias = Work | Perform
Flow: TypeAlias = Generator[Step, Any, _T]


def run(flow: Flow[_T], executor: Executor) -> _T:
    """Drives a flow to its end in this thread."""
    proceed: _Proceed = partial(next, flow)
    while True:
        step = _until_end(proceed)
        if isinstance(step, _End):
            return cast(_T, step.value)
        try:
            answer = _done(step, executor)
        except Exception as error:  # noqa: BLE001 — the flow knows what an error means
            proceed = partial(flow.throw, error)
        else:
            proceed = partial(flow.send, answer)


async def run_async(flow: Flow[_T], executor: Executor, threads: Threads) -> _T:
    """Drives a flow to its end from an event loop.

    Where the task is cancelled, nothing new is called, what happened is still recorded, and only
    then the cancellation goes on up.
    """
    proceed: _Proceed = partial(next, flow)
    ended: asyncio.CancelledError | None = None
    while True:
        step, cancelled = await _in_thread(threads, partial(_until_end, proceed))
        ended = ended or cancelled
        if isinstance(step, _End):
            if ended is not None:
                raise ended
            return cast(_T, step.value)
        if ended is not None and isinstance(step, Perform):
            proceed = partial(flow.throw, ToolFailed("cancelled before it was called", kind=_ENDED))
            continue
        try:
            answer, cancelled = await _answer(step, executor, threads)
            ended = ended or cancelled
        except asyncio.CancelledError as error:
            ended = error
            proceed = partial(flow.throw, ToolHangs("cancelled while it ran"))
        except Exception as error:  # noqa: BLE001 — the flow knows what an error means
            proceed = partial(flow.throw, error)
        else:
            proceed = partial(flow.send, answer)


_Proceed: TypeAlias = Callable[[], Step]
_ENDED = "cancelled"


@dataclass(frozen=True, slots=True)
class _End:
    """A flow's own answer; a `StopIteration` would not cross from one thread to another."""

    value: object


def _until_end(proceed: _Proceed) -> Step | _End:
    try:
        return proceed()
    except StopIteration as end:
        return _End(end.value)


def _done(step: Step, executor: Executor) -> object:
    if isinstance(step, Work):
        return step.do()
    with performing(step.root):
        return executor.call(step.task, step.input, step.key)


async def _answer(step: Step, executor: Executor, threads: Threads) -> _Answered:
    if isinstance(step, Work):
        return await _in_thread(threads, step.do)
    with performing(step.root):
        if isinstance(executor, AsyncExecutor) and executor.awaits(step.task):
            return await executor.call_async(step.task, step.input, step.key), None
        return await _in_thread(threads, partial(executor.call, step.task, step.input, step.key))


_Answered: TypeAlias = tuple[Any, asyncio.CancelledError | None]


async def _in_thread(threads: Threads, do: Callable[[], object]) -> _Answered:
    """What a worker thread answers, and the cancellation that came meanwhile: it does not stop."""
    loop = asyncio.get_running_loop()
    future = loop.run_in_executor(threads, copy_context().run, do)
    cancelled: asyncio.CancelledError | None = None
    while True:
        try:
            return await asyncio.shield(future), cancelled
        except asyncio.CancelledError as error:
            if future.cancelled():
                raise
            cancelled = error
