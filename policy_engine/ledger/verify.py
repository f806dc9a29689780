"""Does the record hold? Integrity, order, nothing cut off, and every execution authorised.

Needs nothing but the entries: whoever has a copy of them can run it. It finds
an entry that was altered, removed, inserted or moved; a record that ends before a head that
somebody wrote down; an execution without an intent, an intent without a decision that allows
exactly that action, an approval that was used and never given, or used twice. Given what a ledger
keeps beside its entries, it holds tiles and signed checkpoints to them too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from policy_engine.foundation.diagnostics import Code, Severity
from policy_engine.foundation.errors import InputError, LedgerError
from policy_engine.foundation.signing import VerifyingKey
from policy_engine.ledger import codes
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.leaf import salted_digest
from policy_engine.ledger.notes import Note
from policy_engine.ledger.record import NO_HEAD, Record
from policy_engine.ledger.tiles import Cutter, Tile
from policy_engine.ledger.tree import leaf_hash
from policy_engine.runtime.codes import NO_TOOL


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the past, and the entry where it shows."""

    code: Code
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found; `head` pins the record as it stands."""

    entries: int
    head: str
    """The root of the tree of all entries, in hexadecimal."""
    findings: tuple[Finding, ...]
    erased: int = 0
    """Of how many entries nothing is told any more."""
    signed: int = 0
    """How many checkpoints hold, each signed by a key that is known."""

    @property
    def holds(self) -> bool:
        return not any(f.code.severity is Severity.ERROR for f in self.findings)


class Beside(Protocol):
    """What a ledger keeps beside its entries."""

    def kept_tiles(self) -> Mapping[tuple[int, int], object]: ...

    def checkpoints(self) -> Iterable[tuple[int, str]]: ...


def verify(
    records: Iterable[Record],
    *,
    pinned: str | None = None,
    checkpoint: Checkpoint | None = None,
    beside: Beside | None = None,
    keys: Iterable[VerifyingKey] = (),
    progress: Callable[[int], None] = lambda number: None,
) -> Verification:
    """Checks entries in order.

    `pinned` is a head in hexadecimal, and `checkpoint` one with its size, that must be of this
    record. `keys` are those whose signatures count, beside those that the record itself names.
    """
    reading = _Reading(pinned, checkpoint, beside, tuple(keys))
    try:
        for record in records:
            reading.take(record)
            progress(record.number)
    except LedgerError as error:
        reading.find(codes.ALTERED, reading.number + 1, str(error))
    return reading.finished()


@dataclass(slots=True)
class _Account:
    """What the record says of one action so far."""

    allowed: dict[str, object] | None = None
    intents: int = 0
    settled: int = 0
    signed: set[tuple[str, ...]] = field(default_factory=set)
    confirmed: set[tuple[str, ...]] = field(default_factory=set)
    last: int = 0


class _Reading:
    """A record as far as it has been read."""

    def __init__(
        self,
        pinned: str | None,
        checkpoint: Checkpoint | None,
        beside: Beside | None,
        keys: tuple[VerifyingKey, ...],
    ) -> None:
        self.number = 0
        self._cutter = Cutter()
        self._head = NO_HEAD
        self._follows = True
        self._accounts: dict[str, _Account] = {}
        self._findings: list[Finding] = []
        self._told: list[Finding] = []
        """What the entries say of executions, and what is missing from them."""
        self._erased: set[int] = set()
        self._named: set[int] = set()
        """Entries that another says to be erased."""
        self._pinned = pinned
        self._checkpoint = checkpoint
        self._is_pinned = pinned in (None, NO_HEAD)
        self._tiles = dict(beside.kept_tiles()) if beside is not None else None
        self._signed = list(beside.checkpoints()) if beside is not None else []
        self._keys = list(keys)
        self._roots = {size: "" for size, _ in self._signed}
        if checkpoint is not None:
            self._roots[checkpoint.size] = ""

    def find(self, code: Code, number: int, text: str) -> None:
        """Notes a finding."""
        self._findings.append(Finding(code, number, text))

    def take(self, record: Record) -> None:
        """The next entry."""
        if self.number == 0 and (record.number, record.kind) != (1, "opened"):
            self.find(codes.CUT_OFF, record.number, "the record does not begin with its opening")
        if record.number != self.number + 1:
            self.find(codes.BROKEN_CHAIN, record.number, f"entry {self.number + 1} is missing")
        self._grow(record)
        self._read(record)
        self.number = record.number

    def _grow(self, record: Record) -> None:
        """The entry as a leaf of the tree: what it hashes to, and the root that it keeps."""
        try:
            leaf = leaf_hash(record.entry)
        except LedgerError as error:
            text = f"entry {record.number} was altered after it was written: {error}"
            self.find(codes.ALTERED, record.number, text)
            leaf = leaf_hash(repr(record).encode("utf-8", "replace"))
        for tile, hashes in self._cutter.add(leaf):
            self._compare(tile, hashes, record.number)
        root = self._cutter.root()
        follows = root == record.root
        if self._follows and not follows:  # those after it do not either, and it says enough
            text = f"entry {record.number} does not follow from those before it, or was altered"
            self.find(codes.BROKEN_CHAIN, record.number, text)
        self._follows = follows
        self._head = root.hex()
        self._is_pinned = self._is_pinned or self._head == self._pinned
        if self._cutter.size in self._roots:
            self._roots[self._cutter.size] = self._head

    def _compare(self, tile: Tile, hashes: bytes, number: int) -> None:
        """A tile of the ledger with what follows from its entries."""
        if self._tiles is None or tile.level is None:
            return
        if self._tiles.pop((tile.level, tile.index), None) != hashes:
            text = f"the tile {tile.path} does not follow from the entries"
            self.find(codes.ALTERED, number, text)

    def _read(self, record: Record) -> None:
        """What the entry tells."""
        if record.is_erased:
            self._erased.add(record.number)
            return
        body = _body(record)
        if body is None:
            text = f"entry {record.number} was altered after it was written"
            self.find(codes.ALTERED, record.number, text)
            return
        if record.kind == "erased" and isinstance(body.get("entry"), int):
            self._named.add(int(str(body["entry"])))
        if record.kind == "signing_key":
            try:
                self._keys.append(VerifyingKey.from_text(str(body.get("key"))))
            except InputError as error:
                self.find(codes.ALTERED, record.number, f"entry {record.number}: {error}")
        self._told.extend(_authorised(record, body, self._accounts))

    def finished(self) -> Verification:
        """All that was found."""
        if self.number == 0 and not self._findings:
            self.find(codes.CUT_OFF, 0, "the record is empty: not even its opening is there")
        for number in sorted(self._erased - self._named):
            text = f"entry {number}: what it told is gone, and no entry says who erased it"
            self.find(codes.ALTERED, number, text)
        signed = self._check_signed()
        self._check_tiles()
        self._check_pins()
        missing = [_perhaps_erased(found) if self._erased else found for found in self._told]
        findings = (*self._findings, *missing, *_unsettled(self._accounts))
        return Verification(self.number, self._head, findings, len(self._erased), signed)

    def _check_tiles(self) -> None:
        if self._tiles is None:
            return
        for tile, hashes in self._cutter.rest():
            if tile.level:  # of the lowest level, full tiles alone are kept
                self._compare(tile, hashes, self.number)
        for level, index in sorted(self._tiles, key=str):
            text = f"there is a tile {level}, {index} that the record does not have"
            self.find(codes.ALTERED, self.number, text)

    def _check_signed(self) -> int:
        """How many of the checkpoints that are kept hold, each signed by a known key."""
        good = 0
        for size, text in self._signed:
            try:
                note = Note.parse(text.encode("utf-8"))
                note.verify(self._keys)
                kept = Checkpoint.from_text(note.text)
            except (LedgerError, UnicodeEncodeError) as error:
                self.find(codes.ALTERED, size, f"the checkpoint of {size} entries: {error}")
                continue
            if (kept.size, kept.root.hex()) != (size, self._roots.get(size)):
                text = f"the record is not what was signed as its first {size} entries"
                self.find(codes.CUT_OFF, size, text)
                continue
            good += 1
        return good

    def _check_pins(self) -> None:
        if not self._is_pinned:
            text = (
                f"the pinned head {self._pinned} is not in the record: it was cut off or replaced"
            )
            self.find(codes.CUT_OFF, self.number, text)
        pin = self._checkpoint
        if pin is not None and self._roots[pin.size] != pin.root.hex() and pin.size:
            text = f"the record is not what the checkpoint of {pin.size} entries pins"
            self.find(codes.CUT_OFF, self.number, text)


def _body(record: Record) -> Mapping[str, object] | None:
    """What an entry tells, as plain JSON; None where it is not what its digest says."""
    if record.text is None or record.salt is None:
        return None
    try:
        digest = salted_digest(record.salt, record.text.encode("utf-8"))
        body = json.loads(record.text)
    except (LedgerError, ValueError, RecursionError):
        return None
    return body if digest == record.digest and isinstance(body, dict) else None


def _perhaps_erased(finding: Finding) -> Finding:
    """What is missing may have stood in an entry that was erased."""
    return Finding(codes.ERASED, finding.number, f"{finding.text}, or it was erased")


def _authorised(
    record: Record, body: Mapping[str, object], accounts: dict[str, _Account]
) -> Iterator[Finding]:
    account = accounts.setdefault(_name(body.get("action")), _Account())
    account.last = record.number
    match record.kind:
        case "decided":
            account.allowed = dict(body) if body.get("outcome") == "allow" else None
        case "approved":
            account.signed.add(_signature(body))
        case "confirmed":
            account.confirmed.add(_confirmation(body, body.get("by")))
        case "intent":
            yield from _intended(record, body, account)
        case "executed" | "unknown" | "failed":
            if body.get("code") != NO_TOOL.id:
                account.settled += 1
                if account.settled > account.intents:
                    text = f"entry {record.number}: an outcome without an intent before it"
                    yield Finding(codes.UNAUTHORISED, record.number, text)


def _intended(record: Record, body: Mapping[str, object], account: _Account) -> Iterator[Finding]:
    allowed = account.allowed or {}
    account.intents += 1
    if account.intents > 1:
        text = f"entry {record.number}: the action {body.get('action')} was started twice"
        yield Finding(codes.UNAUTHORISED, record.number, text)
    same = all(allowed.get(name) == body.get(name) for name in ("action_digest", "policy"))
    if account.allowed is None or not same:
        text = f"entry {record.number}: no decision before it allows exactly this action"
        yield Finding(codes.UNAUTHORISED, record.number, text)
    account.allowed = None
    yield from _confirmed(record, body, account)
    used = body.get("approvals", [])
    if not isinstance(used, list) or not all(isinstance(item, dict) for item in used):
        text = f"entry {record.number}: the approvals that it used cannot be read"
        yield Finding(codes.UNSIGNED, record.number, text)
        return
    for approval in used:
        signature = _signature(approval)
        if signature not in account.signed:
            text = f"entry {record.number}: `{signature[0]}` is not recorded to have signed"
            yield Finding(codes.UNSIGNED, record.number, text)
        account.signed.discard(signature)


def _confirmed(record: Record, body: Mapping[str, object], account: _Account) -> Iterator[Finding]:
    used = body.get("confirmations", [])
    for who in used if isinstance(used, list) else [used]:
        confirmation = _confirmation(body, who)
        if confirmation not in account.confirmed:
            text = f"entry {record.number}: `{confirmation[0]}` is not recorded to have confirmed"
            yield Finding(codes.UNSIGNED, record.number, text)
        account.confirmed.discard(confirmation)


def _confirmation(body: Mapping[str, object], who: object) -> tuple[str, ...]:
    """Who confirmed what."""
    return _name(who), _name(body.get("action_digest"))


def _signature(body: Mapping[str, object]) -> tuple[str, ...]:
    """Who signed what: the rule as it read, the facts as they were."""
    return tuple(_name(body.get(n)) for n in ("by", "rule", "rule_digest", "facts_digest"))


def _name(value: object) -> str:
    """A member as something that can be looked up, whatever it is."""
    return value if isinstance(value, str) else repr(value)


def _unsettled(accounts: dict[str, _Account]) -> Iterator[Finding]:
    for action, account in accounts.items():
        if account.intents > account.settled:
            text = f"the outcome of the action {action} is not recorded: it may have happened"
            yield Finding(codes.UNSETTLED, account.last, text)
