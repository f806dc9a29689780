"""Runs the story through gate and ledger, verifies the record, writes the report."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from examples.refund_desk import desk, processes
from examples.refund_desk.desk import HERE, ROOT, say, tell
from examples.refund_desk.shop import Shop
from examples.refund_desk.story import LAST, STORY, Conversation
from policy_engine import Action, ApprovalError, Engine, Gate, Human, Session


def main(out: Path = HERE / "out") -> int:
    """Plays the story; 0 where the record holds in the end."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    store = f"sqlite:///{out / 'governance.db'}"
    engine = desk.engine()
    shop = Shop(out / "shop.db")
    gate = desk.gate(engine, store, shop)
    for number, conversation in enumerate(STORY, 1):
        begin(number, conversation)
        play(conversation, engine, gate)
    gate.close()
    begin(len(STORY) + 1, LAST)
    processes.play(store, out / "shop.db")
    say("\n━━ What really happened in the shop ━━", "1")
    for order, amount, card in shop.payments():
        say(f"   paid {amount} for {order} to a card ending in {card[-4:]}")
    for recipient in shop.sent():
        say(f"   mailed {recipient}")
    shop.close()
    return report(store, out / "report.html")


def begin(number: int, conversation: Conversation) -> None:
    """The heading of a conversation, and what the customer wants."""
    say(f"\n━━ {number}. {conversation.title} ━━", "1")
    say(f"   “{conversation.request}”\n", "3")


def play(conversation: Conversation, engine: Engine, gate: Gate) -> None:
    """Sends what the agent tries through the gate, and then asks people about what waits."""
    session = gate.open(conversation.request)
    for task, input_ in conversation.steps:
        action = desk.proposed(task, input_)
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
        [sys.executable, "-m", "policy_engine", *arguments], cwd=ROOT, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
