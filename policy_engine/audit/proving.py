"""Proofs for the actions that a report tells one by one: checked without the store, and without us.

Each rests on a checkpoint: the root of the record that was verified for the report. It is signed
where a key is given; else the newest signed one that the store keeps stands for what it covers, and
for the rest the checkpoint is not signed. A record that does not hold proves nothing. What an entry
tells and its salt are in no proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from policy_engine.audit.report import Report
from policy_engine.audit.story import Story
from policy_engine.audit.words import shown
from policy_engine.foundation.errors import InputError, LedgerError
from policy_engine.foundation.signing import VerifyingKey
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.notes import Note, Signer
from policy_engine.ledger.proofs import prove
from policy_engine.ledger.record import Record
from policy_engine.ledger.tree import HashReader, leaf_hash, root_of

MOST_ENTRIES = 30
"""Entries of one action that are named; all are counted."""


class Log(Protocol):
    """The record as it is kept, with its tree."""

    @property
    def origin(self) -> str: ...

    def record(self, number: int) -> Record: ...

    def records(self, kind: str | None = None) -> Iterator[Record]: ...

    def hashes(self, size: int) -> HashReader: ...

    def checkpoints(self) -> Iterator[tuple[int, str]]: ...


@dataclass(frozen=True, slots=True)
class Root:
    """A checkpoint on which proofs rest; `note` has no signature where nobody has signed it."""

    checkpoint: Checkpoint
    note: Note
    keys: tuple[VerifyingKey, ...] = ()
    """Whose signatures hold: of the key that was given, or of those that the record names."""

    @property
    def is_signed(self) -> bool:
        return bool(self.keys)


@dataclass(frozen=True, slots=True)
class Proved:
    """One entry with its proof (C2SP tlog-proof, from `root.note`), both as they are written."""

    number: int
    kind: str
    entry: str
    proof: str
    root: Root


@dataclass(frozen=True, slots=True)
class Grounds:
    """What one action rests on."""

    entries: tuple[tuple[int, str, str], ...]
    """Number, kind and time of its entries, the first `MOST_ENTRIES`."""
    more: int
    """Further entries."""
    proved: tuple[Proved, ...]
    """The latest decision, and that it was carried out."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """Those of one report."""

    roots: tuple[Root, ...] = ()
    """The checkpoints that they rest on: the whole record last."""
    of: Mapping[int, Grounds] = field(default_factory=dict)
    """By the first entry of the action."""
    problem: str | None = None
    """Why there are none."""


NONE = Proofs(problem="This page was made without proofs.")


def proofs(
    log: Log, report: Report, stories: Iterable[Story], signer: Signer | None = None
) -> Proofs:
    """The proofs of these actions. Nothing raises: what cannot be proved is said not to be."""
    if not report.verification.holds:
        return Proofs(problem="The record does not hold, so there is nothing to prove by it.")
    try:
        roots = tuple(_roots(log, report, signer))
        found = _Proving(log, roots)
        told = {story.entry: found.grounds(story) for story in stories}
    except LedgerError as error:
        return Proofs(problem=f"There are no proofs: {error}")
    return Proofs(roots, told)


def _roots(log: Log, report: Report, signer: Signer | None) -> Iterator[Root]:
    """The signed one first, where it does not cover the whole."""
    verification = report.verification
    whole = Checkpoint(log.origin, verification.entries, bytes.fromhex(verification.root))
    if signer is not None:
        yield Root(whole, whole.signed(signer), (signer.verifying,))
        return
    kept = _kept(log, whole)
    if kept is not None:
        yield kept
    if kept is None or kept.checkpoint.size < whole.size:
        yield Root(whole, Note(whole.text, ()))


def _kept(log: Log, whole: Checkpoint) -> Root | None:
    """The newest checkpoint of this record that a key has signed which the record names."""
    keys = tuple(_keys(log))
    for _, text in sorted(log.checkpoints(), reverse=True):
        try:
            note = Note.parse(text.encode("utf-8"))
            signed = note.verify(keys)
            kept = Checkpoint.from_text(note.text)
            if kept.origin == whole.origin and kept.root == _root(log, kept.size, whole):
                return Root(kept, note, signed)
        except (LedgerError, UnicodeEncodeError):
            continue
    return None


def _root(log: Log, size: int, whole: Checkpoint) -> bytes | None:
    return root_of(size, log.hashes(whole.size)) if 0 < size <= whole.size else None


def _keys(log: Log) -> Iterator[VerifyingKey]:
    for record in log.records("signing_key"):
        try:
            yield VerifyingKey.from_text(str(record.body.get("key")))
        except InputError:
            continue


class _Proving:
    """Proves entries by the first checkpoint that covers them."""

    def __init__(self, log: Log, roots: tuple[Root, ...]) -> None:
        self._log = log
        self._roots = [(root, log.hashes(root.checkpoint.size)) for root in roots]

    def grounds(self, story: Story) -> Grounds:
        """What an action rests on. Raises `LedgerError` for what is not in the record any more."""
        evidence = story.evidence
        named = map(self._log.record, evidence.entries[:MOST_ENTRIES])
        numbers = [n for n in (evidence.decision, evidence.executed) if n is not None]
        return Grounds(
            tuple((record.number, record.kind, record.at) for record in named),
            max(0, len(evidence.entries) - MOST_ENTRIES),
            tuple(self._proved(number) for number in numbers or evidence.entries[-1:]),
        )

    def _proved(self, number: int) -> Proved:
        record = self._log.record(number)
        entry = record.entry
        root, hashes = next(pair for pair in self._roots if number <= pair[0].checkpoint.size)
        if leaf_hash(entry) != hashes(0, number - 1):
            raise LedgerError(f"entry {number} was altered while it was read")
        proof = bytes(prove(number - 1, root.note, hashes)).decode("utf-8")
        if any(shown(line, len(line)) != line for line in proof.split("\n")):
            raise LedgerError("the name of the log or of a key cannot be shown")
        return Proved(number, record.kind, entry.decode("ascii"), proof, root)
