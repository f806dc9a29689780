"""`policy audit`: what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from policy_engine.audit.account import account_text, report_account
from policy_engine.audit.control_account import controls_account
from policy_engine.audit.controls import Controls
from policy_engine.audit.gaps import gaps
from policy_engine.audit.measures import Metrics, Share, Spread
from policy_engine.audit.page import page, sampled
from policy_engine.audit.period import Period
from policy_engine.audit.proving import proofs
from policy_engine.audit.report import Report, report as report_on
from policy_engine.audit.statement import statement
from policy_engine.audit.story import Standing
from policy_engine.audit.summary import Group, RuleUse, Summary
from policy_engine.audit.words import (
    LABELS,
    SHORT,
    asked_period,
    duration,
    headline,
    of,
    percent,
    place_text,
    sentence,
    shown,
    zone_name,
)
from policy_engine.cli import (
    audit_constraint,
    audit_evidence,
    audit_export,
    audit_shadow,
    audit_suitability,
    output,
)
from policy_engine.cli.audit_framework import (
    controls_of,
    framework_options,
    policy_of,
    show_controls,
)
from policy_engine.cli.audit_period import period_of, period_options, zone_of
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import end, ends_cleanly, format_option, store_option
from policy_engine.cli.replay import command as replay
from policy_engine.cli.whole import write_whole
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import InputError
from policy_engine.foundation.render import Segment
from policy_engine.foundation.signing import SigningKey
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.verify import Verification

if TYPE_CHECKING:
    from policy_engine.ledger.sealed import SealedReader

_WIDEST = 160
_WIDTH = 100
_LONGEST = 200
_MOST_ROWS = 100


@click.group("audit")
def command() -> None:
    """What happened: reports, exports, evidence and replays from the record."""


command.add_command(audit_constraint.command)
command.add_command(audit_evidence.command)
command.add_command(audit_export.command)
command.add_command(audit_shadow.command)
command.add_command(audit_suitability.command)


command.add_command(replay)


@command.command("report", short_help="What ran, was refused and was signed.")
@store_option
@click.option("--sealed", metavar="FOLDER", help="Read a sealed record instead of the store.")
@click.option(
    "--html",
    metavar="PATH",
    help="Write the report as one HTML page; a file that is there is replaced.",
)
@period_options
@click.option("--head", metavar="HEAD", help="A head that was written down earlier.")
@click.option("--key", metavar="FILE", help="With --html: a private key to sign its proofs with.")
@framework_options
@format_option
@ends_cleanly
def report(
    store: str,
    sealed: str | None,
    html: str | None,
    start: str | None,
    until: str | None,
    zone: str,
    head: str | None,
    key: str | None,
    framework: str | None,
    policies: tuple[str, ...],
    form: str,
) -> None:
    """Report what the record says: what ran, what was refused, who signed, and whether it holds.

    T is a date (its midnight in the zone) or a timestamp, 2026-11-23T12:00:00Z. Reads the store,
    or the folder that `policy ledger seal` wrote, and writes nothing to it. Exits 6 where the
    record does not hold. With --framework, it also tells for each control which rules carry it and
    what they did. The page has proofs of what it tells one by one; they rest on a checkpoint that
    --key signs, else on one in the store.
    """
    if key is not None and html is None:
        raise InputError("--key signs what the proofs of a page rest on: give --html too")
    signing = None if key is None else SigningKey.read(key)
    clock = zone_of(zone)
    period = period_of(start, until, clock)
    policy = policy_of(framework, policies, form)
    with _record(store, sealed) as reader:
        found = _read(reader, period, clock, head)
        by_control = controls_of(framework, policy, found)
        if html is not None:
            proved = proofs(reader, found, sampled(found, by_control), signing)
            write_whole(Path(html), page(found, by_control, proved).encode("utf-8"))
    if form == "json":
        controls = controls_account(by_control) if by_control is not None else None
        account = {**report_account(found), "framework": controls, "html": html}
        output.show_text(account_text(account))
    else:
        _show(found, by_control, html)
    end(Exit.DONE if found.verification.holds else Exit.FINDINGS)


@contextmanager
def _record(store: str, sealed: str | None) -> Iterator[LedgerReader | SealedReader]:
    """The record in a sealed folder, else in the store. Arrow is imported only where it is read."""
    if sealed is None:
        with closing(Database(store, must_exist=True)) as database:
            yield LedgerReader(database)
        return
    try:
        from policy_engine.ledger.sealed import SealedReader
    except ImportError as error:
        output.complain(f"{error}: sealed records need the extra `audit`")
        end(Exit.FAILURE)
    yield SealedReader(Path(sealed))


def _read(
    reader: LedgerReader | SealedReader, period: Period, zone: tzinfo, head: str | None
) -> Report:
    with output.progress("reading", reader.count()) as bar:
        return report_on(
            reader.records(),
            written=datetime.now(UTC),
            period=period,
            zone=zone,
            pinned=head,
            beside=reader,
            progress=lambda number: output.reach(bar, number),
        )


# On the terminal


def _show(found: Report, by_control: Controls | None, html: str | None) -> None:
    summary = found.summary
    ran, rest = headline(summary.tally)
    output.show([Segment(ran, "strong"), Segment(f" {rest}\n" if rest else "\n")])
    output.say(f"{asked_period(summary.period, summary.zone)}, {zone_name(summary.zone)}", "frame")
    output.say()
    if summary.stories:
        _sentences("In short", statement(found))
        _outcomes(summary)
        _groups("By task", "task", summary.tasks)
        _groups("By agent", "agent", summary.agents)
        _rules(summary)
        _people(summary)
    if by_control is not None:
        show_controls(by_control, summary.zone)
    _sentences("What this report does not show", [f"{g.what}: {g.why}" for g in gaps(found)])
    _verified(found.verification)
    if html is not None:
        output.say(f"written to {html}", "help")


def _sentences(title: str, said: Sequence[str]) -> None:
    output.say(title, "strong")
    for one in said:
        for line in wrap(one, _WIDTH, initial_indent="- ", subsequent_indent="  "):
            output.say(line)
    output.say()


def _outcomes(summary: Summary) -> None:
    tally = summary.tally
    rows = [
        (LABELS[standing], f"{tally[standing]:,}", percent(Share(tally[standing], tally.total)))
        for standing in Standing
        if tally[standing]
    ]
    _table("By outcome", ("outcome", "#actions", "#share"), rows)
    _table("In figures", ("figure", "value"), _figures(summary.metrics))


def _figures(metrics: Metrics) -> list[tuple[str, str]]:
    return [
        ("success, of what was begun with a tool", _called(metrics.success)),
        ("errors, of what was begun with a tool", _called(metrics.errors)),
        ("validations passed", _share(metrics.validations)),
        ("waiting for people, by action", _spread(metrics.waiting)),
        ("from proposal to execution", _spread(metrics.turnaround)),
    ]


def _share(share: Share) -> str:
    return f"{of(share)}, {percent(share)}" if share.whole else "–"


def _called(share: Share) -> str:
    return _share(share) if share.whole else "no tool was called"


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return "–"
    return f"median {duration(spread.median)}, longest {duration(spread.longest)}"


def _groups(title: str, name: str, groups: Sequence[Group]) -> None:
    occurring = [s for s in Standing if any(group.tally[s] for group in groups)]
    columns = (name, "#proposed", *(f"#{SHORT[s]}" for s in occurring))
    rows = [
        (shown(g.name, _WIDEST), f"{g.tally.total:,}", *(f"{g.tally[s]:,}" for s in occurring))
        for g in groups
    ]
    _table(title, columns, rows)


def _rules(summary: Summary) -> None:
    """Each rule in its own sentence, below its numbers."""
    output.say("By rule: an action counts for each that decided it last or ever held it", "strong")
    ordered = sorted(summary.rules, key=lambda use: -use.stopped)
    for use in ordered[:_MOST_ROWS]:
        passed = use.decided.get("allow", 0)
        _rule(use, {"refused": use.refused, "held for people": use.asked, "let pass": passed})
    _more(len(ordered))
    output.say()
    if summary.observed:
        output.say("Rules under observation, which decided nothing", "strong")
    for use in summary.observed[:_MOST_ROWS]:
        asking = use.decided.get("escalate", 0)
        _rule(use, {"would refuse": use.refused, "would ask people": asking})
    if summary.observed:
        _more(len(summary.observed))
        output.say()


def _rule(use: RuleUse, counts: Mapping[str, int]) -> None:
    done = ", ".join(f"{what}: {number:,}" for what, number in counts.items() if number)
    output.say(shown(sentence(use.title), _LONGEST))
    name = shown(use.rule or use.code, _WIDEST)
    output.say(f"  {done or 'nothing'} · {name} {place_text(use.place)}".rstrip(), "frame")


def _people(summary: Summary) -> None:
    rows = [
        (
            shown(one.role, _WIDEST),
            *(f"{n:,}" for n in (one.asks, one.signed, one.rejected, one.unanswered)),
            *(f"{n:,}" for n in (one.dropped, one.waits)),
            duration(one.waiting.median if one.waiting else None),
        )
        for one in summary.asked
    ]
    if rows:
        ends = ("#signed", "#rejected", "#not in time", "#asked no more", "#waiting")
        _table("Handed to people", ("role", "#asked", *ends, "#median wait"), rows)


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    output.table(title, columns, rows[:_MOST_ROWS])
    _more(len(rows))
    output.say()


def _more(number: int) -> None:
    if number > _MOST_ROWS:
        output.say(f"and {number - _MOST_ROWS:,} more", "frame")


def _verified(verification: Verification) -> None:
    for finding in verification.findings:
        style = finding.code.severity.value
        text = f": {shown(finding.text, 400)}\n"
        output.show([Segment(f"{style}[{finding.code.id}]", style), Segment(text)])
    holds = "the record holds" if verification.holds else "the record does not hold"
    output.say(
        f"{holds}: {verification.entries:,} entries", "allow" if verification.holds else "deny"
    )
    output.say(f"head {verification.head}", "frame")
