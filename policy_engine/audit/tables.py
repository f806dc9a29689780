"""The tables of the page: by task, agent, rule, policy version and person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import TypeVar

from policy_engine.audit.markup import Content, Html, code, foreign, prose, tag
from policy_engine.audit.story import Approval, Standing, Story
from policy_engine.audit.summary import Group, Person, RuleUse, Summary
from policy_engine.audit.words import SHORT, duration, moment, place_text, sentence, shown

MOST_ROWS = 25
_T = TypeVar("_T")


def table(
    caption: str, columns: Sequence[str], rows: Sequence[Sequence[Content]], *, left_out: int = 0
) -> Html:
    """A table whose first column names the row; a column that begins with `#` holds numbers."""
    heads = [
        tag("th", column.removeprefix("#"), scope="col", class_=_numeric(column))
        for column in columns
    ]
    more = f"and {left_out:,} more" if left_out else None
    foot = tag("tfoot", tag("tr", tag("td", more, colspan=len(columns)))) if more else None
    drawn = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *heads)),
        tag("tbody", *[_row(columns, row) for row in rows]),
        foot,
    )
    return tag("div", drawn, class_="scroll", tabindex=0, role="region", aria_label=caption)


def groups(
    caption: str, name: str, found: Sequence[Group], shown_as: Callable[[str], Html]
) -> Html:
    """Actions by something, with a column for every standing that occurs."""
    occurring = [s for s in Standing if any(group.tally[s] for group in found)]
    columns = [name, "#proposed", *(f"#{SHORT[s]}" for s in occurring)]
    kept, left_out = _capped(found)
    rows = [
        [shown_as(g.name), f"{g.tally.total:,}", *(_count(g.tally[s]) for s in occurring)]
        for g in kept
    ]
    return table(caption, columns, rows, left_out=left_out)


def rules(found: Sequence[RuleUse]) -> Html:
    """What each rule has done."""
    kept, left_out = _capped(found)
    rows = [
        [
            _rule(use),
            _count(use.decided.get("allow", 0)),
            _count(use.asked),
            _count(use.decided.get("deny", 0) + use.decided.get("validate", 0)),
        ]
        for use in kept
    ]
    columns = ["rule", "#let pass", "#held for people", "#refused"]
    return table("What each rule did", columns, rows, left_out=left_out)


def people(found: Sequence[Person]) -> Html:
    """Who answered."""
    kept, left_out = _capped(found)
    rows = [
        [
            foreign(person.name, 80),
            _count(person.signed),
            _count(person.rejected),
            duration(person.waiting.median if person.waiting else None),
            duration(person.waiting.longest if person.waiting else None),
        ]
        for person in kept
    ]
    columns = ["person", "#signed", "#rejected", "#median wait", "#longest wait"]
    return table("Who answered, and how long that took", columns, rows, left_out=left_out)


def signatures(summary: Summary) -> Html:
    """Every signature, newest first."""
    given = [(story, approval) for story in summary.stories for approval in story.approvals]
    kept, left_out = _capped(sorted(given, key=lambda pair: pair[1].at, reverse=True))
    rows = [_signature(story, approval, summary.zone) for story, approval in kept]
    columns = ["person", "signed", "for", "because of", "#waited", "said"]
    return table("Who signed what", columns, rows, left_out=left_out)


def version(digest: str) -> Html:
    """The short form of a digest, the whole of it on request."""
    return tag("span", code(digest[:12]), title=shown(digest))


def _signature(story: Story, approval: Approval, zone: tzinfo) -> list[Content]:
    link = tag("a", foreign(story.task, 60), href=f"#entry-{story.entry}")
    return [
        foreign(approval.by, 80),
        tag("span", moment(approval.at, zone), class_="time"),
        tag("span", link, " by ", foreign(story.principal, 60)),
        code(approval.rule, 80),
        duration(approval.waited),
        prose(approval.reason, 160) if approval.reason else "–",
    ]


def _rule(use: RuleUse) -> Html:
    where = place_text(use.place)
    name = use.rule or use.code
    return tag(
        "span",
        tag("span", prose(sentence(use.title)), class_="title"),
        tag("span", code(name, 120), f" {where}" if where else None, class_="place"),
        title=shown(use.place, 400) if use.place else None,
    )


def _row(columns: Sequence[str], cells: Sequence[Content]) -> Html:
    head = tag("th", cells[0], scope="row")
    rest = [
        tag("td", cell, class_=_numeric(column))
        for column, cell in zip(columns[1:], cells[1:], strict=True)
    ]
    return tag("tr", head, *rest)


def _numeric(column: str) -> str | None:
    return "number" if column.startswith("#") else None


def _count(number: int) -> Html | str:
    return f"{number:,}" if number else tag("span", "0", class_="none")


def _capped(found: Sequence[_T]) -> tuple[Sequence[_T], int]:
    return found[:MOST_ROWS], max(0, len(found) - MOST_ROWS)
