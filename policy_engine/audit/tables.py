"""The tables of the page: by task, agent, rule, role, person and policy version."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple, TypeVar

from policy_engine.audit.handed import Asked, Person
from policy_engine.audit.markup import Content, Html, code, foreign, joined, prose, tag
from policy_engine.audit.measures import Share, Spread
from policy_engine.audit.story import Standing, Story
from policy_engine.audit.summary import Group, PolicyVersion, RuleUse, Summary
from policy_engine.audit.words import (
    SHORT,
    duration,
    moment,
    moments,
    percent,
    place_text,
    sentence,
    shown,
)

MOST_ROWS = 100
_WIDE = 8
"""Tables of more columns are set closer."""
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
        class_="wide" if len(columns) > _WIDE else None,
    )
    return tag("div", drawn, class_="scroll", tabindex=0, role="region", aria_label=caption)


def groups(caption: str, name: str, found: Sequence[Group]) -> Html:
    """Actions by something, with a column for every standing that occurs."""
    occurring = [s for s in Standing if any(group.tally[s] for group in found)]
    columns = [name, "#proposed", *(f"#{SHORT[s]}" for s in occurring), "#share stopped"]
    kept, left_out = _capped(found)
    rows = [
        [
            foreign(group.name, 120),
            f"{group.tally.total:,}",
            *(_count(group.tally[s]) for s in occurring),
            _share(Share(group.tally.stopped, group.tally.total)),
        ]
        for group in kept
    ]
    return table(caption, columns, rows, left_out=left_out)


def stopping(found: Sequence[RuleUse], examples: Mapping[str, int], told: Collection[int]) -> Html:
    """What refused or held actions, most first, with examples; `told` are those with a card."""
    ordered = sorted(found, key=lambda use: (-use.stopped, use.rule or use.code))
    kept, left_out = _capped(ordered)
    rows = [
        [_rule(use), _count(use.refused), _count(use.asked), _example(examples.get(use.key), told)]
        for use in kept
    ]
    columns = ["rule", "#refused", "#held for people", "#example"]
    return table("What stopped actions", columns, rows, left_out=left_out)


def passing(found: Sequence[RuleUse]) -> Html:
    """What let actions pass."""
    ordered = sorted(found, key=lambda use: (-use.decided.get("allow", 0), use.rule or use.code))
    kept, left_out = _capped(ordered)
    rows = [[_rule(use), _count(use.decided.get("allow", 0))] for use in kept]
    return table("What let actions pass", ["rule", "#let pass"], rows, left_out=left_out)


def observed(found: Sequence[RuleUse]) -> Html:
    """What rules under observation would have done."""
    kept, left_out = _capped(sorted(found, key=lambda use: (-use.total, use.key)))
    rows = [
        [_rule(use), _count(use.refused), _count(use.decided.get("escalate", 0))] for use in kept
    ]
    columns = ["rule", "#would refuse", "#would ask people"]
    return table("Rules under observation", columns, rows, left_out=left_out)


def asked(found: Sequence[Asked], zone: tzinfo) -> Html:
    """What each role was asked, and what came of it."""
    kept, left_out = _capped(found)
    rows = [
        [
            foreign(one.role, 80),
            f"{one.asks:,}",
            *(_count(n) for n in (one.signed, one.rejected, one.unanswered)),
            *(_count(n) for n in (one.dropped, one.waits)),
            moment(one.oldest, zone) if one.oldest else "–",
            *_waited(one.waiting),
        ]
        for one in kept
    ]
    columns = [
        "role",
        "#asked",
        "#signed",
        "#rejected",
        "#not in time",
        "#asked no more",
        "#waiting",
        "#the oldest since",
        "#median wait",
        "#longest wait",
    ]
    return table("Who was asked", columns, rows, left_out=left_out)


def people(found: Sequence[Person]) -> Html:
    """Who answered."""
    kept, left_out = _capped(found)
    rows = [
        [
            foreign(person.name, 80),
            _count(person.signed),
            _count(person.rejected),
            *_waited(person.waiting),
        ]
        for person in kept
    ]
    columns = ["person", "#signed", "#rejected", "#median wait", "#longest wait"]
    return table("Who answered, and how long that took", columns, rows, left_out=left_out)


def answers(summary: Summary, told: Collection[int]) -> Html:
    """Every signature and every rejection, newest first; `told` are the entries that the page
    tells."""
    given = [
        _Answer(story, one.by, "signed", one.at, one.waited, one.reason, one.rule)
        for story in summary.stories
        for one in story.approvals
    ]
    given += [
        _Answer(story, one.by, "rejected", one.at, story.waited, one.reason, None)
        for story in summary.stories
        if (one := story.rejection) is not None
    ]
    kept, left_out = _capped(sorted(given, key=lambda one: one.at, reverse=True))
    when = moments((one.at for one in kept), summary.zone)
    rows = [_answer(one, when(one.at), told) for one in kept]
    columns = ["person", "answer", "when", "to", "because of", "#waited", "said"]
    return table("Who signed or rejected what", columns, rows, left_out=left_out)


def versions(found: Sequence[PolicyVersion], zone: tzinfo) -> Html:
    """Every policy version, in the order in which they first decided."""
    kept, left_out = _capped(found)
    when = moments((at for version in kept for at in (version.first, version.last)), zone)
    rows = [
        [
            tag("span", code(version.name, 80), class_="digest"),
            joined([foreign(file, 60) for file in version.files], ", ") or "–",
            tag("span", when(version.first), class_="time"),
            tag("span", when(version.last), class_="time"),
            f"{version.tally.total:,}",
        ]
        for version in kept
    ]
    columns = ["digest", "files of its rules that decided", "first", "last", "#actions"]
    return table("Policy versions", columns, rows, left_out=left_out)


class _Answer(NamedTuple):
    """What a person said to an action."""

    story: Story
    by: str
    word: str
    at: datetime
    waited: timedelta | None
    reason: str
    rule: str | None
    """For which a signature is; a no is to the action as a whole."""


def _answer(one: _Answer, when: str, told: Collection[int]) -> list[Content]:
    story = one.story
    task = foreign(story.task, 60)
    link = tag("a", task, href=f"#entry-{story.entry}") if story.entry in told else task
    asking = [one.rule] if one.rule else [ask.rule for ask in story.asks]
    return [
        foreign(one.by, 80),
        one.word,
        tag("span", when, class_="time"),
        tag("span", link, " by ", foreign(story.principal, 60)),
        joined([code(rule, 80) for rule in asking], ", ") or "–",
        duration(one.waited),
        prose(one.reason, 160) if one.reason else "–",
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


def _example(entry: int | None, told: Collection[int]) -> Html | str:
    if entry is None:
        return "–"
    text = f"entry {entry:,}"
    return tag("a", text, href=f"#entry-{entry}") if entry in told else text


def _share(share: Share) -> Html | str:
    return percent(share) if share.part else tag("span", "0%", class_="none")


def _waited(spread: Spread | None) -> tuple[str, str]:
    if spread is None:
        return "–", "–"
    return duration(spread.median), duration(spread.longest)


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
