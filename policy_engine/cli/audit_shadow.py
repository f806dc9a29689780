"""`policy audit shadow`: where a policy that is tried beside the live one differed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import click

from policy_engine.audit.doubts import Verified
from policy_engine.audit.shadow import Difference, Trial, trials
from policy_engine.audit.words import counted, shown
from policy_engine.cli import output
from policy_engine.cli.doubts import show_doubts
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import end, ends_cleanly, format_option, store_option
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader

_WIDEST = 160
_MOST_ROWS = 100


@click.command("shadow", short_help="Where a shadow would have answered otherwise.")
@store_option
@format_option
@ends_cleanly
def command(store: str, form: str) -> None:
    """Count where a policy that was tried beside the live one would have answered otherwise.

    Newly allowed first, by task and by the rules that decided, each with its last example. An
    action counts once, by its latest difference. Equal answers leave nothing in the record. Reads
    the store and writes nothing to it. Exits 6 where the record does not hold.
    """
    with closing(Database(store, must_exist=True)) as database:
        reader = LedgerReader(database)
        with output.progress("reading", reader.count()) as bar:
            verified = Verified(reader)
            found = trials(verified.records(), progress=lambda: output.advance(bar))
            doubts = verified.doubts()
    if form == "json":
        accounts = [_account(trial) for trial in found]
        output.show_json({"trials": accounts, "doubts": [one.as_json() for one in doubts]})
    elif not found:
        output.say("the record has no difference of a shadow")
    for trial in found if form == "human" else ():
        _show(trial)
    if form == "human":
        show_doubts(doubts, verified.entries)
    end(Exit.FINDINGS if doubts else Exit.DONE)


def _show(trial: Trial) -> None:
    said = counted(trial.actions, "action") + " answered otherwise"
    output.say(f"policy {shown(trial.policy[:6], _WIDEST)}: {said}", "strong")
    output.say(f"from {shown(trial.since)} to {shown(trial.until)}", "frame")
    output.say()
    pairs = [(pair.live, pair.shadow, f"{number:,}") for pair, number in trial.pairs]
    output.table("", ("live", "shadow", "#actions"), _shown(pairs))
    output.say()
    for title in dict.fromkeys(one.kind.title for one in trial.differences):
        of_kind = [one for one in trial.differences if one.kind.title == title]
        rows = [_row(one) for one in of_kind[:_MOST_ROWS]]
        columns = ("task", "live", "shadow", "#actions", "last", "#entry")
        output.table(title[0].upper() + title[1:], columns, _shown(rows))
        if len(of_kind) > _MOST_ROWS:
            output.say(f"and {len(of_kind) - _MOST_ROWS:,} more", "frame")
        output.say()


def _row(one: Difference) -> tuple[str, ...]:
    live = answer_text(one.pair.live, one.live_by)
    shadow = answer_text(one.pair.shadow, one.shadow_by)
    return one.task, live, shadow, f"{one.actions:,}", one.last, f"{one.entry}"


def answer_text(outcome: str, by: Sequence[str]) -> str:
    """`deny by huge, large`: an answer, and the rules that decided."""
    return f"{outcome} by {', '.join(by)}"


def _shown(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[shown(cell, _WIDEST) for cell in row] for row in rows]


def _account(trial: Trial) -> dict[str, object]:
    return {
        "policy": trial.policy,
        "since": trial.since,
        "until": trial.until,
        "actions": trial.actions,
        "pairs": [
            {"live": pair.live, "shadow": pair.shadow, "actions": number}
            for pair, number in trial.pairs
        ],
        "differences": [
            {
                "kind": one.kind.name,
                "task": one.task,
                "live": one.pair.live,
                "live_by": list(one.live_by),
                "shadow": one.pair.shadow,
                "shadow_by": list(one.shadow_by),
                "actions": one.actions,
                "last": {"action": one.last, "entry": one.entry},
            }
            for one in trial.differences
        ],
    }
