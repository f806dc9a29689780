"""A payment office that many processes share: its policy, its clock, its tools, and what they did.

All of it lies in one folder, so that a process needs to be told no more than where that is. Each
call of a tool appends a line to a file of effects before the tool returns, and each id that a
caller was given goes to a file too. What these two say, the store and the ledger must say.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from policy_engine import Action, Agent, Engine, Gate, Human, Result, Session, Status
from policy_engine.runtime.ports import SystemClock

SOAK = 5 if "POLICY_SOAK" in os.environ else 1
"""How many times as much of everything is tried."""

POLICY = """
policy desk.t "T" owner "o@desk.example"
role bot for agents
role boss for humans
fact risk: Integer
task pay { input amount: Decimal }
task ping { input amount: Decimal }
about ping { may be retried }
rule pays permit bot to pay, ping when amount > 0
rule signed escalate pay to boss when amount > 100
"""
ROLES = "g, a, bot\ng, ana, boss\ng, ben, boss\n"
AGENT = Agent("a")
ANA, BEN = Human("ana"), Human("ben")


@dataclass(frozen=True, slots=True)
class Effect:
    """What a tool really did, and under which idempotency key."""

    task: str
    amount: str
    key: str


class FolderClock:
    """The clock of all processes of a folder: the machine's, until it is set."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "now"

    def now(self) -> datetime:
        try:
            return datetime.fromisoformat(self._file.read_text(encoding="ascii"))
        except FileNotFoundError:
            return SystemClock().now()

    def set(self, to: datetime) -> None:
        written = self._file.with_suffix(".new")
        written.write_text(to.isoformat(), encoding="ascii")
        written.replace(self._file)

    def move(self, **duration: float) -> None:
        self.set(self.now() + timedelta(**duration))


@dataclass(frozen=True, slots=True)
class Scene:
    """An office in a folder of its own, with a store there or on a server."""

    folder: Path
    store: str
    noted: tuple[str, ...] = ("pay", "ping")
    """Tasks whose tools note their effects."""
    retried: tuple[str, ...] = ("ping",)
    """Tasks that may have their effect again, under the same key."""
    harmless: tuple[str, ...] = ()
    """Tasks whose failure has no effect, so that it counts against no ceiling."""
    ceilings: tuple[tuple[str, int], ...] = ()
    """How often at most a task may have been carried out, by the policy."""

    @property
    def clock(self) -> FolderClock:
        return FolderClock(self.folder)

    def write(self, policy: str, roles: str = ROLES) -> None:
        """The policy and the directory, as from now on they are."""
        (self.folder / "p.policy").write_text(policy, encoding="utf-8")
        (self.folder / "r.csv").write_text(roles, encoding="utf-8")

    def gate(self, tools: Mapping[str, Callable[..., object]] | None = None, **more: Any) -> Gate:
        """A gate over the store, by default with tools that note what they do."""
        engine = Engine.load(self.folder / "p.policy", directory=self.folder / "r.csv")
        if tools is None:
            tools = {name: self.tool(name) for name in ("pay", "ping") if name in _tasks(engine)}
        return engine.gate(store=self.store, tools=tools, clock=self.clock, **more)

    def tool(self, task: str, then: Callable[[], object] = lambda: "done") -> Callable[..., object]:
        """A tool that notes its effect and goes on with `then`."""

        def noted(idempotency_key: str, **input_: object) -> object:
            amount = input_.get("amount", "-")
            self._append("effects", f"{task} {amount} {idempotency_key}")
            return then()

        return noted

    def notes(self, task: str) -> bool:
        """Whether each call of this task's tool leaves a line in the file of effects."""
        return task in self.noted

    def effects(self) -> list[Effect]:
        return [Effect(*line.split()) for line in self._lines("effects")]

    def told(self) -> set[str]:
        """The ids of all actions that a caller was told of."""
        return set(self._lines("told"))

    def tell(self, result: Result) -> Result:
        """Notes that a caller knows of this action now."""
        if result.id is not None:
            self._append("told", result.id)
        return result

    def held(
        self, gate: Gate, amount: int, *, session: Session | None = None, **more: Any
    ) -> Result:
        """A payment that waits for people."""
        action = Action(AGENT, "pay", {"amount": amount}, **more)
        result = self.tell(gate.submit(action, session=session))
        assert result.status is Status.HELD, result
        return result

    def _append(self, name: str, line: str) -> None:
        file = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, f"{line}\n".encode())
        finally:
            os.close(file)

    def _lines(self, name: str) -> list[str]:
        file = self.folder / name
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def pay(amount: object, **more: Any) -> Action:
    return Action(AGENT, "pay", {"amount": amount}, **more)


def eventually(seen: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether it comes about in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if seen():
            return True
        time.sleep(0.02)
    return seen()


def _tasks(engine: Engine) -> Mapping[str, object]:
    return engine.policy.tasks
