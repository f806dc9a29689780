"""The sections of the page about a framework: all controls at a glance, then each with evidence."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import tzinfo

from policy_engine.audit.control_words import (
    LABELS,
    MEANINGS,
    carrier_notes,
    caveats,
    entries_text,
    signers_text,
)
from policy_engine.audit.controls import Carrier, Control, Controls, Status
from policy_engine.audit.markup import Content, Html, code, foreign, joined, prose, tag
from policy_engine.audit.proof_page import folded
from policy_engine.audit.proving import Proofs
from policy_engine.audit.story import Story
from policy_engine.audit.tables import table
from policy_engine.audit.uses import Use, Waived
from policy_engine.audit.words import (
    LABELS as STANDINGS,
    counted,
    day,
    duration,
    moment,
    place_text,
    sentence,
)


def by_control(
    found: Controls, told: Collection[int], zone: tzinfo, proofs: Proofs
) -> Iterator[Html]:
    """Two kinds of section: the whole, and one for each control that something stands for.

    `told` are the entries of the actions that have a card further down, with what proves them; of
    any other the proofs stand where it is named first.
    """
    given = set(told)
    yield tag("section", *_whole(found))
    for control in found.controls:
        if control.carriers or control.record:
            yield tag(
                "section",
                *_control(control, told, zone, _given(control, given, proofs)),
                class_="control",
            )


def _given(control: Control, given: set[int], proofs: Proofs) -> Mapping[int, Html | None]:
    """The proofs to show here, by the first entry of the action: those not given before."""
    own = [story for story in control.samples if story.entry not in given]
    given.update(story.entry for story in own)
    return {story.entry: folded(proofs, story) for story in own}


def _whole(found: Controls) -> Iterator[Html]:
    yield tag("h2", "Evidence for ", prose(found.title, 200), ", by control")
    lead = (
        "What the policy and the record have for each control. It is evidence for a control; that"
        " a control is kept is for people to judge."
    )
    yield tag("p", lead, class_="lead")
    said = [
        tag("li", tag("strong", f"{len(found.of(status)):,} {LABELS[status]}"), f": {meaning}.")
        for status, meaning in MEANINGS.items()
    ]
    yield tag("ul", *said, *(tag("li", one) for one in caveats(found)), class_="short")
    yield table(
        "All controls",
        ["control", "status", "#carried by", "#applied to actions", "#signatures"],
        [_row(control) for control in found.controls],
    )


def _row(control: Control) -> list[Content]:
    name = tag("span", prose(control.title), class_="title")
    ids = tag("span", code(control.name, 80), class_="place")
    has_section = bool(control.carriers or control.record)
    link = tag("a", name, href=f"#{_anchor(control)}") if has_section else name
    used = [carrier.use for carrier in control.carriers if carrier.use is not None]
    return [
        tag("span", link, ids),
        _badge(control.status),
        _count(len(control.carriers)),
        _count(sum(use.applied for use in used)),
        _count(sum(use.signed + sum(w.signed for w in use.exceptions) for use in used)),
    ]


def _anchor(control: Control) -> str:
    return f"control-{control.name}"


def _badge(status: Status) -> Html:
    return tag("span", LABELS[status], class_=f"badge status {status.value}")


# One control


def _control(
    control: Control, told: Collection[int], zone: tzinfo, given: Mapping[int, Html | None]
) -> Iterator[Html]:
    head = tag("h3", prose(control.title), " ", _badge(control.status), id=_anchor(control))
    yield head
    yield tag("p", code(control.name, 80), f": {MEANINGS[control.status]}.", class_="lead")
    for said in control.record:
        yield tag("p", said)
    if control.carriers:
        yield _carriers(control, zone)
    for carrier in control.carriers:
        for waived in carrier.use.exceptions if carrier.use is not None else ():
            yield tag("p", *_exception(waived, carrier, zone))
    if control.samples:
        items = [
            tag("li", *_sample(story, told, zone), given.get(story.entry))
            for story in control.samples
        ]
        yield tag("p", "To look up in the record:", class_="more")
        yield tag("ul", *items, class_="short")


_COLUMNS = (
    "carried by",
    "#actions of its tasks",
    "#let pass",
    "#refused",
    "#held for people",
    "#signatures",
    "#rejected",
    "#checked or confirmed",
    "#median wait",
)


def _carriers(control: Control, zone: tzinfo) -> Html:
    rows = [[_carrier(one, zone), *_numbers(one.use)] for one in control.carriers]
    return table(f"What carries {control.name}", _COLUMNS, rows)


def _carrier(one: Carrier, zone: tzinfo) -> Html:
    title = sentence(one.title) if one.title else None
    notes = carrier_notes(one, zone)
    return tag(
        "span",
        tag("span", prose(title), class_="title") if title else None,
        tag(
            "span", f"{one.kind} ", code(one.name, 120), f" {place_text(one.place)}", class_="place"
        ),
        *(tag("span", note, class_="title") for note in notes),
    )


def _numbers(use: Use | None) -> list[Content]:
    if use is None:
        return ["–"] * (len(_COLUMNS) - 1)
    return [
        _count(use.in_reach),
        _count(use.let_pass),
        _count(use.refused),
        _count(use.asked),
        _count(use.signed),
        _count(use.rejected),
        _count(use.checked + use.confirmed),
        duration(use.waiting.median if use.waiting else None),
    ]


def _exception(waived: Waived, carrier: Carrier, zone: tzinfo) -> Iterator[Html | str]:
    yield "Exception "
    yield code(waived.name, 80)
    yield " to "
    yield code(carrier.name, 80)
    yield f", until {day(waived.until, zone)}, approved by "
    yield foreign(waived.approved_by, 120)
    yield f": people were asked for {counted(waived.asked, 'action')}"
    yield f" and gave {counted(waived.signed, 'signature')}."


def _sample(story: Story, told: Collection[int], zone: tzinfo) -> Iterator[Html | str]:
    task = tag("span", foreign(story.principal, 60), " · ", foreign(story.task, 60))
    yield tag("a", task, href=f"#entry-{story.entry}") if story.entry in told else task
    signed = signers_text(story)
    what = ", ".join(filter(None, (STANDINGS[story.standing], signed)))
    yield f", {moment(story.proposed, zone)}: {what}; {entries_text(story)}"
    if story.evidence.digest is not None:
        yield joined([", digest ", code(story.evidence.digest, 80)])


def _count(number: int) -> Html | str:
    return f"{number:,}" if number else tag("span", "0", class_="none")
