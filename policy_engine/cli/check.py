"""`policy check`: all that is wrong with policy files, at once."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from policy_engine.cli import output
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import counted, end, ends_cleanly, instant, length
from policy_engine.loading import check


@click.command("check")
@click.argument("paths", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["human", "json", "sarif", "github"]),
    default="human",
    show_default=True,
    help="How to print diagnostics.",
)
@click.option(
    "--at",
    metavar="TIMESTAMP",
    callback=lambda _c, _p, text: instant(text),
    help="When exceptions are judged to have expired (default: now).",
)
@click.option(
    "--kept",
    metavar="DURATION",
    callback=lambda _c, _p, text: length(text),
    help="How long the store keeps the past, such as `90 days` (default: for ever).",
)
@click.option("--strict", is_flag=True, help="Warnings end with exit code 6.")
@ends_cleanly
def command(
    paths: tuple[str, ...], form: str, at: datetime | None, kept: timedelta | None, strict: bool
) -> None:
    """Check policy files and folders: syntax, names, types, schemas, tests.

    Everything that is wrong is said at once, each with its place and a code; `policy explain
    CODE` has a page on it.
    """
    policy, diagnostics = check(paths, at=at, kept=kept)
    output.diagnostics(diagnostics, form)
    errors = sum(d.is_error for d in diagnostics)
    if policy is None:
        if form == "human":
            output.say(f"{counted(errors, 'error')}, {_warnings(diagnostics)}", "error")
        end(Exit.POLICY_ERRORS)
    if form == "human":
        parts = (
            counted(len(policy.rules), "rule"),
            counted(len(policy.tasks), "task"),
            counted(len(policy.tests), "test"),
        )
        output.say(f"{', '.join(parts)}; no errors, {_warnings(diagnostics)}", "allow")
        output.say(f"policy {policy.digest}", "frame")
    if strict and diagnostics:
        end(Exit.FINDINGS)


def _warnings(diagnostics: tuple[object, ...]) -> str:
    warnings = sum(not d.is_error for d in diagnostics)  # type: ignore[attr-defined]
    return counted(warnings, "warning") if warnings else "no warnings"
