"""The story of one action, from the entries that name it. Finished and immutable.

The words are those of `decision`; here they stand for what the record has of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from policy_engine.audit.reading import file_of
from policy_engine.decision.evidence import CLOCK
from policy_engine.ledger.record import NO_HEAD, Record

NOT_RECORDED = "(not recorded)"
REPORTED = "report"
"""The record's word for a call that whoever proposed an action made by themselves."""


class Standing(Enum):
    """What became of an action, as far as the record goes. In the order in which it is told."""

    RAN = "executed"
    CONFIRMED = "executed_after_confirmation"
    SIGNED = "executed_after_signature"
    WITHHELD = "executed_output_withheld"
    READY = "ready"
    """Everybody has signed or said yes, and it has not been taken up since."""
    WAITS = "waiting"
    REFUSED = "denied"
    REJECTED = "rejected"
    FAILED = "failed"
    UNKNOWN = "unknown"


CARRIED_OUT = (Standing.RAN, Standing.CONFIRMED, Standing.SIGNED, Standing.WITHHELD)
"""Those that were carried out, whatever became of the output."""


@dataclass(frozen=True, slots=True)
class Mattered:
    """A place in the policy, the text that stands there, and what it came to (`500 > 200`)."""

    text: str
    value: str
    place: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason that decided: its own outcome is that of the decision."""

    code: str
    outcome: str
    rule: str | None
    title: str
    place: str | None
    values: tuple[Mattered, ...]
    unknown: str | None
    would_change: str | None
    key: str = field(init=False)
    """What reasons of one rule share: two policies may have rules of one name."""

    def __post_init__(self) -> None:
        named = f"rule {self.rule} in {file_of(self.place or '')}"
        object.__setattr__(self, "key", named if self.rule else f"code {self.code}")


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's signature for one rule; `asked` is when people were asked for it."""

    by: str
    rule: str
    at: datetime
    asked: datetime | None
    reason: str

    @property
    def waited(self) -> timedelta | None:
        return None if self.asked is None else self.at - self.asked


@dataclass(frozen=True, slots=True)
class Ask:
    """People who were asked, because of one rule, and those who have signed."""

    rule: str
    role: str
    quorum: int
    since: datetime
    reason: Reason | None
    signed: tuple[Approval, ...]
    lapsed: bool = False
    """Whether nobody is asked any more, since the policy or the facts have changed."""
    deadline: datetime | None = None
    """When the ask ends in a refusal, where the record says so."""
    passed: datetime | None = None
    """When the turn went on to others, because these had not answered in time."""

    @property
    def key(self) -> str:
        """That of its rule, as far as that is known."""
        return f"rule {self.rule}" if self.reason is None else self.reason.key

    @property
    def missing(self) -> int:
        """How many signatures are still to come."""
        return max(0, self.quorum - len({approval.by for approval in self.signed}))

    @property
    def due(self) -> datetime:
        """When the ask ends in a refusal; where the record is silent, by the usual clock."""
        return self.deadline or self.since + CLOCK


@dataclass(frozen=True, slots=True)
class Rejection:
    """A person's no."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The yes of the person for whom an action is done."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to people about an action: that they are asked, or that it is over."""

    kind: str
    """`asked`, `turn` or `ended`."""
    channel: str
    roles: tuple[str, ...]
    """Whom it was for; of one that was given up the record does not say."""
    at: datetime
    """When it was delivered, or given up."""
    attempts: int | None
    problem: str | None
    """Why it was given up; None where it was delivered."""

    def tells_of(self, role: str) -> bool:
        """Whether it told this role, or one of `these and those`, that they are asked."""
        asks = self.problem is None and self.kind in ("asked", "turn")
        return asks and not set(self.roles).isdisjoint(role.split(" and "))


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry without what it tells: enough for its place in the tree."""

    number: int
    at: str
    kind: str
    digest: bytes

    @property
    def leaf(self) -> str | None:
        """The hash of the entry in the tree; None where it cannot stand there."""
        return Record(self.number, self.at, self.kind, None, None, self.digest, NO_HEAD).leaf


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where in the record an action stands."""

    entries: tuple[int, ...]
    """The numbers of all entries that name it, in the order of the record."""
    decided: Sealed | None
    """The entry with the latest decision."""
    executed: int | None
    """The number of the entry which says that it was carried out."""

    @property
    def first(self) -> int:
        return self.entries[0]

    @property
    def last(self) -> int:
        return self.entries[-1]

    @property
    def decision(self) -> int | None:
        """The number of the entry with the latest decision."""
        return None if self.decided is None else self.decided.number

    @property
    def digest(self) -> str | None:
        """The hash of that entry in the tree of the record."""
        return None if self.decided is None else self.decided.leaf


@dataclass(frozen=True, slots=True)
class Validation:
    """A validation that ran."""

    name: str
    passed: bool
    problem: str


@dataclass(frozen=True, slots=True)
class Story:
    """One proposed action and what became of it."""

    evidence: Evidence
    action: str
    standing: Standing
    proposed: datetime
    task: str
    principal: str
    kind: str
    on_behalf_of: str | None
    input: Mapping[str, object]
    policy: str | None
    """Digest of the policy set that decided last."""
    outcome: str | None
    """The outcome of the latest decision."""
    decisions: int
    reasons: tuple[Reason, ...]
    """Of the latest decision, those that decided."""
    observed: tuple[Reason, ...]
    """What rules under observation would have said to it."""
    asks: tuple[Ask, ...]
    """What people were asked, by rule; of each rule the last ask."""
    approvals: tuple[Approval, ...]
    rejection: Rejection | None
    confirmation: Confirmation | None
    unconfirmed: bool
    """Whether the person for whom it is done has still to say yes."""
    validations: tuple[Validation, ...]
    performed_by: str | None
    """Who performed it (`tool`), or that an output was played back (`recorded`)."""
    ended: datetime | None
    """When it was executed, failed, was given up, rejected or refused."""
    milliseconds: int | None
    """How long the tool took."""
    code: str | None
    problem: str | None
    """Why it failed, why its output was withheld, or why nobody knows."""
    notices: tuple[Notice, ...] = ()
    retried: tuple[datetime, ...] = ()
    """When it was called again, because the process that had called it had ended."""
    abandoned: bool = False
    """Whether it ended undecided, with the process that had proposed it."""

    @property
    def entry(self) -> int:
        """The number of the first entry that names it."""
        return self.evidence.first

    @property
    def open_asks(self) -> tuple[Ask, ...]:
        """What people are still asked, while it waits."""
        if self.standing is not Standing.WAITS:
            return ()
        return tuple(a for a in self.asks if a.missing and not a.lapsed and a.passed is None)

    def told(self, ask: Ask) -> tuple[Notice, ...]:
        """The notices by which those were told that one ask is for, while it stood."""
        return tuple(
            notice
            for notice in self.notices
            if notice.tells_of(ask.role)
            and ask.since <= notice.at
            and (ask.passed is None or notice.at <= ask.passed)
        )

    @property
    def stopping(self) -> tuple[str, ...]:
        """The keys of the rules and codes that refused or held it."""
        against = [reason.key for reason in self.reasons if reason.outcome != "allow"]
        return tuple(dict.fromkeys([*against, *(ask.key for ask in self.asks)]))

    @property
    def waited(self) -> timedelta | None:
        """From the first ask to people's last word, or to the end of their time.

        None where nobody was asked and where people have not answered yet.
        """
        if not self.asks or self.standing is Standing.WAITS:
            return None
        since = min(ask.since for ask in self.asks)
        if self.rejection is not None:
            return self.rejection.at - since
        if self.standing is Standing.REFUSED and self.ended is not None:
            return min(self.ended, *(ask.due for ask in self.asks)) - since
        last = max((approval.at for approval in self.approvals), default=None)
        return None if last is None else last - since

    @property
    def turnaround(self) -> timedelta | None:
        """From the proposal to the execution, people's time included."""
        if self.ended is None or self.standing not in CARRIED_OUT:
            return None
        return self.ended - self.proposed
