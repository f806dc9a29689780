"""All decisions of a record, made again, each held against its entry.

The past, what people and validations said, and what sessions had seen are those of the record up
to the entry; roles and facts are those of the entry itself. The store supplies what the record has
only digests of, and the digests decide whether it is that. What cannot be decided again is counted
with its reason: it is no finding, and it does not follow either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from policy_engine.audit.reading import instant, objects, text
from policy_engine.audit.redecide.again import NO_ID, Again, Book, Entry
from policy_engine.audit.redecide.answers import Differs, Lacks
from policy_engine.audit.redecide.kept import Kept
from policy_engine.audit.redecide.known import Known, told_action
from policy_engine.audit.redecide.rejections import Rejections
from policy_engine.audit.redecide.said import Said, TakenBack
from policy_engine.audit.redecide.sessions import Sessions
from policy_engine.audit.redecide.tally import Redecision, Tally
from policy_engine.decision.codes import NEEDS_CONFIRMATION
from policy_engine.decision.history import Status
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import LedgerError
from policy_engine.language.policy import PolicySet
from policy_engine.ledger.record import Record
from policy_engine.runtime.keeping import NO_PLAIN_FORM

ERASED = "what its entry told was erased"
UNREADABLE = "its entry cannot be read"
NO_SALT = "the salt that seals the digests of the record is not in the store"

_FIRST = datetime.min.replace(tzinfo=UTC)


def redecide(
    records: Iterable[Record],
    database: Database,
    policies: Iterable[PolicySet],
    progress: Callable[[int], None] = lambda _: None,
) -> Redecision:
    """Decides again what was decided under one of these policies. Reads only.

    `database` is the store of the record; `progress` is told the number of each entry. Raises
    `ValueError` where there are no policies.
    """
    redeciding = Redeciding(Kept(database), policies)
    for record in records:
        redeciding.take(record)
        progress(record.number)
    return redeciding.finished()


class Redeciding:
    """What of a record has been decided again so far."""

    def __init__(self, kept: Kept, policies: Iterable[PolicySet]) -> None:
        salt = kept.salt
        self._has_salt = salt is not None
        self._books = {one.digest: Book(one, salt or b"") for one in policies}
        if not self._books:
            raise ValueError("by no policy nothing is decided again")
        self._kept = kept
        self._tally = Tally()
        self._seal = next(iter(self._books.values())).accounts.seal
        self._nothing = self._seal(None), self._seal(NO_PLAIN_FORM)
        self._sessions = Sessions(kept, self._seal, self._tally.differs_beside)
        self._again = {name: Again(book, self._sessions) for name, book in self._books.items()}
        self._actions: dict[str, Known] = {}
        self._rejections = Rejections()
        self._suspended: set[str] = set()
        self._taken_back: list[TakenBack] = []
        self._previous = _FIRST

    def take(self, record: Record) -> None:
        """Takes the next entry."""
        at = instant(record.at)
        tell = _KINDS.get(record.kind)
        if tell is not None:
            lack = _unreadable(record, at)
            if at is None or lack is not None:
                self._tally.gap(record, lack or UNREADABLE)
            elif self._has_salt:
                tell(self, record, at)
            elif record.kind == "decided" and record.body.get("policy") in self._books:
                self._tally.lacks(record.number, NO_SALT)
        self._previous = at or self._previous

    def finished(self) -> Redecision:
        """What came of it."""
        return self._tally.finished()

    def _session(self, record: Record, at: datetime) -> None:
        self._sessions.opened(record.number, record.body)

    def _decided(self, record: Record, at: datetime) -> None:
        body = record.body
        known = self._known(record, at)
        if known.session is None:
            known.session = text(body, "session")
        policy = text(body, "policy") or ""
        if policy not in self._books:
            self._tally.others[policy] += 1
            self._decided_elsewhere(known, text(body, "action_digest"))
        else:
            self._decided_again(policy, self._entry(record, at, known))
        known.digest = text(body, "action_digest")
        known.said.decided(waits=_waits(body))
        if known.id != NO_ID:
            if text(body, "outcome") != "allow" and not _waits(body):
                self._ended(known, "denied")
            self._put(known)

    def _entry(self, record: Record, at: datetime, known: Known) -> Entry:
        return Entry(
            record,
            at,
            self._previous,
            known,
            frozenset(self._suspended),
            self._rejections,
            tuple(self._taken_back),
        )

    def _decided_again(self, policy: str, entry: Entry) -> None:
        entry.known.is_bound = False
        found = self._again[policy].found(entry)
        entry.known.decided_at = entry.moments()[0]
        number = entry.record.number
        match found:
            case Lacks(why):
                self._tally.lacks(number, why)
            case Differs(what, is_sure):
                self._tally.differs(number, what, is_sure=is_sure)
            case None:
                self._tally.follow += 1

    def _decided_elsewhere(self, known: Known, digest: str | None) -> None:
        """Decided under a policy that was not given: one that was may read it alike."""
        known.is_bound, known.input = False, None
        for again in self._again.values():
            if again.binds(known, digest):
                return

    def _known(self, record: Record, at: datetime) -> Known:
        """The action of an entry, as far as it is known."""
        id_ = text(record.body, "action") or NO_ID
        known = self._actions.get(id_)
        if known is None:
            kept = None if id_ == NO_ID else self._kept.action(id_)
            action = None if kept is None else kept.action
            proposed = at if kept is None else min(kept.proposed_at, at)
            task = action.task if action is not None else text(record.body, "task") or ""
            known = Known(id_, task, proposed, kept, action)
            if id_ != NO_ID:
                self._actions[id_] = known
        if known.action is None and record.kind == "decided":
            known.action = told_action(record.body)
        return known

    def _said(self, record: Record, at: datetime) -> None:
        known = self._known(record, at)
        _SAID[record.kind](known.said, record.body, at)
        if known.digest is not None:
            self._put(known)

    def _rejected(self, record: Record, at: datetime) -> None:
        known = self._known(record, at)
        self._rejections.add(record.body, known, at)
        self._ended(known, "denied")
        self._put(known)

    def _intent(self, record: Record, at: datetime) -> None:
        known = self._known(record, at)
        known.status, known.has_begun = "running", True
        known.at = known.decided_at or at
        known.is_approved = known.is_approved or bool(objects(record.body, "approvals"))
        known.said.begun()
        self._sessions.called(record.number, known)
        self._put(known)

    def _executed(self, record: Record, at: datetime) -> None:
        known, digest = self._known(record, at), text(record.body, "output_digest")
        self._ended(known, "executed")
        self._take_output(record.number, known, digest)
        self._sessions.called(record.number, known, digest)
        self._put(known)

    def _take_output(self, number: int, known: Known, digest: str | None) -> None:
        """What the store has of what came back, where that is what the record says."""
        kept = known.kept.output if known.kept is not None else ()
        if kept and self._seal(kept[0]) == digest:
            known.output = kept
            return
        known.lacks_output = digest not in self._nothing
        if kept:
            what = f"the store's output of the action {known.id} is not what it returned"
            self._tally.found(number, what)

    def _withheld(self, record: Record, at: datetime) -> None:
        known = self._known(record, at)
        self._ended(known, "withheld")
        known.output, known.lacks_output = (), False
        self._sessions.withheld(known)
        self._put(known)

    def _failed(self, record: Record, at: datetime) -> None:
        """What failed before it began was never called."""
        known = self._known(record, at)
        self._ended(known, "failed" if known.has_begun else "proposed")
        self._put(known)

    def _lost(self, record: Record, at: datetime) -> None:
        known = self._known(record, at)
        known.status = "unknown"
        self._sessions.lost(record.number, known)
        self._put(known)

    def _abandoned(self, record: Record, at: datetime) -> None:
        known = self._known(record, at)
        self._ended(known, "denied")
        self._put(known)

    def _suspension(self, record: Record, at: datetime) -> None:
        name = text(record.body, "name") or ""
        if record.kind == "suspended":
            self._suspended.add(name)
        else:
            self._suspended.discard(name)

    def _end_of_right(self, record: Record, at: datetime) -> None:
        lender, holder = text(record.body, "by") or "", text(record.body, "to") or ""
        self._taken_back.append(TakenBack(lender, holder, at))

    def _ended(self, known: Known, status: Status) -> None:
        known.status, known.has_ended = status, True

    def _put(self, known: Known) -> None:
        """Lets the past of each policy know of it."""
        for book in self._books.values():
            book.before.put(known, known.task)


def _unreadable(record: Record, at: datetime | None) -> str | None:
    """Why an entry tells nothing; None where it does."""
    if record.is_erased:
        return ERASED
    try:
        is_told = isinstance(record.body, Mapping)
    except LedgerError:
        is_told = False
    return None if is_told and at is not None else UNREADABLE


def _waits(body: Mapping[str, object]) -> bool:
    """Whether the gate holds what it decided so, and decides it again."""
    outcome = text(body, "outcome")
    if outcome != "validate":
        return outcome == "escalate"
    open_ = [one for one in objects(body, "reasons") if text(one, "outcome") == outcome]
    return all(text(one, "code") == NEEDS_CONFIRMATION.id for one in open_)


_SAID: Mapping[str, Callable[[Said, Mapping[str, object], datetime], None]] = {
    "validated": Said.validated,
    "held": Said.held,
    "approved": Said.approved,
    "confirmed": Said.confirmed,
}
_Tell = Callable[[Redeciding, Record, datetime], None]
_KINDS: Mapping[str, _Tell] = {
    "session": Redeciding._session,
    **dict.fromkeys(_SAID, Redeciding._said),
    "decided": Redeciding._decided,
    "rejected": Redeciding._rejected,
    "intent": Redeciding._intent,
    "executed": Redeciding._executed,
    "withheld": Redeciding._withheld,
    "failed": Redeciding._failed,
    "unknown": Redeciding._lost,
    "abandoned": Redeciding._abandoned,
    "suspended": Redeciding._suspension,
    "lifted": Redeciding._suspension,
    "taken_back": Redeciding._end_of_right,
}
