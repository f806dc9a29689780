"""The last conversation: processes that share nothing but a store, one of them killed.

    the agent's service ── proposes ──▶ held, then SIGKILL
    policy worker ──────── waits ─────▶ the turn passes ─────────────▶ pays, once
    policy approve ────────────────────────────────────▶ eva signs

Everything that has to outlive a process is in the store, so nothing is lost with one.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from examples.refund_desk import desk
from examples.refund_desk.desk import ROOT, say
from examples.refund_desk.shop import Shop
from examples.refund_desk.story import LAST
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader

SESSION = "o-1005"
KEY = "refund-o-1005"
"""The business case: whoever submits it again means the same refund."""

_PATIENCE = 60.0
"""Seconds after which a worker that does not come to an end is given up."""

_POLICY = (sys.executable, "-m", "policy_engine")
_LIVE = ("--policy", str(desk.POLICIES), "--directory", str(desk.ROLES))
_DESK = "examples.refund_desk.desk"


def play(store: str, shop: Path) -> None:
    """Plays it, and says what each process does."""
    say("   The agent's service, in a process of its own, proposes the refund.\n")
    with worker(store, shop) as lines:
        action, ticket = propose_and_die(store, shop)
        say("   In another process a worker has started, which takes up what waits in the store.\n")
        until("working", lines)
        say("\n   ana, a manager, is asked first. She is at lunch, and leaves it.")
        say("   When her three seconds are over, the worker asks compliance.\n")
        until("held", lines)
        say("\n   eva of compliance looks at what waits, and signs: a third process, a fourth.\n")
        policy("pending", *_LIVE, "--store", store)
        words = ("--by", str(LAST.signer), "--reason", LAST.reason)
        policy("approve", ticket, *_LIVE, "--store", store, *words)
        say("\n   The worker finds it signed, decides it afresh, and pays.\n")
        until("executed", lines)
        say("\n   The agent's service is up again and submits the same refund, to be sure.\n")
        submit_again(store, shop)
        say("   SIGTERM ends the worker.\n")
    say("\n   What the record has of it:\n")
    tell_record(store, action)


@contextmanager
def worker(store: str, shop: Path) -> Iterator[Iterator[str]]:
    """`policy worker` with the shop's tools, and the lines it prints; SIGTERM ends it."""
    places = ("--tools", f"{_DESK}:tools", "--facts", f"{_DESK}:facts")
    command = ("worker", str(desk.POLICIES), "--roles", str(desk.ROLES), "--store", store, *places)
    environment = {**os.environ, desk.SHOP: str(shop)}
    with subprocess.Popen(
        (*_POLICY, *command), cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(_PATIENCE, process.kill)
        watchdog.start()
        try:
            yield process.stdout
            process.terminate()
            until("ending", process.stdout)
            process.wait()
        finally:
            process.kill()
            watchdog.cancel()
    if process.returncode != 0:
        raise RuntimeError(f"the worker ended with {process.returncode}")


def until(word: str, lines: Iterator[str]) -> None:
    """Passes on what the worker says, up to a line that has this word."""
    for line in lines:
        say(f"   worker │ {line.rstrip()}", "36")
        if word in line:
            return
    raise RuntimeError(f"the worker ended, and never said `{word}`")


def propose_and_die(store: str, shop: Path) -> tuple[str, str]:
    """The action and the ticket that a process was told before SIGKILL ended it."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=propose, args=(store, shop, there))
    process.start()
    there.close()  # so that a process that fails is noticed here
    action, ticket = here.recv()
    process.kill()
    process.join()
    say(f"   SIGKILL. Process {process.pid} is gone, with all that it knew.\n", "31")
    return action, ticket


def propose(store: str, shop: Path, told: Connection) -> None:
    """The agent's service: submits the refund, and would then wait for ever."""
    engine = desk.engine()
    gate = desk.gate(engine, store, Shop(shop))
    ((task, input_),) = LAST.steps
    action = desk.proposed(task, input_)
    session = gate.open(LAST.request, id=SESSION)
    result = gate.submit(action, session=session, key=KEY)
    desk.tell(engine, action, result)
    told.send((result.id, result.ticket))
    threading.Event().wait()


def submit_again(store: str, shop: Path) -> None:
    """The same submission under the same key: what was done is told, and not done again."""
    opened = Shop(shop)
    gate = desk.gate(desk.engine(), store, opened)
    ((task, input_),) = LAST.steps
    session = gate.open(LAST.request, id=SESSION)
    result = gate.submit(desk.proposed(task, input_), session=session, key=KEY)
    times = sum(order == SESSION for order, _, _ in opened.payments())
    say(f"   → {result.status.value} already; the shop has {times} payment for {SESSION}\n", "2")
    gate.close()
    opened.close()


def tell_record(store: str, action: str) -> None:
    """Who was asked when, who signed, and what was done: the ledger's entries about an action."""
    with closing(Database(store)) as database:
        for record in LedgerReader(database).records():
            if record.body.get("action") == action and record.kind != "validated":
                at = datetime.fromisoformat(record.at)
                words = f"{record.kind} {_words(record.kind, record.body)}".rstrip()
                say(f"   entry {record.number}  {at:%H:%M:%S}  {words}")


def _words(kind: str, body: Mapping[str, Any]) -> str:
    if kind == "intent":
        return "to pay: from here on it may have happened"
    if kind == "decided":
        return f"to {body['outcome']}"
    if kind == "held":
        parties = [party["role"] for ask in body["asks"] for party in ask["parties"]]
        return f"for one of {' and '.join(parties)}"
    return f"by {body['by']}: {body['reason']}" if kind == "approved" else ""


def policy(*arguments: str) -> None:
    """Runs the command `policy`, which must succeed."""
    subprocess.run((*_POLICY, *arguments), cwd=ROOT, check=True)
