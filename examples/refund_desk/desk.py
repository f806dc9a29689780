"""The desk as every process of the story sets it up: engine, gate, tools, and how it is told."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from examples.refund_desk.shop import Shop
from policy_engine import Action, Agent, Engine, Gate, Human, Result

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
POLICIES = HERE / "policies"
ROLES = HERE / "roles.csv"
COLOUR = sys.stdout.isatty()

SHOP = "REFUND_DESK_SHOP"
"""The variable that tells a worker where the shop is."""

AGENT = Agent("bot-7", team="emea", model="vendor-a/large-3")
OPERATOR = Human("tom")
"""The person on whose behalf the agent works the desk; a manager too, so he may not sign."""


def engine() -> Engine:
    """The policies of the desk."""
    return Engine.load(POLICIES, directory=ROLES)


def gate(engine: Engine, store: str, shop: Shop) -> Gate:
    """The gate through which the agent reaches the shop."""
    return engine.gate(store=store, tools=shop.tools(), facts=shop.facts, time_limit=5)


def proposed(task: str, input_: Mapping[str, object]) -> Action:
    """An action of the desk's agent."""
    return Action(AGENT, task, input_, on_behalf_of=OPERATOR)


def tools() -> dict[str, Callable[..., object]]:
    """What `policy worker --tools` asks for."""
    return _shop().tools()


def facts(action: Action) -> dict[str, object]:
    """What `policy worker --facts` asks for."""
    return _shop().facts(action)


@cache
def _shop() -> Shop:
    return Shop(Path(os.environ[SHOP]))


def tell(engine: Engine, action: Action, result: Result) -> None:
    """The decision with its place in the policy, and what became of the action."""
    if result.decision is not None:
        sys.stdout.write(engine.explain(action, result.decision, colour=COLOUR))
    detail = f": {result.detail}" if result.detail else ""
    say(f"   → {result.status.value}{detail}\n", "2")


def say(text: str, style: str = "") -> None:
    """A line of the story, now: other processes write beside this one."""
    print(f"\x1b[{style}m{text}\x1b[0m" if COLOUR and style else text, flush=True)
