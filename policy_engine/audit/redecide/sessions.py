"""What sessions had seen, by the record: the store supplies words and data, digests bind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from policy_engine.audit.reading import is_sealed, members, text
from policy_engine.audit.redecide.kept import Kept
from policy_engine.audit.redecide.known import Known
from policy_engine.audit.redecide.sealed import Seal, agrees
from policy_engine.decision.action import action_digest
from policy_engine.decision.session import SeenOutput, Session
from policy_engine.foundation.canonical import canonical_text
from policy_engine.language.policy import PolicySet
from policy_engine.runtime.keeping import NO_PLAIN_FORM

NOT_OPENED = "no entry opens its session"
NO_REQUEST = "the store does not have the request of its session"
NO_OUTPUTS = "the store does not have what its session has seen"
OTHER = "what the store has of its session is not what was recorded"
UNTYPED = "its session has seen a call that was decided under a policy that was not given"
SEALED = "what is said of its session is sealed, and the store does not have it"


@dataclass(slots=True)
class _Call:
    """A row that a session must have: a call that has begun, or what came of it."""

    entry: int
    known: Known
    digest: str | None = None
    """That of what it returned; None where the row has no output."""


@dataclass(slots=True)
class _Memory:
    id: str
    request_digest: str | None
    attributes: Mapping[str, object]
    root: str | None = None
    calls: list[_Call] = field(default_factory=list)
    rows: list[SeenOutput] = field(default_factory=list)
    """As the store has them."""
    seen: list[SeenOutput] = field(default_factory=list)
    """Those of them that are held against the record."""
    is_complete: bool = True
    request: str | None = None
    latest: Session | None = None
    """As it was last asked for; what was read of it need not be read again."""
    lack: str | None = None


Find = Callable[[int, str], None]


class Sessions:
    """All sessions so far."""

    def __init__(self, kept: Kept, seal: Seal, find: Find) -> None:
        """`find` is told what is not as it was recorded: the entry, and what is wrong."""
        self._kept = kept
        self._seal = seal
        self._find = find
        self._memories: dict[str, _Memory] = {}
        self._families: dict[str, set[str]] = {}

    def opened(self, number: int, body: Mapping[str, object]) -> None:
        id_, above = text(body, "session"), text(body, "branched_from")
        if id_ is None:
            return
        said, digest = members(body, "attributes"), text(body, "request_digest")
        memory = self._memories[id_] = _Memory(id_, digest, said)
        parent = self._memories.get(above or "")
        if parent is not None:
            memory.root = parent.root = parent.root or parent.id
            self._families.setdefault(memory.root, {memory.root}).add(id_)
        elif above is not None:
            memory.lack = NOT_OPENED
        self._take_words(memory, number)

    def called(self, number: int, known: Known, digest: str | None = None) -> None:
        """A call has begun, or has come to an end that its session sees."""
        memory = self._memories.get(known.session or "")
        if memory is not None:
            memory.calls.append(_Call(number, known, digest))

    def withheld(self, known: Known) -> None:
        """What came back, as the entry before says, did not enter the session."""
        memory = self._memories.get(known.session or "")
        if memory is not None and memory.calls and memory.calls[-1].known is known:
            memory.calls.pop()

    def lost(self, number: int, known: Known) -> None:
        """Nobody knows what it would have returned."""
        memory = self._memories.get(known.session or "")
        if memory is not None:
            memory.is_complete = False
        self.called(number, known)

    def family(self, id_: str | None) -> frozenset[str]:
        """All sessions that branched off from the same first one; none for one by itself."""
        memory = self._memories.get(id_ or "")
        root = memory.root if memory is not None else None
        return frozenset(self._families[root]) if root is not None else frozenset()

    def lacks(self, id_: str) -> str | None:
        """Why nobody can tell what a session had seen; None where it is known."""
        for each in (id_, *sorted(self.family(id_) - {id_})):
            memory = self._memories.get(each)
            if memory is None:
                return NOT_OPENED
            self._read(memory)
            if memory.lack is not None:
                return memory.lack
        return None

    def session(self, id_: str, policy: PolicySet) -> Session:
        """A session of which nothing lacks, with the labels of what its relatives have seen."""
        memory = self._memories[id_]
        relatives = [self._memories[each] for each in self.family(id_)]
        seen = {row.task for one in relatives for row in one.seen}
        outputs = [policy.tasks[name].output for name in seen if name in policy.tasks]
        session = Session.of(
            memory.request,
            tuple(memory.seen),
            id=id_,
            complete=memory.is_complete and all(one.is_complete for one in relatives),
            labels={label for output in outputs if output for label in output.labels},
        )
        if memory.latest is not None:
            session.kept = memory.latest.kept
        memory.latest = session
        return session

    def attributes(self, id_: str) -> Mapping[str, object]:
        """What is said of a session of which nothing lacks."""
        return self._memories[id_].attributes

    def _take_words(self, memory: _Memory, number: int) -> None:
        """The request and what is said of a session, of which the record may have digests."""
        kept, told, digest = self._kept.session(memory.id), memory.attributes, memory.request_digest
        if kept is None or (kept.request is None and digest is not None):
            memory.lack = NO_REQUEST if digest is not None else SEALED if is_sealed(told) else None
            return
        if digest is not None and self._seal(kept.request) != digest:
            memory.lack = OTHER
            what = f"the store's request of the session {memory.id} is not the one it opened with"
            self._find(number, what)
        elif not agrees(told, kept.attributes, self._seal):
            memory.lack = OTHER
            what = f"what the store says of the session {memory.id} is not what was recorded"
            self._find(number, what)
        else:
            memory.attributes = kept.attributes
            memory.request = kept.request if digest is not None else None

    def _read(self, memory: _Memory) -> None:
        """Holds the rows of the store against what the record says of calls, as far as it goes."""
        if memory.lack is not None or len(memory.seen) == len(memory.calls):
            return
        if len(memory.rows) < len(memory.calls):
            memory.rows = self._kept.seen(memory.id) or []
        if len(memory.rows) < len(memory.calls):
            memory.lack = NO_OUTPUTS
            return
        for call in memory.calls[len(memory.seen) :]:
            row = memory.rows[len(memory.seen)]
            memory.lack = self._other(call, row, memory)
            if memory.lack is not None:
                return
            memory.seen.append(row)

    def _other(self, call: _Call, row: SeenOutput, memory: _Memory) -> str | None:
        """Why a row is not what the record says; None where it is."""
        known, action = call.known, call.known.action
        if action is None:
            return UNTYPED
        nothing = call.digest is None or call.digest == self._seal(NO_PLAIN_FORM)
        if nothing and call.digest is not None:
            memory.is_complete = False
        returned = row.value is None if nothing else self._seal(row.value) == call.digest
        called = _same(known.input, row.input)
        if called is None:
            if self._seal(action_digest(action, row.input)) != known.digest:
                return UNTYPED
            called = True
        if returned and called and row.task == action.task:
            return None
        what = f"what the store's session {memory.id} has seen of {known.id} is not what happened"
        self._find(call.entry, what)
        return OTHER


def _same(input_: Mapping[str, object] | None, other: Mapping[str, object]) -> bool | None:
    """Whether two inputs are one; None where the first is not known."""
    return None if input_ is None else canonical_text(input_) == canonical_text(other)
