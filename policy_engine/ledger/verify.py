"""Does the record hold? Integrity, order, nothing cut off, and every execution authorised.

Needs nothing but the entries: whoever has a copy of them can run it. It finds
an entry that was altered, removed, inserted or moved; a record that ends before a head that
somebody wrote down; an execution without an intent, an intent without a decision that allows
exactly that action, an approval that was used and never given, or used twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from policy_engine.foundation.diagnostics import Code, Severity
from policy_engine.foundation.errors import LedgerError
from policy_engine.ledger import codes
from policy_engine.ledger.chain import GENESIS, Record, record_digest
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
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        return not any(f.code.severity is Severity.ERROR for f in self.findings)


@dataclass(slots=True)
class _Account:
    """What the record says of one action so far."""

    allowed: dict[str, object] | None = None
    intents: int = 0
    settled: int = 0
    signed: set[tuple[str, ...]] = field(default_factory=set)
    confirmed: set[tuple[str, ...]] = field(default_factory=set)
    last: int = 0


def verify(
    records: Iterable[Record],
    *,
    pinned: str | None = None,
    progress: Callable[[int], None] = lambda number: None,
) -> Verification:
    """Checks entries in order; `pinned` is a head (a digest) that must be among them."""
    findings: list[Finding] = []
    accounts: dict[str, _Account] = {}
    previous, number, seen_pinned = GENESIS, 0, pinned in (None, GENESIS)
    try:
        for record in records:
            if number == 0 and (record.number, record.kind) != (1, "opened"):
                text = "the record does not begin with its opening"
                findings.append(Finding(codes.CUT_OFF, record.number, text))
            findings.extend(_linked(record, number, previous))
            findings.extend(_authorised(record, accounts))
            previous, number = record.digest, record.number
            seen_pinned = seen_pinned or record.digest == pinned
            progress(number)
    except LedgerError as error:
        findings.append(Finding(codes.ALTERED, number + 1, str(error)))
    if number == 0 and not findings:
        findings.append(
            Finding(codes.CUT_OFF, 0, "the record is empty: not even its opening is there")
        )
    if not seen_pinned:
        text = f"the pinned head {pinned} is not in the record: it was cut off or replaced"
        findings.append(Finding(codes.CUT_OFF, number, text))
    findings.extend(_unsettled(accounts))
    return Verification(number, previous, tuple(findings))


def _linked(record: Record, number: int, previous: str) -> Iterator[Finding]:
    if record.number != number + 1:
        text = f"entry {number + 1} is missing"
        yield Finding(codes.BROKEN_CHAIN, record.number, text)
    if record.previous != previous:
        text = f"entry {record.number} does not follow the entry before it"
        yield Finding(codes.BROKEN_CHAIN, record.number, text)
    if _digest_of(record) != record.digest:
        text = f"entry {record.number} was altered after it was written"
        yield Finding(codes.ALTERED, record.number, text)


def _digest_of(record: Record) -> str | None:
    try:
        return record_digest(record.number, record.at, record.kind, record.body, record.previous)
    except ValueError:
        return None


def _authorised(record: Record, accounts: dict[str, _Account]) -> Iterator[Finding]:
    body = record.body
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
            yield from _intended(record, account)
        case "executed" | "unknown" | "failed":
            if body.get("code") != NO_TOOL.id:
                account.settled += 1
                if account.settled > account.intents:
                    text = f"entry {record.number}: an outcome without an intent before it"
                    yield Finding(codes.UNAUTHORISED, record.number, text)


def _intended(record: Record, account: _Account) -> Iterator[Finding]:
    body, allowed = record.body, account.allowed or {}
    account.intents += 1
    if account.intents > 1:
        text = f"entry {record.number}: the action {body.get('action')} was started twice"
        yield Finding(codes.UNAUTHORISED, record.number, text)
    same = all(allowed.get(name) == body.get(name) for name in ("action_digest", "policy"))
    if account.allowed is None or not same:
        text = f"entry {record.number}: no decision before it allows exactly this action"
        yield Finding(codes.UNAUTHORISED, record.number, text)
    account.allowed = None
    yield from _confirmed(record, account)
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


def _confirmed(record: Record, account: _Account) -> Iterator[Finding]:
    used = record.body.get("confirmations", [])
    for who in used if isinstance(used, list) else [used]:
        confirmation = _confirmation(record.body, who)
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
