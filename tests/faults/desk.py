"""A payment desk that is killed at a chosen moment, run as a process of its own.

It plays a conversation with two payments, one of which a manager signs, and a ping that may be
retried. Each of them appends a line to a file of effects, on the disk before it returns. The
process kills itself, as `kill -9` would, right before or right after one of its commits. It may be
run again: what it does is keyed, so it takes up where it was.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from policy_engine import Action, Agent, Engine, Gate, Human, Result, Status
from policy_engine.foundation.database.sqlite import SqliteConnection

POLICY = """
policy desk.t "T" owner "o@desk.example"
role bot for agents
role boss for humans
task pay { input amount: Decimal }
task ping { input amount: Decimal }
about ping { may be retried }
rule pays permit bot to pay, ping when amount > 0
rule signed escalate pay to boss when amount > 100
rule whole require cents before pay
validation cents checks amount that amount * 100 != 12345
"""
ROLES = "g, a, bot\ng, ana, boss\n"
STEPS = (("small", "pay", 5), ("large", "pay", 500), ("again", "ping", 7))
AGENT = Agent("a")


def engine(folder: Path) -> Engine:
    """The desk's policy, written beside the store."""
    (folder / "p.policy").write_text(POLICY, encoding="utf-8")
    (folder / "r.csv").write_text(ROLES, encoding="utf-8")
    return Engine.load(folder / "p.policy", directory=folder / "r.csv")


def open_gate(store: Path, effects: Path) -> Gate:
    """A gate whose tools note what they did, and for whom, for good."""

    def noted(task: str, amount: object, key: str) -> str:
        with effects.open("a", encoding="utf-8") as file:
            file.write(f"{task} {amount} {key}\n")
            file.flush()
            os.fsync(file.fileno())
        return "done"

    return engine(store.parent).gate(
        store=store,
        tools={
            "pay": lambda amount, idempotency_key: noted("pay", amount, idempotency_key),
            "ping": lambda amount, idempotency_key: noted("ping", amount, idempotency_key),
        },
    )


def play(gate: Gate) -> dict[str, Result]:
    """The conversation, from wherever it stands, as far as it goes."""
    gate.settle()
    session = gate.open("Pay 5 and 500, and ping 7", id="s-1")
    found = {}
    for key, task, amount in STEPS:
        action = Action(AGENT, task, {"amount": amount})
        result = gate.submit(action, session=session, key=key)
        if result.status is Status.HELD:
            result = signed(gate, result)
        found[key] = result
    return found


def signed(gate: Gate, held: Result) -> Result:
    """The manager signs, unless she has before the process was killed."""
    assert held.id is not None
    for waiting in gate.pending():
        if waiting.id == held.id and waiting.asks:
            gate.approve(waiting.ticket, by=Human("ana"), reason="seen")
    return gate.resume(held.id)


def die(when: str, number: int) -> None:
    """From now on the process kills itself around one of its commits."""
    count = 0
    for kind in (SqliteConnection,):
        commit = kind.commit

        def counted(self: Any, commit: Any = commit) -> None:
            nonlocal count
            count += 1
            if (when, count) == ("before", number):
                os.kill(os.getpid(), signal.SIGKILL)
            commit(self)
            if (when, count) == ("after", number):
                os.kill(os.getpid(), signal.SIGKILL)

        kind.commit = counted  # type: ignore[method-assign]


def run(folder: Path, when: str, number: int) -> None:
    """Plays the conversation and is killed on the way."""
    gate = open_gate(folder / "s.db", folder / "effects")
    die(when, number)
    play(gate)
    gate.close()
