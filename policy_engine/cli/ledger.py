"""`policy ledger`: the record itself."""

from __future__ import annotations

import re
from contextlib import closing

import click

from policy_engine.audit.redecide.tally import Redecision
from policy_engine.cli import ledger_log, ledger_redecide, output
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.findings import show_findings
from policy_engine.cli.options import end, ends_cleanly, format_option, store_option, verifying_key
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import InputError
from policy_engine.foundation.signing import VerifyingKey
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.verify import Verification
from policy_engine.ledger.verify_store import verify_store


@click.group("ledger")
def command() -> None:
    """The record of everything that was decided and done."""


for each in (ledger_log.sign, ledger_log.export, ledger_log.seal, ledger_log.prove):
    command.add_command(each)
for each in (ledger_log.check, ledger_log.erase):
    command.add_command(each)


@command.command("verify", short_help="Does it hold, and does every decision follow?")
@store_option
@click.option("--head", metavar="HEAD", help="A head that was written down earlier.")
@click.option("--checkpoint", metavar="FILE", help="A signed checkpoint from earlier.")
@ledger_log.trust_option
@ledger_redecide.redecide_option
@format_option
@ends_cleanly
def verify(
    store: str,
    head: str | None,
    checkpoint: str | None,
    trust: tuple[str, ...],
    policies: tuple[str, ...],
    form: str,
) -> None:
    """Verify the record: nothing altered, removed or added, every execution authorised.

    The head that is printed pins all that came before: keep it elsewhere, and give it as --head
    later, to prove that nothing was cut off or replaced; or give a checkpoint and the key that
    signed it. Checkpoints that the store keeps are held against the record too.

    With --redecide, every decision under that policy is made again from what was recorded, and
    must come out as it did. What the record and the store no longer have is counted. Exits 6
    where something is found.
    """
    if head is not None and not re.fullmatch("[0-9a-f]{64}", head):
        raise click.BadParameter("a head is 64 hexadecimal digits", param_hint="--head")
    keys = [verifying_key(text) for text in trust]
    pin = _pinned(checkpoint, keys) if checkpoint is not None else None
    books = ledger_redecide.policies_of(policies, form)
    with closing(Database(store, must_exist=True)) as database:
        reader = LedgerReader(database)
        with output.progress("verifying", reader.count()) as bar:
            result = verify_store(
                store,
                pinned=head,
                checkpoint=pin,
                keys=keys,
                progress=lambda number: output.reach(bar, number),
            )
        again = ledger_redecide.decided_again(database, books)
    if form == "json":
        output.show_json(_account(result, again))
    else:
        _show(result, again)
    end(Exit.DONE if result.holds and (again is None or again.holds) else Exit.FINDINGS)


def _pinned(file: str, keys: list[VerifyingKey]) -> Checkpoint:
    if not keys:
        raise InputError("a checkpoint proves what a key that you trust has signed: give --trust")
    return ledger_log.signed_checkpoint(file, keys)


def _show(result: Verification, again: Redecision | None) -> None:
    show_findings(result.findings)
    holds = "the record holds" if result.holds else "the record does not hold"
    output.say(f"{holds}: {result.entries:,} entries", "allow" if result.holds else "deny")
    if result.signed:
        output.say(f"signed checkpoints that hold: {result.signed}", "frame")
    if result.erased:
        output.say(f"entries whose content was erased: {result.erased}", "frame")
    output.say(f"head {result.head}", "frame")
    if result.pinned_at is not None:
        output.say(f"the head that was given is that of entry {result.pinned_at:,}", "frame")
    if again is not None:
        ledger_redecide.show(again)


def _account(result: Verification, again: Redecision | None) -> dict[str, object]:
    return {
        "holds": result.holds,
        "entries": result.entries,
        "head": result.head,
        "pinned_at": result.pinned_at,
        "signed": result.signed,
        "erased": result.erased,
        "findings": [
            {"code": f.code.id, "entry": f.number, "text": f.text} for f in result.findings
        ],
        **({} if again is None else {"redecided": again.as_json()}),
    }
