"""Which tasks deserve more room, and which less: figures from the record, and advice from these.

Nothing but counts and shares goes into the advice, and all of its limits are given (`Limits`). It
is advice and changes nothing. What the record cannot tell, whether a tool did what it says for
instance, is in no figure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum

from policy_engine.audit.chronicle import Chronicle
from policy_engine.audit.measures import Share, Spread, Tally
from policy_engine.audit.period import Period
from policy_engine.audit.reading import readable, text
from policy_engine.audit.story import CARRIED_OUT, Standing, Story
from policy_engine.decision.codes import NOBODY_ANSWERED
from policy_engine.foundation.errors import LedgerError
from policy_engine.ledger.record import Record

EVER = Period()


@dataclass(frozen=True, slots=True)
class Limits:
    """By which limits advice is given. All but `fewest` are percents."""

    fewest: int = 20
    """Of fewer cases nothing is told."""
    approved: int = 95
    """More room: at least so many of those that people were asked about were approved."""
    trouble: int = 2
    """More room: at most so many went wrong, failed a validation or had to be corrected."""
    back: int = 10
    """Less room: at least so many went wrong, failed a validation or were rejected."""


class Advice(Enum):
    """What is suggested."""

    MORE = "more_room"
    KEEP = "keep"
    LESS = "take_back"
    UNTOLD = "too_few_to_tell"


class Ending(Enum):
    """What came of asking people about an action."""

    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    """The time to answer ran out."""
    DROPPED = "asked_no_more"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class Most:
    """The largest number that an input had."""

    input: str
    amount: Decimal
    currency: str | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What the record says of some actions."""

    tally: Tally
    alone: Share
    """Of those carried out, how many nobody had signed or said yes to."""
    cases: int
    """How many were started, answered by people or validated: what can be judged by."""
    endings: Mapping[Ending, int]
    """Of the actions that people were asked about; every ending is there."""
    validations: Share
    """Of the validations that ran, how many failed."""
    corrected: int
    """Rejected or failed, and then approved in another form: same task, same session."""
    waiting: Spread | None
    """From the first ask to people's last word."""
    waited: timedelta
    """All of that together."""
    played_back: int
    """How many were begun without a tool: a recorded output was played back."""
    most: tuple[Most, ...]
    """What people approved, at most."""

    @property
    def wrong(self) -> Share:
        """Of those started: failed, ended nobody knows how, or gave an output that was withheld."""
        return Share(self.tally.started - self.tally.succeeded, self.tally.started)

    @property
    def answered(self) -> int:
        """How many people were asked about, with an end: approved, rejected, out of time."""
        return sum(self.endings[one] for one in _ANSWERED)

    @property
    def approved(self) -> Share:
        return Share(self.endings[Ending.APPROVED], self.answered)

    @property
    def rejected(self) -> Share:
        return Share(self.endings[Ending.REJECTED], self.answered)


@dataclass(frozen=True, slots=True)
class Suited:
    """Some actions of one task: all, or those of one principal."""

    name: str
    """The task, or kind and id of the principal."""
    figures: Figures
    advice: Advice


@dataclass(frozen=True, slots=True)
class Task:
    """One task, and those who did it, most actions first."""

    whole: Suited
    principals: tuple[Suited, ...]


@dataclass(frozen=True, slots=True)
class Suitability:
    """All tasks, by how much is suggested to change, then by name."""

    tasks: tuple[Task, ...]
    limits: Limits
    unreadable: int
    """Entries whose time or action cannot be read; they are counted nowhere else."""
    erased: int
    """Entries of which what they told was erased; so it is with these."""


def suitability(
    records: Iterable[Record],
    *,
    limits: Limits = Limits(),
    period: Period = EVER,
    progress: Callable[[], None] = lambda: None,
) -> Suitability:
    """What the entries say about the actions that were proposed in the period.

    `progress` is called for each entry.
    """
    chronicle, sessions, erased = Chronicle(), dict[str, str](), 0
    for record in records:
        progress()
        chronicle.add(record)
        erased += record.is_erased
        if record.kind == "decided":
            sessions.update(_session(record))
    stories = [story for story in chronicle.stories() if story.proposed in period]
    corrected = _corrected(stories, sessions)
    tasks = [
        _task(name, told, corrected, limits)
        for name, told in _by(stories, lambda story: story.task).items()
    ]
    tasks.sort(key=lambda task: (_ORDER.index(task.whole.advice), task.whole.name))
    return Suitability(tuple(tasks), limits, chronicle.unreadable, erased)


def advised(figures: Figures, limits: Limits) -> Advice:
    """What these figures suggest."""
    if figures.cases < limits.fewest:
        return Advice.UNTOLD
    if troubles(figures, limits):
        # Where people see all of it, there is nothing to take back.
        return Advice.LESS if figures.alone.part else Advice.KEEP
    return Advice.KEEP if lacks(figures, limits) else Advice.MORE


def troubles(figures: Figures, limits: Limits) -> tuple[str, ...]:
    """What is bad enough for less room: `wrong`, `rejected`, `validations`."""
    shares = {
        "wrong": figures.wrong,
        "rejected": figures.rejected,
        "validations": figures.validations,
    }
    return tuple(
        name
        for name, share in shares.items()
        if share.whole >= limits.fewest and share.part * 100 >= limits.back * share.whole
    )


def lacks(figures: Figures, limits: Limits) -> tuple[str, ...]:
    """What is not good enough for more room: `asked`, `approved`, `wrong`, `validations`,
    `corrected`."""
    approved, wrong, failed = figures.approved, figures.wrong, figures.validations
    found = {
        "asked": approved.whole < limits.fewest,
        "approved": approved.part * 100 < limits.approved * approved.whole,
        "wrong": wrong.part * 100 > limits.trouble * wrong.whole,
        "validations": failed.part * 100 > limits.trouble * failed.whole,
        "corrected": figures.corrected * 100 > limits.trouble * figures.cases,
    }
    return tuple(name for name, is_lacking in found.items() if is_lacking)


_ORDER = (Advice.LESS, Advice.MORE, Advice.KEEP, Advice.UNTOLD)
_ANSWERED = (Ending.APPROVED, Ending.REJECTED, Ending.EXPIRED)
_STARTED = (*CARRIED_OUT, Standing.FAILED, Standing.UNKNOWN)


def _task(name: str, stories: Sequence[Story], corrected: set[str], limits: Limits) -> Task:
    by_principal = _by(stories, lambda story: f"{story.kind} {story.principal}")
    principals = [_suited(who, told, corrected, limits) for who, told in by_principal.items()]
    principals.sort(key=lambda one: (-one.figures.tally.total, one.name))
    return Task(_suited(name, stories, corrected, limits), tuple(principals))


def _suited(name: str, stories: Sequence[Story], corrected: set[str], limits: Limits) -> Suited:
    figures = _figures(stories, corrected)
    return Suited(name, figures, advised(figures, limits))


def _figures(stories: Sequence[Story], corrected: set[str]) -> Figures:
    endings = [(story, _ending(story)) for story in stories]
    counts = Counter(ending for _, ending in endings if ending is not None)
    ran = [story for story in stories if story.standing in CARRIED_OUT]
    checks = [one.passed for story in stories for one in story.validations]
    waits = [story.waited for story in stories]
    return Figures(
        tally=Tally.of(stories),
        alone=Share(sum(_ran_alone(story) for story in ran), len(ran)),
        cases=sum(_is_case(story, ending) for story, ending in endings),
        endings={ending: counts[ending] for ending in Ending},
        validations=Share(checks.count(False), len(checks)),
        corrected=sum(story.action in corrected for story in stories),
        waiting=Spread.of(waits),
        waited=sum((wait for wait in waits if wait is not None), timedelta()),
        played_back=sum(story.performed_by == "recorded" for story in stories),
        most=_most(story for story, ending in endings if ending is Ending.APPROVED),
    )


def _is_case(story: Story, ending: Ending | None) -> bool:
    return story.standing in _STARTED or ending in _ANSWERED or bool(story.validations)


def _ran_alone(story: Story) -> bool:
    return not story.approvals and story.confirmation is None


def _ending(story: Story) -> Ending | None:
    """None where nobody was asked."""
    if not story.asks:
        return None
    if story.standing is Standing.WAITS:
        return Ending.WAITS
    if story.rejection is not None:
        return Ending.REJECTED
    if any(reason.code == NOBODY_ANSWERED.id for reason in story.reasons):
        return Ending.EXPIRED
    is_signed = story.approvals and not any(
        ask.missing and not ask.lapsed and ask.passed is None for ask in story.asks
    )
    return Ending.APPROVED if is_signed else Ending.DROPPED


def _session(record: Record) -> dict[str, str]:
    """The session of the action that a decision is about, by the action's id."""
    try:
        body = record.body if readable(record.body) else {}
    except LedgerError:
        body = {}
    action, session = text(body, "action"), text(body, "session")
    return {} if action is None or session is None else {action: session}


def _corrected(stories: Iterable[Story], sessions: Mapping[str, str]) -> set[str]:
    """The rejected or failed actions after which another form of them was approved.

    Of the same task and session, with another input; each approved one stands for one correction.
    """
    found = set[str]()
    open_: dict[tuple[str, str], list[Story]] = {}
    for story in sorted(stories, key=lambda story: story.entry):
        session = sessions.get(story.action)
        if session is None:
            continue
        before = open_.setdefault((session, story.task), [])
        if story.standing in (Standing.REJECTED, Standing.FAILED):
            before.append(story)
        elif _ending(story) is Ending.APPROVED:
            earlier = next((one for one in before if _is_other_form(story, one)), None)
            if earlier is not None:
                before.remove(earlier)
                found.add(earlier.action)
    return found


def _is_other_form(story: Story, earlier: Story) -> bool:
    """Whether it was proposed after the end of another, with another input."""
    ended = earlier.ended
    return ended is not None and story.proposed >= ended and story.input != earlier.input


def _most(stories: Iterable[Story]) -> tuple[Most, ...]:
    """By input and currency, the largest number among these."""
    found: dict[tuple[str, str | None], Decimal] = {}
    for story in stories:
        for name, value in story.input.items():
            amount, currency = _number(value)
            if amount is not None:
                known = found.get((name, currency), amount)
                found[name, currency] = max(known, amount)
    ordered = sorted(found.items(), key=lambda item: (item[0][0], item[0][1] or ""))
    return tuple(Most(name, amount, currency) for (name, currency), amount in ordered)


def _number(value: object) -> tuple[Decimal | None, str | None]:
    """A number, or the amount of money, and its currency."""
    plain, currency = value, None
    if isinstance(value, Mapping) and value.keys() == {"amount", "currency"}:
        plain, currency = value["amount"], str(value["currency"])
    if isinstance(plain, (int, Decimal)) and not isinstance(plain, bool):
        amount = Decimal(plain)
        return (amount if amount.is_finite() else None), currency
    return None, None


def _by(stories: Iterable[Story], name: Callable[[Story], str]) -> dict[str, list[Story]]:
    members: dict[str, list[Story]] = {}
    for story in stories:
        members.setdefault(name(story), []).append(story)
    return members
