"""`policy worker`: a process that takes up what waits in a store, when its time has come.

What it prints rests on the record alone: one line for each action that this process has brought
further, once that is kept.
"""

from __future__ import annotations

import importlib
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import cast

import click

from policy_engine.cli import output
from policy_engine.cli.options import ends_cleanly, loaded, store_option
from policy_engine.engine import Engine
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.database import Database, place_of
from policy_engine.foundation.errors import InputError
from policy_engine.foundation.render import Segment, visible
from policy_engine.runtime.executors import Tool
from policy_engine.runtime.gate import Gate
from policy_engine.runtime.parking_choice import parking_for
from policy_engine.runtime.ports import Facts, SystemClock
from policy_engine.runtime.store import Status, Store

_BECAME = {
    "held": Status.HELD,
    "executed": Status.EXECUTED,
    "withheld": Status.WITHHELD,
    "failed": Status.FAILED,
    "unknown": Status.UNKNOWN,
    "abandoned": Status.DENIED,
}
"""What an entry of the record says became of its action."""

_STYLES = {Status.HELD: "escalate", Status.EXECUTED: "allow"}
_LAST_WORDS = (signal.SIGTERM, signal.SIGINT)


@click.command("worker")
@click.argument("policies", nargs=-1, required=True, metavar="POLICY...", envvar="POLICY_PATH")
@store_option
@click.option(
    "--roles",
    "--directory",
    "directory",
    metavar="FILE",
    envvar="POLICY_DIRECTORY",
    show_envvar=True,
    help="Who holds which role: a Casbin CSV file (g, who, role).",
)
@click.option(
    "--tools",
    metavar="MODULE:NAME",
    help="The tools by task name: a mapping, or a function that gives one.",
)
@click.option(
    "--facts",
    metavar="MODULE:NAME",
    help="The function that looks up the facts of an action, as the service gives it to its gate.",
)
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
@ends_cleanly
def command(
    policies: tuple[str, ...],
    store: str,
    directory: str | None,
    tools: str | None,
    facts: str | None,
    once: bool,
) -> None:
    """Take up what waits in a store, by the policy files POLICY, until SIGTERM or SIGINT.

    What was signed is executed here with the tools of --tools, whoever proposed it. Turns and asks
    whose time is over are settled, and so is what was under way in a process that died: its outcome
    is unknown, but for tasks that may be retried, which are called again. Prints a line for each:
    time, action, task, status. Any number of workers may share a store.

    Without --tools nothing is executed: only turns, asks and the work of dead processes are
    settled. What was signed waits for a worker that has its tool, and so, for an hour, does what
    may be retried.

    Modules are also looked for in the current directory.
    """
    engine = loaded(policies, directory)
    found = _tools(tools)
    look_up = _facts(facts)
    _warn_of_unknown_facts(engine, found, look_up)
    with closing(Database(store, must_exist=True)) as database:
        kept = Store(database)
        gate = engine.gate(store=store, tools=found, facts=look_up, watch=[_Told(kept)])
        with closing(gate):
            if once:
                _due_now(gate, kept, found)
                return
            with _until_told_to_end() as told:
                parking = parking_for(store, SystemClock())
                output.say(f"working on {place_of(store)}: {_doing(found)}", "frame")
                gate.work(parking)
                told.get()
            output.say("ending, once what is under way is done", "frame")


class _Told:
    """Watches the record of this process, and prints what became of each action."""

    def __init__(self, kept: Store) -> None:
        self._kept = kept

    def __call__(self, kind: str, body: Mapping[str, object]) -> None:
        denied = kind == "decided" and body.get("outcome") == "deny"
        status = Status.DENIED if denied else _BECAME.get(kind)
        stored = self._kept.by_id(str(body.get("action"))) if status is not None else None
        if status is None or stored is None:
            return
        now = timestamp_text(SystemClock().now().replace(microsecond=0))
        line = f"{now}  {stored.id}  {visible(str(stored.action.task))}  "
        style = _STYLES.get(status, "deny")
        output.show([Segment(line, "frame"), Segment(f"{status.value}\n", style)])


def _due_now(gate: Gate, kept: Store, tools: Mapping[str, Tool]) -> None:
    """Everything whose time has come, once."""
    gate.settle()
    now = SystemClock().now()
    for id_, due in kept.waiting():
        stored = kept.by_id(id_)
        if due > now or stored is None or stored.reported or stored.action.task not in tools:
            continue
        gate.resume(id_)
    gate.pending()  # settles the turns and asks of what has no tool here


@contextmanager
def _until_told_to_end() -> Iterator[SimpleQueue[int]]:
    """Where the first signal to end arrives; a second one ends the process at once."""
    told: SimpleQueue[int] = SimpleQueue()
    before = {number: signal.getsignal(number) for number in _LAST_WORDS}
    for number in _LAST_WORDS:
        # Only this queue may be written to while its reader is interrupted.
        signal.signal(number, lambda received, _frame: told.put(received))
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _doing(tools: Mapping[str, Tool]) -> str:
    if not tools:
        return "no tools, so nothing is executed here"
    return f"tools for {', '.join(sorted(tools))}"


def _warn_of_unknown_facts(
    engine: Engine, tools: Mapping[str, Tool], look_up: Facts | None
) -> None:
    """Without its look-up an action is decided with unknown facts, and unknown never allows."""
    asked = [name for name, fact in sorted(engine.policy.facts.items()) if fact.source is None]
    if tools and asked and look_up is None:
        names = ", ".join(f"`{name}`" for name in asked)
        output.warn(f"no --facts: {names} will be unknown where a service looked it up itself")


def _tools(place: str | None) -> dict[str, Tool]:
    if place is None:
        return {}
    found = _imported("--tools", place)
    given = found() if callable(found) else found
    if not isinstance(given, Mapping) or not all(callable(tool) for tool in given.values()):
        raise InputError(f"--tools: {place} is no mapping of task names to functions")
    return {str(name): cast(Tool, tool) for name, tool in given.items()}


def _facts(place: str | None) -> Facts | None:
    if place is None:
        return None
    found = _imported("--facts", place)
    if not callable(found):
        raise InputError(f"--facts: {place} is no function")
    return cast(Facts, found)


def _imported(option: str, place: str) -> object:
    """What stands at `module:name`."""
    module, colon, name = place.partition(":")
    if not (module and colon and name):
        raise InputError(f"{option}: `{place}` is no place such as shop.tools:TOOLS")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(f"{option}: {place} cannot be imported: {error}") from error
