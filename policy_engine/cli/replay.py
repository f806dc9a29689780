"""`policy audit replay`: what another policy would have said to the past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from policy_engine.audit.doubts import placed
from policy_engine.audit.replay.flips import (
    EXAMPLES,
    FLIPPING,
    KINDS,
    NEWLY_ALLOWED,
    OPEN,
    RECORDED,
    TASK_GONE,
    WORDS,
    kind_of,
    words_of,
)
from policy_engine.audit.words import OUTCOMES, counted, shown
from policy_engine.cli import output
from policy_engine.cli.doubts import show_doubts
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import (
    directory_option,
    end,
    ends_cleanly,
    format_option,
    instant,
    loaded,
    roles_by,
)
from policy_engine.engine import Engine
from policy_engine.foundation.errors import InputError
from policy_engine.language.policy import PolicySet

if TYPE_CHECKING:
    from policy_engine.audit.replay.answer import Answer, Group
    from policy_engine.audit.replay.examples import Example

_WIDEST = 160
_MOST_ROWS = 20


@click.command("replay", short_help="What another policy would have said.")
@click.argument("candidate", nargs=-1, required=True)
@click.option(
    "--over",
    required=True,
    metavar="PATH",
    help="The past: a store or its file, a sealed record, a Parquet file, or JSON lines.",
)
@click.option(
    "--was",
    multiple=True,
    metavar="PATH",
    help="Policies by which the actions of a ledger were decided, to tell more of them.",
)
@directory_option
@click.option(
    "--examples",
    type=click.IntRange(0, 1000),
    default=EXAMPLES,
    show_default=True,
    help="How many actions of each flip are explained.",
)
@click.option("--now", metavar="T", help="The time of actions that do not say theirs.")
@click.option(
    "--fail-on",
    type=click.Choice([NEWLY_ALLOWED.name]),
    help="Exit 6 where there is one such flip.",
)
@format_option
@ends_cleanly
def command(
    candidate: tuple[str, ...],
    over: str,
    was: tuple[str, ...],
    directory: str | None,
    examples: int,
    now: str | None,
    fail_on: str | None,
    form: str,
) -> None:
    """Decide the past again under CANDIDATE, policy files or folders, and say what flips.

    Of each action its first recorded decision is replayed; what was decided after people had their
    say is not. Nothing is performed or written. Exits 6 where something could not be read, where
    a ledger does not hold, or where --fail-on finds what it names, and 1 where the past cannot be
    read at all.
    """
    at = instant(now)
    engine = loaded(candidate, directory, form)
    before = [loaded((one,), None, form).policy for one in was]
    try:
        answer = _replayed(engine, directory, over, before, examples, at)
    except (InputError, ImportError) as error:
        output.complain(str(error))
        end(Exit.FAILURE)
    if form == "json":
        output.show_json(answer.as_json())
    else:
        _show(answer)
    found = fail_on is not None and answer.number(NEWLY_ALLOWED) > 0
    end(Exit.FINDINGS if answer.unread or answer.doubts or found else Exit.DONE)


def _replayed(
    engine: Engine,
    directory: str | None,
    over: str,
    was: Sequence[PolicySet],
    examples: int,
    now: datetime | None,
) -> Answer:
    """NumPy and Arrow are imported here, and not by whoever only looks at the help."""
    from policy_engine.audit.replay.candidate import Candidate
    from policy_engine.audit.replay.replay import length_of, replay

    candidate = Candidate(engine.policy, roles_by(engine) if directory is not None else None)
    _, length = length_of(over)
    with output.progress("replaying", length) as bar:

        def advance(more: int) -> None:
            if bar is not None:
                bar.advance(bar.task_ids[0], more)

        return replay(candidate, over, was=was, examples=examples, now=now, advance=advance)


# On the terminal


def _show(answer: Answer) -> None:
    output.say(_headline(answer), "strong")
    for kind in (*FLIPPING, OPEN):
        if answer.number(kind):
            style = "deny" if kind is NEWLY_ALLOWED else ""
            output.say(f"  {answer.number(kind):,} {kind.title}", style)
    output.say(f"  policy {answer.policy[:12]}", "frame")
    output.say()
    if answer.total:
        _matrix(answer)
        _groups("By task", "task", answer.tasks)
        _groups("By agent", "who", answer.agents)
        _groups("By deciding rule of the candidate", "rule", answer.rules, nameless="(no rule)")
        _groups("By amount", "amount", answer.amounts, ordered=True)
        _unknown_tasks(answer)
        _examples(answer.examples)
    _not_replayed(answer)


def _headline(answer: Answer) -> str:
    """What is of unknown tasks is told apart: no policy flips what it says nothing about."""
    said = f"{counted(answer.total, 'action is', 'actions are')} replayed"
    apart = answer.number(TASK_GONE)
    if not apart:
        return f"{said}; {answer.flipped:,} flip"
    which = "a task" if apart == 1 else "tasks"
    of_them = "" if apart == answer.total else f", {apart:,} of them"
    rest = "" if apart == answer.total else f"; of the others, {answer.flipped:,} flip"
    return f"{said}{of_them or ', all'} of {which} that this policy does not know{rest}"


def _unknown_tasks(answer: Answer) -> None:
    apart = [(one.name, one.number(TASK_GONE)) for one in answer.tasks if one.number(TASK_GONE)]
    rows = [(shown(name, _WIDEST), f"{number:,}") for name, number in apart[:_MOST_ROWS]]
    if rows:
        output.table("Tasks that this policy does not know", ("task", "#actions"), rows)
        if len(apart) > len(rows):
            output.say(f"and {len(apart) - len(rows):,} more", "frame")
        output.say()


def _matrix(answer: Answer) -> None:
    """What was recorded (rows), and what the candidate says (columns)."""
    occurring = [at for at in range(len(WORDS)) if any(row[at] for row in answer.matrix)]
    rows = [
        (WORDS[recorded], *(f"{answer.matrix[recorded][at]:,}" for at in occurring))
        for recorded in range(RECORDED)
        if any(answer.matrix[recorded])
    ]
    output.table("Recorded, and now", ("recorded", *(f"#{WORDS[at]}" for at in occurring)), rows)
    recorded = [at for at in range(RECORDED) if any(answer.matrix[at])]
    for word in (WORDS[at] for at in range(len(WORDS)) if at in {*occurring, *recorded}):
        output.say(f"{word}: {OUTCOMES[word]}", "frame")
    output.say()


def _groups(
    title: str,
    name: str,
    groups: Sequence[Group],
    *,
    nameless: str = "",
    ordered: bool = False,
) -> None:
    """Those with flips or something that is not told; all others would say nothing."""
    some = [group for group in groups if group.flips]
    if not some:
        return
    kinds = [kind for kind in KINDS if any(group.number(kind) for group in some)]
    rows = [
        (
            shown(group.name or nameless, _WIDEST),
            f"{group.total:,}",
            *(f"{group.number(kind):,}" for kind in kinds),
        )
        for group in (some if ordered else some[:_MOST_ROWS])
    ]
    columns = (name, "#actions", *(f"#{kind.name.replace('-', ' ')}" for kind in kinds))
    output.table(title, columns, rows)
    if len(some) > len(rows):
        output.say(f"and {len(some) - len(rows):,} more", "frame")
    output.say()


def _examples(examples: Sequence[Example]) -> None:
    for one in examples:
        kind = kind_of(one.cell)
        assert kind is not None
        if kind is TASK_GONE:
            continue
        output.say(f"{words_of(one.cell)}, {one.place}: {one.principal} · {one.task}", "strong")
        said = ", ".join(f"{name} {value}" for name, value in one.input)
        if said:
            output.say(f"  {shown(said, 200)}", "frame")
        if kind is OPEN:
            names = ", ".join(one.rules)
            output.say(f"  it depends on {names or 'what the record does not name'}", "frame")
        output.say(one.explanation.rstrip())
        output.say()


def _not_replayed(answer: Answer) -> None:
    if answer.with_past:
        past = counted(answer.with_past, "action")
        output.say(f"{past} decided one by one, with the replayed past", "frame")
    for one in answer.first_unread:
        output.say(f"not read: {shown(placed(one.place, one.why), 200)}", "escalate")
    if answer.unread > len(answer.first_unread):
        output.say(f"and {answer.unread - len(answer.first_unread):,} more", "frame")
    if answer.entries is not None:
        show_doubts(answer.doubts, answer.entries)
