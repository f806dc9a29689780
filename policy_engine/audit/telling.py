"""The story of one action in plain words, as a card of the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from policy_engine.audit.markup import Html, code, foreign, joined, prose, tag
from policy_engine.audit.story import (
    CARRIED_OUT,
    REPORTED,
    Ask,
    Mattered,
    Notice,
    Reason,
    Standing,
    Story,
)
from policy_engine.audit.words import (
    LABELS,
    counted,
    duration,
    moment,
    place_text,
    sentence,
    shown,
    value_text,
)
from policy_engine.decision.codes import NOBODY_ANSWERED

_PERFORMED = (*CARRIED_OUT, Standing.FAILED, Standing.UNKNOWN)
_MOST_INPUTS = 8
_MOST_REASONS = 6
_MOST_VALUES = 6
_POINTERS = frozenset(
    {"this rule decided", "declared here", "no rule permits this task to this principal"}
)
"""What the record says of a place where no value mattered: nothing that a reader could use."""


@dataclass(frozen=True, slots=True)
class Standpoint:
    """The reader's: in which zone, and when the report was written."""

    zone: tzinfo
    written: datetime


def card(story: Story, at: Standpoint, proofs: Html | None = None) -> Html:
    """What was proposed, what became of it, and why; `proofs` are shown at its end."""
    return tag(
        "article",
        _heading(story, at),
        _proposal(story),
        *_TELL[story.standing](story, at),
        *_besides(story, at),
        _evidence(story),
        proofs,
        id=f"entry-{story.entry}",
        class_=f"card {story.standing.name.lower()}",
    )


def _heading(story: Story, at: Standpoint) -> Html:
    badge = tag("span", LABELS[story.standing], class_="badge")
    when = tag(
        "span",
        tag("time", moment(story.proposed, at.zone), datetime=story.proposed.isoformat()),
        class_="when",
    )
    who = tag("h4", foreign(story.principal, 80), " · ", foreign(story.task, 80))
    return tag("header", badge, who, when)


def _proposal(story: Story) -> Html | None:
    """The input, one line; what is secret stays so."""
    given = list(story.input.items())
    pairs = [
        tag("span", tag("i", foreign(name, 60)), " ", foreign(value_text(value)), class_="given")
        for name, value in given[:_MOST_INPUTS]
    ]
    if len(given) > _MOST_INPUTS:
        pairs.append(tag("span", f"and {len(given) - _MOST_INPUTS} more", class_="given"))
    behalf = story.on_behalf_of
    if behalf:
        pairs.insert(0, tag("span", "on behalf of ", foreign(behalf, 80), class_="given"))
    return tag("p", *pairs, class_="input") if pairs else None


# What became of it


def _refused(story: Story, at: Standpoint) -> Iterator[Html]:
    if story.abandoned:
        yield _sentence("It was never decided, and nothing was done: ", prose(story.problem or ""))
    if any(reason.code == NOBODY_ANSWERED.id for reason in story.reasons):
        yield _sentence(f"People were asked, and did not answer in {duration(story.waited)}.")
    yield from _because(story.reasons)
    deciding = {reason.rule for reason in story.reasons}
    yield from _asked(story, [ask for ask in story.asks if ask.rule not in deciding], at)


def _rejected(story: Story, at: Standpoint) -> Iterator[Html]:
    rejection = story.rejection
    if rejection is not None:
        took = f" after {duration(story.waited)}" if story.waited is not None else ""
        said: Html | str = tag("q", prose(rejection.reason)) if rejection.reason else "no reason"
        yield _sentence(foreign(rejection.by, 80), f" rejected it{took}: ", said)
    yield from _asked(story, story.asks, at)


def _waits(story: Story, at: Standpoint) -> Iterator[Html]:
    open_asks = story.open_asks
    if story.unconfirmed:
        yield _sentence("The person for whom it is done has still to say yes to it.")
    if open_asks:
        yield _sentence(_deadline(min(ask.due for ask in open_asks), at))
    yield from _asked(story, story.asks, at)
    if not story.asks:
        yield from _because(story.reasons)


def _ready(story: Story, at: Standpoint) -> Iterator[Html]:
    said = "signed" if story.asks else "said yes"
    yield _sentence(f"Everybody has {said}; it goes on when the agent takes it up again.")
    yield from _asked(story, story.asks, at)
    if not story.asks:
        yield from _because(story.reasons)


def _deadline(due: datetime, at: Standpoint) -> str:
    if due <= at.written:
        return f"The time to answer ran out on {moment(due, at.zone)}: it will not run any more."
    return f"Refused if nobody answers by {moment(due, at.zone)}."


def _signed(story: Story, at: Standpoint) -> Iterator[Html]:
    if story.waited is not None:
        yield _sentence(f"It ran once people had signed, {duration(story.waited)} after the ask.")
    yield from _asked(story, story.asks, at)


def _confirmed(story: Story, at: Standpoint) -> Iterator[Html]:
    if story.confirmation is not None:
        when = moment(story.confirmation.at, at.zone)
        yield _sentence("It ran once ", foreign(story.confirmation.by, 80), f" said yes, {when}.")
    yield from _because(story.reasons)


def _withheld(story: Story, at: Standpoint) -> Iterator[Html]:
    yield _sentence(
        "It was carried out; the output was kept from the agent: ",
        prose(story.problem or "no reason is recorded"),
    )
    yield from _asked(story, story.asks, at)


def _failed(story: Story, at: Standpoint) -> Iterator[Html]:
    yield _sentence("It was allowed, and the tool failed: ", prose(story.problem or "no message"))
    yield from _asked(story, story.asks, at)


def _unknown(story: Story, at: Standpoint) -> Iterator[Html]:
    if story.problem:
        yield _sentence("It was started and may have happened: ", prose(story.problem))
    else:
        yield _sentence("It was started, and the record does not say how that ended.")
    yield from _asked(story, story.asks, at)


def _ran(story: Story, at: Standpoint) -> Iterator[Html]:
    yield from _because(story.reasons)


_TELL = {
    Standing.RAN: _ran,
    Standing.CONFIRMED: _confirmed,
    Standing.SIGNED: _signed,
    Standing.WITHHELD: _withheld,
    Standing.READY: _ready,
    Standing.WAITS: _waits,
    Standing.REFUSED: _refused,
    Standing.REJECTED: _rejected,
    Standing.FAILED: _failed,
    Standing.UNKNOWN: _unknown,
}


def _evidence(story: Story) -> Html:
    """Where it stands in the record, so that it can be looked up."""
    found = story.evidence
    entries = (
        f"entries {found.first:,} to {found.last:,}"
        if found.last > found.first
        else (f"entry {found.first:,}")
    )
    if found.decision is None:
        return tag("p", f"Evidence: {entries}.", class_="evidence")
    return tag(
        "p",
        f"Evidence: {entries}; decided in entry {found.decision:,}, digest ",
        code(found.digest or "", 80),
        class_="evidence",
    )


# Why


def _because(reasons: tuple[Reason, ...]) -> Iterator[Html]:
    for reason in reasons[:_MOST_REASONS]:
        yield _sentence(prose(sentence(reason.title)), class_="why")
        yield from _grounds(reason)
        if reason.would_change:
            yield _note("What would change it: ", prose(reason.would_change))
    if len(reasons) > _MOST_REASONS:
        yield _note(f"and {counted(len(reasons) - _MOST_REASONS, 'more reason')}")


def _asked(story: Story, asks: Iterable[Ask], at: Standpoint) -> Iterator[Html]:
    for ask in asks:
        title = ask.reason.title if ask.reason else ask.rule
        yield _sentence(prose(sentence(title)), class_="why")
        if ask.reason is not None:
            yield from _grounds(ask.reason)
        yield _note(*_signatures(ask, at))
        told = story.told(ask)
        if told:
            yield _note(*_told(told, at))


def _signatures(ask: Ask, at: Standpoint) -> Iterator[Html | str]:
    people = "one" if ask.quorum == 1 else f"{ask.quorum}"
    yield f"Asked on {moment(ask.since, at.zone)}: {people} of "
    yield foreign(ask.role, 80)
    for approval in ask.signed:
        waited = f" after {duration(approval.waited)}" if approval.waited is not None else ""
        yield "; signed by "
        yield tag("strong", foreign(approval.by, 80))
        yield waited
        if approval.reason:
            yield joined((" (", tag("q", prose(approval.reason)), ")"))
    if ask.lapsed:
        yield "; asked no more, since the policy or the facts changed"
    elif ask.signed and ask.missing:
        yield f"; {ask.missing} still missing"


def _told(notices: Iterable[Notice], at: Standpoint) -> Iterator[Html | str]:
    """Over which channels they were told, and when."""
    yield "Told over "
    for place, notice in enumerate(notices):
        yield ", and over " if place else ""
        yield foreign(notice.channel, 60)
        yield f" on {moment(notice.at, at.zone)}"
        if notice.attempts is not None and notice.attempts > 1:
            yield f" at attempt {notice.attempts:,}"


def _besides(story: Story, at: Standpoint) -> Iterator[Html]:
    """What no ending tells: calls that were repeated or made elsewhere, and other notices."""
    if story.performed_by == REPORTED and story.standing in _PERFORMED:
        yield _note("The call was made by whoever proposed it, who told the gate what came of it.")
    for when in story.retried:
        said = "called again, since the process that had called it had ended"
        yield _note(f"On {moment(when, at.zone)} it was {said}.")
    of_asks = {id(notice) for ask in story.asks for notice in story.told(ask)}
    for notice in story.notices:
        if id(notice) not in of_asks:
            yield _note(*_other(notice, at))


def _other(notice: Notice, at: Standpoint) -> Iterator[Html | str]:
    of = _NOTICES.get(notice.kind, "something about it")
    if notice.problem is not None:
        yield f"A notice ({of}) could not be delivered over "
        yield foreign(notice.channel, 60)
        yield f" and was given up on {moment(notice.at, at.zone)}: "
        yield prose(notice.problem)
        return
    yield f"People were told on {moment(notice.at, at.zone)} over "
    yield foreign(notice.channel, 60)
    yield f": {of}"
    if notice.roles:
        yield joined((" (", foreign(", ".join(notice.roles), 120), ")"))


_NOTICES = {
    "asked": "they are asked",
    "turn": "it is their turn",
    "ended": "it is over, nobody need answer",
}


def _grounds(reason: Reason) -> Iterator[Html]:
    """The rule's name and place, and the values that mattered."""
    values = [v for v in reason.values if v.value not in _POINTERS]
    rows = [_ground(value) for value in values[:_MOST_VALUES]]
    if len(values) > _MOST_VALUES:
        rows.append(tag("li", f"and {len(values) - _MOST_VALUES} more"))
    if reason.unknown:
        rows.append(tag("li", "not known: ", prose(reason.unknown)))
    if rows:
        yield tag("ul", *rows, class_="grounds")
    if reason.rule or reason.code:
        word, name = ("rule", reason.rule) if reason.rule else ("code", reason.code)
        where = (" in ", _place(reason.place)) if reason.place and reason.rule else ()
        yield tag("p", f"{word} ", code(name or "", 120), *where, class_="place")


def _ground(value: Mattered) -> Html:
    text = " ".join(value.text.split())
    arrow = tag("span", " → ", class_="arrow")
    return tag("li", code(text), arrow, prose(value.value))


def _place(place: str) -> Html:
    return tag("span", foreign(place_text(place)), title=shown(place, 400))


def _sentence(*content: Html | str, class_: str | None = None) -> Html:
    return tag("p", *content, class_=class_)


def _note(*content: Html | str) -> Html:
    return tag("p", *content, class_="note")
