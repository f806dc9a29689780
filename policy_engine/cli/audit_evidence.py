"""`policy audit evidence`: a signed folder for whoever audits and has no store."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from policy_engine.audit.account import account_text, report_account
from policy_engine.audit.control_account import controls_account
from policy_engine.audit.controls import Controls
from policy_engine.audit.exports.as_csv import folder_csv
from policy_engine.audit.exports.material import Material, gather
from policy_engine.audit.page import page, sampled
from policy_engine.audit.proving import proofs
from policy_engine.audit.samples import samples
from policy_engine.cli import output
from policy_engine.cli.audit_framework import controls_of, framework_options, policy_of
from policy_engine.cli.audit_period import period_of, period_options, zone_of
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import counted, end, ends_cleanly, store_option
from policy_engine.cli.whole import whole_folder
from policy_engine.foundation.database import Database
from policy_engine.foundation.signing import SigningKey
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.evidence import MANIFEST, manifest, proof_files
from policy_engine.ledger.export import export
from policy_engine.ledger.ledger import LedgerReader

_HOW = r"""How to check this folder

It was made from the record of a gate ({origin}),
{entries} entries, by whoever holds the key of this line; get the line from them and not from here:

    {key}

With this package:          policy ledger check FOLDER --trust 'THE LINE ABOVE'

Without it, in a shell in this folder, with sha256sum, openssl (3 or newer) and xxd:

1. MANIFEST is a signed note (C2SP signed-note, Ed25519). Its text lists the SHA-256 of every other
   file. Write the line that you got from them in place of LINE. The last command has to say
   "Signature Verified Successfully".

       work=$(mktemp -d); line='LINE'
       sed '/^$/,$d' MANIFEST > "$work/text"
       (echo 302a300506032b6570032100 | xxd -r -p
        echo "$line" | cut -d + -f 3- | base64 -d | tail -c 32) > "$work/key"
       tail -n 1 MANIFEST | sed 's/.* //' | base64 -d | tail -c 64 > "$work/signature"
       openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key" -rawin \
         -in "$work/text" -sigfile "$work/signature"

   Then, in the same shell: every file is as it was, and no other is here. This prints nothing.

       sha256sum -c --quiet "$work/text"
       find . -type f ! -path ./MANIFEST | cut -c 3- | LC_ALL=C sort > "$work/here"
       cut -c 67- "$work/text" | LC_ALL=C sort | diff - "$work/here"

2. log/ is the whole record as a transparency log (C2SP tlog-tiles, RFC 6962 hashes): checkpoint,
   tiles, entries. Verifiers of such logs read it; in Go there is golang.org/x/mod/sumdb/tlog. An
   entry has the kind of what happened, its time, and a digest of what is told of it; what is told
   stays with the gate.
3. proofs/N/ holds for some entries that the report names: the proof (C2SP tlog-proof), the entry,
   what it tells (body.json) and its salt, in hexadecimal. SHA-256 over the bytes that the salt
   stands for and those of body.json is the digest "body" in the entry. This prints nothing.

       for one in proofs/*; do
         test -f "$one/body.json" || continue
         digest=$( (xxd -r -p "$one/salt"; cat "$one/body.json") | sha256sum | cut -c -64)
         grep -q "\"body\":\"$digest\"" "$one/entry" || echo "$one: another digest"
       done

4. report.html, report.json and tables/ say what happened. They are evidence for a control, never
   compliance with it, and they say themselves what they cannot show.
"""


@click.command("evidence", short_help="A signed folder for whoever audits.")
@click.argument("folder")
@store_option
@click.option(
    "--key", required=True, metavar="FILE", help="The private key that signs: `policy keys new`."
)
@period_options
@click.option("--head", metavar="HEAD", help="A head that was written down earlier.")
@framework_options
@ends_cleanly
def command(
    folder: str,
    store: str,
    key: str,
    start: str | None,
    until: str | None,
    zone: str,
    head: str | None,
    framework: str | None,
    policies: tuple[str, ...],
) -> None:
    """Write what an auditor needs to FOLDER: report, tables, the log, proofs, all of it signed.

    FOLDER must be new. verify.txt in it says how to check everything, also without this package;
    `policy ledger check FOLDER --trust KEY` does. Exits 6 where the record does not hold.
    """
    target, signing, clock = Path(folder), SigningKey.read(key), zone_of(zone)
    policy = policy_of(framework, policies, "human")
    with whole_folder(target) as part, closing(Database(store, must_exist=True)) as database:
        reader = LedgerReader(database)
        with output.progress("reading", reader.count()) as bar:
            material = gather(
                reader.records(),
                written=datetime.now(UTC),
                period=period_of(start, until, clock),
                zone=clock,
                pinned=head,
                beside=reader,
                progress=lambda number: output.reach(bar, number),
            )
        by_control = controls_of(framework, policy, material.report)
        proved = _write(part, reader, material, by_control, signing)
    holds = material.report.verification.holds
    actions = counted(len(material.report.summary.stories), "action")
    proofs = counted(proved, "proof")
    output.say(f"{actions}, {proofs}: {folder}", "allow" if holds else "deny")
    if not holds:
        output.say("the record does not hold: `policy ledger verify` says where", "deny")
    end(Exit.DONE if holds else Exit.FINDINGS)


def _write(
    part: Path,
    reader: LedgerReader,
    material: Material,
    by_control: Controls | None,
    signing: SigningKey,
) -> int:
    """Fills the folder; gives how many entries are proved."""
    found = material.report
    proved = proofs(reader, found, sampled(found, by_control), signing)
    (part / "report.html").write_text(page(found, by_control, proved), encoding="utf-8")
    controls = controls_account(by_control) if by_control is not None else None
    told = account_text({**report_account(found), "framework": controls})
    (part / "report.json").write_text(told, encoding="utf-8")
    for name, data in folder_csv(material).items():
        _put(part / "tables" / name, data)
    head = export(part / "log", reader.entries(), reader.origin, signing)
    note = Checkpoint(head.origin, head.size, head.root).signed(signing)
    chosen = samples(found.summary.stories)
    numbers = sorted(
        {
            story.evidence.decision
            for stories in chosen.of.values()
            for story in stories
            if story.evidence.decision is not None
        }
    )
    for number in numbers:
        for name, data in proof_files(reader, number, note).items():
            _put(part / "proofs" / str(number) / name, data)
    how = _HOW.format(origin=head.origin, entries=f"{head.size:,}", key=signing.verifying)
    (part / "verify.txt").write_text(how, encoding="utf-8")
    _put(part / MANIFEST, manifest(part, signing))
    return len(numbers)


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
