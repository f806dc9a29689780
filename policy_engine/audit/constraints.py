"""Whether what was carried out kept to a constraint, also before the constraint was written.

Reads a ledger once, in order. Each decision is asked again whether the constraint applied, with
what its entry tells: who, with which roles, input, context and facts; conditions about the past
see what the record says had happened by then. An action counts by its latest decision, and only
if it was carried out, or may have been.

What is sealed, and what was never recorded, is not known: then it cannot be told whether the
constraint was violated. Where the policy of then had the very same constraint, and it does not ask
about the past, the decision of then settles that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from policy_engine.audit.period import Period
from policy_engine.audit.reading import instant, members, objects, readable, text
from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.cases import Case
from policy_engine.audit.replay.entries import Entry, entry_of
from policy_engine.audit.replay.events import Events
from policy_engine.audit.replay.flips import ALLOW
from policy_engine.audit.replay.grounds import in_plain_words
from policy_engine.audit.replay.recorded import ENDS, waits
from policy_engine.audit.replay.source import Unread, Unreads
from policy_engine.audit.replay.unchanged import Unchanged
from policy_engine.audit.story import Mattered
from policy_engine.decision import codes, explain
from policy_engine.decision.action import named
from policy_engine.decision.history import History
from policy_engine.decision.outcome import Outcome
from policy_engine.decision.program import CompiledRule
from policy_engine.decision.question import Actor, Question
from policy_engine.decision.truth import Unknown
from policy_engine.foundation.errors import InputError, LedgerError
from policy_engine.foundation.suggest import nearest
from policy_engine.language.policy import PolicySet, Rule
from policy_engine.ledger.record import Record

_NO_ID = "-"
"""The gate's word for an action that it refused before it could be kept."""
_NO_DECISION = "no decision about it is recorded"
_UNREAD = "the decision about it cannot be read"
MOST_EXPLAINED = 100
"""Of so many violations the values are told: with a long past, telling them takes long."""
EVER = Period()


@dataclass(frozen=True, slots=True)
class Violation:
    """An action that was carried out, or may have been, and that the constraint forbids."""

    entry: int
    """The number of the entry with the decision about it."""
    at: datetime
    """When that was."""
    action: str
    task: str
    principal: str
    """Kind and id, as in `agent bot-7`."""
    end: str
    """`executed`, `withheld` or `unknown`."""
    values: tuple[Mattered, ...]
    """What made the constraint apply; empty behind the first `MOST_EXPLAINED`, and where no
    decision allowed the action."""


@dataclass(frozen=True, slots=True)
class Untold:
    """Actions of which it cannot be told, for one reason."""

    why: str
    actions: int
    entry: int
    """The first entry about one of them."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How a constraint was kept to."""

    constraint: str
    title: str
    policy: str
    """The digest of the policy that has the constraint."""
    carried_out: int
    """Actions of the tasks that it is about; those of `untold` without a known task are in it."""
    fine: int
    settled: int
    """How many of the fine ones are so only by the decision of then."""
    violations: tuple[Violation, ...]
    """In the order of the record."""
    untold: tuple[Untold, ...]
    """The most frequent first."""
    others: int
    """Actions of other tasks that the policy declares."""
    unknown_tasks: tuple[tuple[str, int], ...]
    """Tasks that the policy does not declare, and how many of their actions were carried out."""
    unread: int
    """Entries that cannot be read; all others are processed."""
    first_unread: tuple[Unread, ...]

    @property
    def has_findings(self) -> bool:
        """Whether it was violated, or may have been where the record cannot be read."""
        return bool(self.violations or self.unread)


def constraint_of(policy: PolicySet, name: str) -> Rule:
    """The constraint of this name. Raises `InputError` where the policy has none."""
    constraints = {one.name: one for one in policy.rules.values() if one.form == "constraint"}
    found = constraints.get(name)
    if found is not None:
        return found
    if name in policy.rules:
        raise InputError(f"`{name}` is a rule and no constraint")
    near = nearest(name, constraints)
    hint = f"; `{near}`, perhaps?" if near else ""
    raise InputError(f"the policy has no constraint `{name}`{hint}")


def kept_to(
    candidate: Candidate,
    name: str,
    records: Iterable[Record],
    *,
    was: Iterable[PolicySet] = (),
    period: Period = EVER,
    progress: Callable[[], None] = lambda: None,
) -> Kept:
    """How the actions that were proposed in the period kept to a constraint of the policy.

    `was` are policy sets by which the past was decided, as far as they are at hand; they settle
    more. `progress` is called for each entry. Raises `InputError` where there is no constraint of
    this name.
    """
    reading = _Reading(candidate, constraint_of(candidate.policy, name), was)
    for record in records:
        progress()
        reading.take(record)
    return reading.finished(period)


@dataclass(frozen=True, slots=True)
class _Said:
    """What the constraint says to one decision."""

    violated: bool = False
    values: tuple[Mattered, ...] = ()
    untold: str | None = None
    settled: bool = False


@dataclass(slots=True)
class _Action:
    """One action while its entries are read."""

    id: str
    proposed: datetime
    entry: int
    """The latest decision; the first entry where none is recorded."""
    at: datetime
    task: str | None = None
    principal: str = ""
    said: _Said = _Said(untold=_NO_DECISION)
    waits: bool = False
    end: str | None = None


class _Reading:
    """What has been read so far."""

    def __init__(self, candidate: Candidate, rule: Rule, was: Iterable[PolicySet]) -> None:
        self._candidate = candidate
        self._rule = rule
        self._compiled = _compiled(candidate, rule)
        self._unchanged = Unchanged(candidate, was)
        self._events = Events(candidate)
        self._attributes: dict[str, Mapping[str, object]] = {}
        self._roots: dict[str, str] = {}
        self._actions: dict[str, _Action] = {}
        self._unreads = Unreads()
        self._explained = 0

    def take(self, record: Record) -> None:
        """Takes the next entry."""
        tell = _KINDS.get(record.kind)
        if tell is None:
            return
        at, why = instant(record.at), _unreadable(record)
        if at is None or why is not None:
            self._unreads.add(f"entry {record.number}", why or "its time cannot be read")
            return
        tell(self, record, at)

    def finished(self, period: Period) -> Kept:
        """What it came to, of the actions that were proposed in the period."""
        ran = [one for one in self._actions.values() if one.end and one.proposed in period]
        unknown = Counter(one.task for one in ran if one.task and not self._declares(one.task))
        about = [one for one in ran if one.task is None or one.task in self._rule.tasks]
        about.sort(key=lambda one: one.entry)
        fine = [one for one in about if not one.said.violated and one.said.untold is None]
        return Kept(
            constraint=self._rule.name,
            title=self._rule.title or "",
            policy=self._candidate.policy.digest,
            carried_out=len(about),
            fine=len(fine),
            settled=sum(one.said.settled for one in fine),
            violations=tuple(_violation(one) for one in about if one.said.violated),
            untold=_untold(about),
            others=len(ran) - len(about) - unknown.total(),
            unknown_tasks=tuple(sorted(unknown.items(), key=lambda item: (-item[1], item[0]))),
            unread=self._unreads.number,
            first_unread=tuple(self._unreads.first),
        )

    def _declares(self, task: str) -> bool:
        return task in self._candidate.policy.tasks

    def _session(self, record: Record, at: datetime) -> None:
        id_, above = text(record.body, "session"), text(record.body, "branched_from")
        if id_ is not None:
            self._attributes[id_] = members(record.body, "attributes")
            self._roots[id_] = id_ if above is None else self._roots.get(above, above)

    def _decided(self, record: Record, at: datetime) -> None:
        id_ = text(record.body, "action")
        if id_ == _NO_ID:
            return
        if id_ is None:
            self._unreads.add(f"entry {record.number}", "it names no action")
            return
        known = self._actions.get(id_)
        action = self._actions.setdefault(id_, _Action(id_, at, record.number, at))
        action.entry, action.at = record.number, at
        action.task = text(record.body, "task") or action.task
        try:
            entry = self._entry(record, at)
        except InputError as error:
            self._unreads.add(f"entry {record.number}", str(error))
            action.said = _Said(untold=_UNREAD)
            return
        action.principal = named(entry.case.action.principal)
        if entry.case.action.task in self._rule.tasks:
            action.said = self._asked(entry, id_, is_again=known is not None)
        self._remember(action, entry.case, record)

    def _entry(self, record: Record, at: datetime) -> Entry:
        session = text(record.body, "session")
        return entry_of(
            self._candidate,
            self._unchanged.since(text(record.body, "policy")),
            record,
            at,
            None if session is None else self._roots.get(session, session),
            self._attributes.get(session or "", {}),
        )

    def _asked(self, entry: Entry, id_: str, *, is_again: bool) -> _Said:
        """What the constraint says to a decision: it applies if it does to anybody in the chain."""
        case, rule = entry.case, self._rule
        history = self._history(case, id_, is_again=is_again)
        question = Question(self._candidate.program, case.action, case.circumstances(history))
        why: str | None = None
        for actor in question.actors:
            truth = actor.meets(self._compiled)
            if truth is True:
                return _Said(violated=True, values=self._values(case, actor, question))
            if isinstance(truth, Unknown):
                why = why or in_plain_words(truth.why)
        if why is None:
            return _Said()
        if rule.name in entry.unchanged and rule.name not in entry.applied:
            return _Said(settled=True)
        return _Said(untold=why)

    def _values(self, case: Case, actor: Actor, question: Question) -> tuple[Mattered, ...]:
        """What made the constraint apply to an action that was allowed."""
        if case.recorded != ALLOW or self._explained >= MOST_EXPLAINED:
            return ()
        self._explained += 1
        reason = explain.rule_reason(
            self._rule, codes.CONSTRAINT, Outcome.DENY, True, actor, question
        )
        labels = (label for label in reason.labels if label.text)
        return tuple(Mattered(one.span.text, one.text, one.span.place) for one in labels)

    def _history(self, case: Case, id_: str, *, is_again: bool) -> History:
        """What had happened by then, without the action itself."""
        if case.action.task not in self._candidate.questions:
            return History()
        history = self._events.history(case.now)
        if is_again and self._candidate.asks_attempts:
            return History(one for one in history.actions if one.id != id_)
        return history

    def _remember(self, action: _Action, case: Case, record: Record) -> None:
        """The action as a part of the past of later ones."""
        was_open, action.waits = action.waits, waits(record)
        if not was_open:
            self._events.decided(action.id, case, case.recorded, waits=action.waits)
        elif not action.waits and text(record.body, "outcome") != "allow":
            self._events.ended(action.id, "denied")

    def _intent(self, record: Record, at: datetime) -> None:
        action = self._named(record, at)
        if action is not None:
            # Until its end is recorded, it may have been carried out.
            action.end = "unknown"
            signed = bool(objects(record.body, "approvals"))
            self._events.begun(action.id, at, approved=signed)

    def _ended(self, record: Record, at: datetime) -> None:
        action = self._named(record, at)
        if action is not None:
            action.end = record.kind if record.kind in _CARRIED_OUT else None
            self._events.ended(action.id, ENDS[record.kind])

    def _named(self, record: Record, at: datetime) -> _Action | None:
        id_ = text(record.body, "action")
        if id_ is None:
            self._unreads.add(f"entry {record.number}", "it names no action")
            return None
        return self._actions.setdefault(id_, _Action(id_, at, record.number, at))


def _compiled(candidate: Candidate, rule: Rule) -> CompiledRule:
    rules = candidate.program.tasks[min(rule.tasks)].narrowing
    return next(one for one in rules if one.rule.name == rule.name)


def _unreadable(record: Record) -> str | None:
    """Why what an entry tells cannot be read; None where it can."""
    if record.is_erased:
        return "what it told was erased"
    try:
        return None if readable(record.body) else "it is no object"
    except LedgerError as error:
        return str(error)


def _violation(action: _Action) -> Violation:
    return Violation(
        action.entry,
        action.at,
        action.id,
        action.task or "",
        action.principal,
        action.end or "",
        action.said.values,
    )


def _untold(actions: Iterable[_Action]) -> tuple[Untold, ...]:
    """`actions` come in the order of the record."""
    counts, first = Counter[str](), dict[str, int]()
    for action in actions:
        if action.said.untold is not None:
            counts[action.said.untold] += 1
            first.setdefault(action.said.untold, action.entry)
    ordered = sorted(counts, key=lambda why: (-counts[why], first[why]))
    return tuple(Untold(why, counts[why], first[why]) for why in ordered)


_CARRIED_OUT = frozenset({"executed", "withheld", "unknown"})
_Tell = Callable[[_Reading, Record, datetime], None]
_KINDS: Mapping[str, _Tell] = {
    "session": _Reading._session,
    "decided": _Reading._decided,
    "intent": _Reading._intent,
    **dict.fromkeys(ENDS, _Reading._ended),
}
