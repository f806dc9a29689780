"""`policy audit export`: the report in the formats that other tools read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from policy_engine.audit.exports.as_csv import actions_csv, folder_csv
from policy_engine.audit.exports.as_ocsf import lines
from policy_engine.audit.exports.as_oscal import assessment_results
from policy_engine.audit.exports.as_sarif import log, number
from policy_engine.audit.exports.material import Material, gather
from policy_engine.audit.words import counted
from policy_engine.cli import output
from policy_engine.cli.audit_period import period_of, period_options, zone_of
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import end, ends_cleanly, store_option
from policy_engine.cli.whole import whole_folder, write_whole
from policy_engine.foundation.database import Database
from policy_engine.foundation.disk import put
from policy_engine.foundation.errors import InputError
from policy_engine.ledger.ledger import LedgerReader


def _workbook(material: Material) -> bytes:
    try:
        from policy_engine.audit.exports.as_xlsx import workbook
    except ImportError as error:
        raise InputError(str(error)) from error
    return workbook(material)


_FILES: Mapping[str, Callable[[Material], bytes]] = {
    "csv": actions_csv,
    "xlsx": _workbook,
    "ocsf": lambda material: lines(material).encode("utf-8"),
    "sarif": lambda material: log(material).encode("utf-8"),
    "oscal": lambda material: assessment_results(material).encode("utf-8"),
}


@click.command("export", short_help="The record as CSV, XLSX, OCSF, SARIF, OSCAL.")
@store_option
@click.option(
    "--format", "form", type=click.Choice(list(_FILES)), required=True, help="Which format."
)
@click.option(
    "-o", "--output", "path", required=True, metavar="PATH", help="The file, or a folder for csv."
)
@period_options
@click.option("--head", metavar="DIGEST", help="A head that was written down earlier.")
@ends_cleanly
def command(
    store: str,
    form: str,
    path: str,
    start: str | None,
    until: str | None,
    zone: str,
    head: str | None,
) -> None:
    """Write what the record says for spreadsheets, SIEMs, code scanning and control tools.

    csv writes one file where PATH ends in .csv, else a new folder with a file a table. A file that
    is there is replaced, a folder never. T is a date (its midnight in the zone) or a timestamp.
    Reads the store and writes nothing to it. What is written is whole or not there. Exits 6 where
    the record does not hold; the export says so too.
    """
    clock = zone_of(zone)
    period = period_of(start, until, clock)
    with closing(Database(store, must_exist=True)) as database:
        reader = LedgerReader(database)
        with output.progress("reading", reader.count()) as bar:
            material = gather(
                reader.records(),
                written=datetime.now(UTC),
                period=period,
                zone=clock,
                pinned=head,
                beside=reader,
                progress=lambda number: output.reach(bar, number),
            )
    target = Path(path)
    if form == "csv" and target.suffix.lower() != ".csv":
        _write_folder(target, folder_csv(material))
    else:
        write_whole(target, _FILES[form](material))
    _say(material, form, path)
    end(Exit.DONE if material.report.verification.holds else Exit.FINDINGS)


def _say(material: Material, form: str, path: str) -> None:
    verification = material.report.verification
    actions = counted(len(material.report.summary.stories), "action")
    if form == "sarif":
        actions = f"{counted(number(material), 'result')}, of {actions},"
    output.say(f"{actions} written to {path} as {form}")
    holds = "the record holds" if verification.holds else "the record does not hold"
    style = "allow" if verification.holds else "deny"
    output.say(f"{holds}: {counted(verification.entries, 'entry', 'entries')}", style)
    output.say(f"head {verification.head}", "frame")


def _write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    with whole_folder(path, or_empty=True) as part:
        for name, data in files.items():
            put(part / name, data)
