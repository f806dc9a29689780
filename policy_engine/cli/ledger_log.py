"""`policy ledger sign`, `export`, `prove`, `check`, `erase`: the record as a log for others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from policy_engine.cli import output
from policy_engine.cli.options import ends_cleanly, store_option, verifying_key
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import InputError, LedgerError
from policy_engine.foundation.signing import SigningKey, VerifyingKey
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.export import CHECKPOINT, export as export_log, read_back
from policy_engine.ledger.leaf import Leaf, salted_digest
from policy_engine.ledger.ledger import Ledger, LedgerReader
from policy_engine.ledger.notes import Note
from policy_engine.ledger.proofs import Proof, prove as prove_entry
from policy_engine.runtime.ports import SystemClock

_F = TypeVar("_F", bound=Callable[..., Any])

_PROOF, _ENTRY, _BODY, _SALT = "proof", "entry", "body.json", "salt"

trust_option: Callable[[_F], _F] = click.option(
    "--trust",
    multiple=True,
    metavar="KEY",
    help="A public key whose signatures count, or a file with one in it; repeatable.",
)
_key_option: Callable[[_F], _F] = click.option(
    "--key", required=True, metavar="FILE", help="The private key that signs: `policy keys new`."
)


@click.command("sign")
@store_option
@_key_option
@click.option("-o", "--output", "file", metavar="FILE", help="Write the checkpoint here too.")
@ends_cleanly
def sign(store: str, key: str, file: str | None) -> None:
    """Sign the record as it is now: a checkpoint, kept in the store and printed.

    It pins every entry up to now (C2SP tlog-checkpoint). Give it to whoever audits: with it and
    the public key they see later whether anything was altered, removed or cut off.
    """
    with _written(store) as ledger:
        note = bytes(ledger.sign(SigningKey.read(key)))
    if file is not None:
        Path(file).write_bytes(note)
    output.say(note.decode("utf-8").rstrip("\n"))


@click.command("export")
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
    output.say(f"{head.size} entries of {head.origin} are in {folder}", "allow")


@click.command("prove")
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
    signing = SigningKey.read(key)
    with _read(store) as reader:
        record, size = reader.record(number), reader.count()
        hashes = reader.hashes(size)
        head = Checkpoint(reader.origin, size, reader.record(size).root)
        proof = prove_entry(number - 1, head.signed(signing), hashes)
    parts = {_PROOF: bytes(proof), _ENTRY: record.entry}
    if record.text is not None and record.salt is not None:
        parts |= {_BODY: record.text.encode("utf-8"), _SALT: f"{record.salt.hex()}\n".encode()}
    place = Path(folder)
    place.mkdir(parents=True)
    for name, data in parts.items():
        (place / name).write_bytes(data)
    output.say(f"the proof of entry {number} is in {folder}", "allow")


@click.command("check")
@click.argument("folder")
@trust_option
@ends_cleanly
def check(folder: str, trust: tuple[str, ...]) -> None:
    """Verify what `export` or `prove` wrote, without any store.

    Ends with exit code 1 where a byte of it is not as it was signed.
    """
    place, keys = Path(folder), [verifying_key(text) for text in trust]
    if not keys:
        raise InputError("signatures prove something by a key that you trust: give --trust")
    if (place / _PROOF).exists():
        _check_proof(place, keys)
        return
    note = Note.parse((place / CHECKPOINT).read_bytes())
    head = read_back(place, keys, Checkpoint.from_text(note.text).origin)
    output.say(f"the log holds: {head.size} entries of {head.origin}", "allow")
    output.say(f"head {head.root.hex()}", "frame")


@click.command("erase")
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


def _check_proof(place: Path, keys: list[VerifyingKey]) -> None:
    proof = Proof.parse((place / _PROOF).read_bytes())
    entry = (place / _ENTRY).read_bytes()
    head = proof.verify(entry, keys, Checkpoint.from_text(proof.checkpoint.text).origin)
    leaf = Leaf.from_bytes(entry)
    said = f"entry {proof.index + 1} of {head.size} of {head.origin}: {leaf.kind} at {leaf.at}"
    output.say(said, "allow")
    if not (place / _BODY).exists():
        output.say("what it tells is not here", "frame")
        return
    body = (place / _BODY).read_bytes()
    try:
        salt = bytes.fromhex((place / _SALT).read_text("ascii"))
    except ValueError as error:
        raise LedgerError(f"{place / _SALT} is no salt") from error
    if salted_digest(salt, body) != leaf.body_digest:
        raise LedgerError(f"{place / _BODY} is not what the entry tells")
    output.say(body.decode("utf-8"))


@contextmanager
def _written(store: str) -> Iterator[Ledger]:
    with closing(Database(store, must_exist=True)) as database:
        LedgerReader(database)  # or there is none, and none is made
        yield Ledger(database, SystemClock())


@contextmanager
def _read(store: str) -> Iterator[LedgerReader]:
    with closing(Database(store, must_exist=True)) as database:
        yield LedgerReader(database)
