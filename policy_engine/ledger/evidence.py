"""What a person is handed to check a record by: proofs of entries, and a signed list of files.

Beside whatever it holds, a folder of evidence has a `MANIFEST`: a signed note (C2SP signed-note)
whose text has the SHA-256 of every other file, in the form that `sha256sum -c` reads. So nothing in
it can be altered, added or left out without the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from policy_engine.foundation.errors import LedgerError
from policy_engine.foundation.signing import VerifyingKey
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.leaf import Leaf, salted_digest
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.notes import LARGEST_NOTE, Note, Signer, sign
from policy_engine.ledger.proofs import LARGEST_PROOF, Proof, prove
from policy_engine.ledger.tiles import LARGEST_ENTRY

MANIFEST = "MANIFEST"
PROOF, ENTRY, BODY, SALT = "proof", "entry", "body.json", "salt"

_LARGEST_BODY = 2**26


def proof_files(reader: LedgerReader, number: int, checkpoint: Note) -> dict[str, bytes]:
    """The proof that an entry is in the record of a checkpoint, by the names of its files.

    Beside the proof and the entry: what it tells and its salt, unless that was erased. Raises
    `LedgerError` where the entry is not there, or does not lead to the root.
    """
    record, head = reader.record(number), Checkpoint.from_text(checkpoint.text)
    proof = prove(number - 1, checkpoint, reader.hashes(head.size))
    files = {PROOF: bytes(proof), ENTRY: record.entry}
    if record.text is not None and record.salt is not None:
        files |= {BODY: record.text.encode("utf-8"), SALT: f"{record.salt.hex()}\n".encode()}
    return files


def check_proof(place: Path, keys: Iterable[VerifyingKey]) -> tuple[str, str | None]:
    """What is proved by such a folder, in a line, and what the entry tells (None: it is not here).

    Raises `LedgerError` where any of it does not hold.
    """
    proof = Proof.parse(_read(place / PROOF, LARGEST_PROOF))
    entry = _read(place / ENTRY, LARGEST_ENTRY)
    head = proof.verify(entry, keys, Checkpoint.from_text(proof.checkpoint.text).origin)
    leaf = Leaf.from_bytes(entry)
    said = f"entry {proof.index + 1} of {head.size} of {head.origin}: {leaf.kind} at {leaf.at}"
    if not (place / BODY).exists():
        return said, None
    body = _read(place / BODY, _LARGEST_BODY)
    try:
        salt = bytes.fromhex(_read(place / SALT, 100).decode("ascii"))
    except ValueError as error:
        raise LedgerError(f"{place / SALT} is no salt") from error
    if salted_digest(salt, body) != leaf.body_digest:
        raise LedgerError(f"{place / BODY} is not what the entry tells")
    return said, body.decode("utf-8", "replace")


def manifest(folder: Path, signer: Signer) -> bytes:
    """The signed list of all files below a folder, but for the list itself."""
    lines = [f"{_digest(folder / name)}  {name}\n" for name in _names(folder)]
    return bytes(sign("".join(lines), signer))


def check_manifest(folder: Path, keys: Iterable[VerifyingKey]) -> int:
    """How many files there are, each as it was when the list was signed. Raises `LedgerError`."""
    told = dict(_lines(signed_text(folder / MANIFEST, keys)))
    there = set(_names(folder))
    for name in sorted(told.keys() | there):
        if name not in told:
            raise LedgerError(f"{folder / name} is not on the list that was signed")
        if name not in there:
            raise LedgerError(f"{folder / name} is missing")
        if _digest(folder / name) != told[name]:
            raise LedgerError(f"{folder / name} is not as it was when it was signed")
    return len(told)


def signed_text(file: Path, keys: Iterable[VerifyingKey]) -> str:
    """The text of a note in a file, signed by one of these keys. Raises `LedgerError`, with the
    name of the file."""
    try:
        note = Note.parse(_read(file, LARGEST_NOTE))
        note.verify(keys)
    except LedgerError as error:
        raise LedgerError(f"{file}: {error}") from error
    return note.text


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        digest, _, name = line.partition("  ")
        yield name, digest


def _names(folder: Path) -> Iterator[str]:
    """Of all files below a folder, in order. Raises `LedgerError` for what is neither file nor
    folder: behind a link there may be anything, at any time."""
    names, left = list[str](), [folder]
    while left:
        for path in left.pop().iterdir():
            mode = path.lstat().st_mode
            if S_ISDIR(mode):
                left.append(path)
            elif S_ISREG(mode):
                names.append(path.relative_to(folder).as_posix())
            else:
                raise LedgerError(f"{path} is no file, and no folder")
    return (name for name in sorted(names) if name != MANIFEST)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        whole = sha256()
        while block := file.read(1 << 20):
            whole.update(block)
    return whole.hexdigest()


def _read(path: Path, largest: int) -> bytes:
    if path.exists() and not path.is_file():  # to read a pipe would wait for ever
        raise LedgerError(f"{path} is no file")
    with path.open("rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise LedgerError(f"{path} is larger than {largest:,} bytes")
    return data
