"""`policy ledger sign`, `export`, `seal`, `prove`, `check`, `erase`: the record for others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from policy_engine.cli import output
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.findings import show_findings
from policy_engine.cli.options import end, ends_cleanly, store_option, verifying_key
from policy_engine.cli.whole import whole_folder, write_whole
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import InputError, LedgerError
from policy_engine.foundation.signing import SigningKey, VerifyingKey
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.evidence import (
    MANIFEST,
    PROOF,
    check_manifest,
    check_proof,
    proof_files,
    signed_text,
)
from policy_engine.ledger.export import CHECKPOINT, export as export_log, read_back
from policy_engine.ledger.ledger import Ledger, LedgerReader
from policy_engine.ledger.sealed_folder import is_sealed, read_seal
from policy_engine.ledger.verify_store import verify_store
from policy_engine.runtime.ports import SystemClock

_OF_EVIDENCE = ("report.html", "report.json", "tables", "proofs", "verify.txt")
"""What `policy audit evidence` writes beside the log and the signed list."""

_F = TypeVar("_F", bound=Callable[..., Any])

trust_option: Callable[[_F], _F] = click.option(
    "--trust",
    multiple=True,
    metavar="KEY",
    help="A public key whose signatures count, or a file with one in it; repeatable.",
)
_key_option: Callable[[_F], _F] = click.option(
    "--key", required=True, metavar="FILE", help="The private key that signs: `policy keys new`."
)


@click.command("sign", short_help="Sign it as it is now: a checkpoint.")
@store_option
@_key_option
@click.option("-o", "--output", "file", metavar="FILE", help="Write the checkpoint here too.")
@ends_cleanly
def sign(store: str, key: str, file: str | None) -> None:
    """Sign the record as it is now: a checkpoint, kept in the store and printed.

    It pins every entry up to now (C2SP tlog-checkpoint). Give it to whoever audits: with it and
    the public key they see later whether anything was altered, removed or cut off. A record that
    does not hold is not signed (exit code 6).
    """
    with output.progress("verifying", _size(store)) as bar:
        found = verify_store(store, progress=lambda number: output.reach(bar, number))
    if not found.holds:
        show_findings(found.findings)
        output.say("the record does not hold, so it is not signed", "deny")
        end(Exit.FINDINGS)
    with _written(store) as ledger:
        note = bytes(ledger.sign(SigningKey.read(key)))
    if file is not None:
        write_whole(Path(file), note)
    output.say(note.decode("utf-8").rstrip("\n"))


@click.command("export", short_help="Write it as a log that others verify.")
@click.argument("folder")
@store_option
@_key_option
@ends_cleanly
def export(folder: str, store: str, key: str) -> None:
    """Write the record as a log for static hosting to FOLDER, or let the one there grow.

    Tiles, entries and a signed checkpoint (C2SP tlog-tiles), which tools of others verify. It has
    kinds, times and digests; what entries tell stays in the store.
    """
    with _read(store) as reader, output.progress("exporting", reader.count()) as bar:

        def entries() -> Iterator[bytes]:
            for entry in reader.entries():
                output.advance(bar)
                yield entry

        head = export_log(Path(folder), entries(), reader.origin, SigningKey.read(key))
    output.say(f"{head.size:,} entries of {head.origin} are in {folder}", "allow")


@click.command("seal", short_help="Write it as Parquet for any tool.")
@click.argument("folder")
@store_option
@_key_option
@ends_cleanly
def seal(folder: str, store: str, key: str) -> None:
    """Write the record with all that it tells to FOLDER as Parquet, or let the one there grow.

    A segment has 65,536 entries, the last one fewer; a signed checkpoint covers every byte. Any
    tool queries them, and `policy ledger check FOLDER --trust KEY` verifies them without the store.
    What was erased in the store since is erased in the segments too.
    """
    with _needing_arrow():
        from policy_engine.ledger.seal import seal as seal_record
    with _read(store) as reader, output.progress("sealing", reader.count()) as bar:
        sealed = seal_record(
            Path(folder),
            reader,
            SigningKey.read(key),
            progress=lambda number: output.reach(bar, number),
        )
    head = sealed.checkpoint
    output.say(f"{head.size:,} entries of {head.origin} are sealed in {folder}", "allow")
    output.say(f"segments written: {sealed.written}", "frame")
    if sealed.erased:
        output.say(f"entries whose content is erased there now: {sealed.erased}", "frame")


@click.command("prove", short_help="Write the proof of one entry.")
@click.argument("number", type=click.IntRange(min=1))
@store_option
@_key_option
@click.option("-o", "--output", "folder", required=True, metavar="FOLDER", help="A new folder.")
@ends_cleanly
def prove(number: int, store: str, key: str, folder: str) -> None:
    """Write the proof that entry NUMBER is in the record, for somebody who has no store.

    The folder holds the proof (C2SP tlog-proof), the entry, what it tells, and its salt. `policy
    ledger check FOLDER --trust KEY` verifies it offline.
    """
    with _read(store) as reader:
        note = reader.checkpoint().signed(SigningKey.read(key))
        files = proof_files(reader, number, note)
    with whole_folder(Path(folder)) as part:
        for name, data in files.items():
            (part / name).write_bytes(data)
    output.say(f"the proof of entry {number} is in {folder}", "allow")


@click.command("check", short_help="Verify what others were handed.")
@click.argument("folder")
@trust_option
@click.option("--checkpoint", metavar="FILE", help="A signed checkpoint of this log from earlier.")
@ends_cleanly
def check(folder: str, trust: tuple[str, ...], checkpoint: str | None) -> None:
    """Verify what `export`, `seal`, `prove` or `policy audit evidence` wrote, without any store.

    With --checkpoint also that the log goes on from what it was then, which whoever holds the key
    cannot undo. Ends with exit code 1 where a byte of it is not as it was signed.
    """
    place, keys = Path(folder), [verifying_key(text) for text in trust]
    if not keys:
        raise InputError("signatures prove something by a key that you trust: give --trust")
    earlier = None if checkpoint is None else signed_checkpoint(checkpoint, keys)
    if (place / MANIFEST).exists():
        number = check_manifest(place, keys)
        output.say(f"all {number} files are as they were signed", "allow")
        for folder_ in sorted((place / "proofs").glob("*")):
            check_proof(folder_, keys)
        _check_log(place / "log", keys, earlier)
    elif (place / PROOF).exists():
        if earlier is not None:
            raise InputError("--checkpoint is for a log: this is the proof of one entry")
        said, told = check_proof(place, keys)
        output.say(said, "allow")
        output.say("what it tells is not here" if told is None else told)
    elif is_sealed(place):
        _check_seal(place, keys, earlier)
    elif any((place / name).exists() for name in _OF_EVIDENCE):
        raise LedgerError(f"{place / MANIFEST} is missing: nothing says what belongs there")
    elif (place / CHECKPOINT).exists():
        _check_log(place, keys, earlier)
    else:
        wrote = "`export`, `seal`, `prove` or `policy audit evidence` wrote"
        raise LedgerError(f"{place / CHECKPOINT} is not there: this is no folder that {wrote}")


@click.command("erase", short_help="Destroy what an entry tells, for good.")
@click.argument("number", type=click.IntRange(min=1))
@store_option
@click.option("--by", required=True, metavar="NAME", help="Who erases it.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; the record keeps it.")
@ends_cleanly
def erase(number: int, store: str, by: str, reason: str) -> None:
    """Destroy what entry NUMBER tells, for good. The entry itself stays, and the record holds.

    For personal data that must go. Whoever wrote down the text of the entry elsewhere keeps it.
    """
    with _written(store) as ledger:
        ledger.erase(number, by, reason)
    output.say(f"what entry {number} told is destroyed", "allow")


def signed_checkpoint(file: str, keys: list[VerifyingKey]) -> Checkpoint:
    """A checkpoint from a file, signed by one of these keys. Raises `LedgerError`."""
    return Checkpoint.from_text(signed_text(Path(file), keys))


def _check_log(place: Path, keys: list[VerifyingKey], earlier: Checkpoint | None) -> None:
    origin = signed_checkpoint(str(place / CHECKPOINT), keys).origin
    head = read_back(place, keys, origin, earlier)
    output.say(f"the log holds: {head.size:,} entries of {head.origin}", "allow")
    _say_head(head, earlier)


def _check_seal(place: Path, keys: list[VerifyingKey], earlier: Checkpoint | None) -> None:
    with _needing_arrow():
        from policy_engine.ledger.seal import check_seal
    with output.progress("verifying", read_seal(place).checkpoint.size) as bar:
        found = check_seal(place, keys, earlier, lambda number: output.reach(bar, number))
    head = found.checkpoint
    output.say(f"the sealed record holds: {head.size:,} entries of {head.origin}", "allow")
    if found.erased:
        output.say(f"entries whose content was erased: {found.erased}", "frame")
    _say_head(head, earlier)


def _say_head(head: Checkpoint, earlier: Checkpoint | None) -> None:
    if earlier is not None:
        output.say(f"it goes on from the {earlier.size:,} entries of the checkpoint", "allow")
    output.say(f"root {head.root.hex()}", "frame")


@contextmanager
def _needing_arrow() -> Iterator[None]:
    """Arrow is an extra, imported only by who needs it."""
    try:
        yield
    except ImportError as error:
        output.complain(f"{error}: sealed records need the extra `audit`")
        end(Exit.FAILURE)


def _size(store: str) -> int:
    with _read(store) as reader:
        return reader.count()


@contextmanager
def _written(store: str) -> Iterator[Ledger]:
    with closing(Database(store, must_exist=True)) as database:
        LedgerReader(database)  # or there is none, and none is made
        yield Ledger(database, SystemClock())


@contextmanager
def _read(store: str) -> Iterator[LedgerReader]:
    with closing(Database(store, must_exist=True)) as database:
        yield LedgerReader(database)
