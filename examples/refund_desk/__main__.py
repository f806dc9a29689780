"""Runs the story through gate and ledger, verifies the record, writes the report."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from examples.refund_desk.shop import Shop
from examples.refund_desk.story import STORY, Conversation
from policy_engine import Action, Agent, ApprovalError, Engine, Gate, Human, Result, Session

HERE = Path(__file__).resolve().parent
COLOUR = sys.stdout.isatty()

AGENT = Agent("bot-7", team="emea", model="vendor-a/large-3")
OPERATOR = Human("tom")
"""The person on whose behalf the agent works the desk; a manager too, so he may not sign."""


def main(out: Path = HERE / "out") -> int:
    """Plays the story; 0 where the record holds in the end."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    store = f"sqlite:///{out / 'governance.db'}"
    engine = Engine.load(HERE / "policies", directory=HERE / "roles.csv")
    shop = Shop(out / "shop.db")
    gate = engine.gate(store=store, tools=shop.tools(), facts=shop.facts, time_limit=5)
    for number, conversation in enumerate(STORY, 1):
        say(f"\n━━ {number}. {conversation.title} ━━", "1")
        say(f"   “{conversation.request}”\n", "3")
        play(conversation, engine, gate)
    say("\n━━ What really happened in the shop ━━", "1")
    for order, amount, card in shop.payments():
        say(f"   paid {amount} for {order} to a card ending in {card[-4:]}")
    for recipient in shop.sent():
        say(f"   mailed {recipient}")
    shop.close()
    gate.close()
    return report(store, out / "report.html")


def play(conversation: Conversation, engine: Engine, gate: Gate) -> None:
    """Sends what the agent tries through the gate, and then asks people about what waits."""
    session = gate.open(conversation.request)
    for task, input_ in conversation.steps:
        action = Action(AGENT, task, input_, on_behalf_of=OPERATOR)
        result = gate.submit(action, session=session)
        tell(engine, action, result)
        if result.ticket is not None:
            ask_people(conversation, engine, gate, session, action, result.ticket)


def ask_people(
    conversation: Conversation,
    engine: Engine,
    gate: Gate,
    session: Session,
    action: Action,
    ticket: str,
) -> None:
    for name in conversation.also_tries:
        try:
            gate.approve(ticket, by=Human(name))
        except ApprovalError as error:
            say(f"   {name} tries to sign: {error}\n", "33")
    if conversation.signer is None:
        return
    signer = Human(conversation.signer)
    if conversation.verdict == "reject":
        gate.reject(ticket, by=signer, reason=conversation.reason)
        say(f"   {signer.id} rejects it: {conversation.reason}\n", "31")
    else:
        gate.approve(ticket, by=signer, reason=conversation.reason)
        say(f"   {signer.id} signs: {conversation.reason}\n", "32")
    again = gate.submit(action, session=session)
    tell(engine, action, again)


def tell(engine: Engine, action: Action, result: Result) -> None:
    """The decision with its place in the policy, and what became of the action."""
    if result.decision is not None:
        sys.stdout.write(engine.explain(action, result.decision, colour=COLOUR))
    detail = f": {result.detail}" if result.detail else ""
    say(f"   → {result.status.value}{detail}\n", "2")


def report(store: str, page: Path) -> int:
    """What an auditor would type: verify the record, write the report."""
    say("\n━━ The record ━━", "1")
    commands = (
        ["ledger", "verify", "--store", store],
        ["audit", "report", "--store", store, "--html", str(page)],
    )
    return max(run_policy(*command) for command in commands)


def run_policy(*arguments: str) -> int:
    """Runs the command `policy`; gives its exit code."""
    sys.stdout.flush()
    return subprocess.run(
        [sys.executable, "-m", "policy_engine", *arguments], check=False
    ).returncode


def say(text: str, style: str = "") -> None:
    print(f"\x1b[{style}m{text}\x1b[0m" if COLOUR and style else text)


if __name__ == "__main__":
    sys.exit(main())
