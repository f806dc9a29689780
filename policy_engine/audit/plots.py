"""Plots as inline SVG, drawn by hand: bars of counts, stacked by what became of the actions.

Colours come from the page's style sheet by class, so that they follow its light and dark
schemes; every bar also carries its number, so that nothing hangs on colour alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import timedelta

from policy_engine.audit.markup import Html, joined, tag
from policy_engine.audit.measures import Tally
from policy_engine.audit.period import Bucket, Timeline
from policy_engine.audit.story import Standing
from policy_engine.audit.words import LABELS, short_day, shown

_WIDTH = 960
_LABEL = 210
_ROW = 34
_BAR = 22
_DIGIT = 8
_GAP = 1.5


def swatch(standing: Standing) -> Html:
    """The small square of a legend."""
    square = tag("rect", width=12, height=12, rx=2, class_=_fill(standing))
    return tag("svg", _hatched(standing, 0, 0, 12, 12, square), **_SWATCH)


_SWATCH: dict[str, str | int | float | None] = {
    "class_": "swatch",
    "viewBox": "0 0 12 12",
    "width": 12,
    "height": 12,
    "aria_hidden": "true",
}


def whole_bar(tally: Tally, title: str) -> Html:
    """One bar over the full width: all actions, by what became of them."""
    height = 44
    pieces = _pieces(tally, 0, 0, _WIDTH, height, tally.total)
    return _svg(height, title, _said(tally), *pieces)


def stacked_bars(rows: Sequence[tuple[str, Tally]], title: str) -> Html:
    """One bar a row, all on one scale, each with its name and its total."""
    longest = max((tally.total for _, tally in rows), default=1)
    room = _WIDTH - _LABEL - 60
    drawn = [
        tag("g", *_row(name, tally, index * _ROW, room, longest))
        for index, (name, tally) in enumerate(rows)
    ]
    said = ". ".join(f"{shown(name, 40)}: {_said(tally)}" for name, tally in rows)
    return _svg(len(rows) * _ROW, title, said, *drawn)


def columns(timeline: Timeline, title: str) -> Html:
    """One column a bucket, over time."""
    height, foot, left = 200, 26, 58
    highest = max((bucket.tally.total for bucket in timeline.buckets), default=1)
    top = _ceiling(highest)
    slot = (_WIDTH - left) / max(1, len(timeline.buckets))
    grid = [_grid(value, top, height, left) for value in _ticks(top)]
    drawn = [
        tag("g", *_column(bucket, _when(bucket, timeline), left + i * slot, slot, height, top))
        for i, bucket in enumerate(timeline.buckets)
    ]
    every = -(-len(timeline.buckets) // 8)
    labels = [
        _below(_when(bucket, timeline), left + (i + 0.5) * slot, height + 18)
        for i, bucket in enumerate(timeline.buckets)
        if i % every == 0
    ]
    said = f"{len(timeline.buckets)} columns, at most {highest} actions in one"
    return _svg(height + foot, title, said, *grid, *drawn, *labels)


def _below(when: str, x: float, y: float) -> Html:
    """The label of a column, in its middle as far as it fits."""
    return _text(when, min(x, _WIDTH - _DIGIT * len(when) / 2), y, "middle")


def _row(name: str, tally: Tally, y: float, room: float, longest: int) -> Iterator[Html]:
    top = y + (_ROW - _BAR) / 2
    length = room * tally.total / longest
    label = _text(_fitting(name, _LABEL - 16), _LABEL - 12, y + _ROW / 2, "end", "label")
    yield tag("g", tag("title", f"{shown(name)}: {_said(tally)}"), label)
    yield from _pieces(tally, _LABEL, top, length, _BAR, tally.total)
    yield _text(f"{tally.total:,}", _LABEL + length + 8, y + _ROW / 2, "start", "total")


def _pieces(
    tally: Tally, x: float, y: float, length: float, height: float, total: int
) -> Iterator[Html]:
    """The parts of one lying bar, each with its number where that fits."""
    for standing in Standing:
        number = tally[standing]
        if not number:
            continue
        wide = length * number / total
        drawn = max(2.0, wide - _GAP)
        text = f"{number:,}"
        yield tag(
            "g",
            tag("title", f"{LABELS[standing]}: {text}"),
            _piece(standing, x, y, drawn, height),
            _number(standing, text, x + drawn / 2, y + height / 2)
            if drawn > _DIGIT * len(text) + 6
            else None,
        )
        x += wide


def _column(
    bucket: Bucket, when: str, x: float, slot: float, height: float, top: int
) -> Iterator[Html]:
    wide = min(56.0, max(2.0, slot * 0.72))
    x, y = x + (slot - wide) / 2, height
    yield tag("title", f"{when}: {_said(bucket.tally)}")
    for standing in Standing:
        number = bucket.tally[standing]
        if not number:
            continue
        tall = (height - 14) * number / top
        y -= tall
        yield _piece(standing, x, y, wide, max(1.0, tall - _GAP))
        if tall > 16 and wide > _DIGIT * len(str(number)) + 4:
            yield _number(standing, f"{number:,}", x + wide / 2, y + tall / 2)


def _piece(standing: Standing, x: float, y: float, width: float, height: float) -> Html:
    shape = {"x": x, "y": y, "width": width, "height": height, "rx": min(3.0, width / 2)}
    solid = tag("rect", class_=_fill(standing), **shape)
    return _hatched(standing, x, y, width, height, solid)


def _hatched(
    standing: Standing, x: float, y: float, width: float, height: float, solid: Html
) -> Html:
    """What ended nobody knows how is hatched: it is not one colour more, it is a gap."""
    if standing is not Standing.UNKNOWN:
        return solid
    strokes = []
    position = x + 3
    while position < x + width - 1:
        strokes.append(f"M{position:.1f} {y + height - 1:.1f}V{y + 1:.1f}")
        position += 5
    return joined((solid, tag("path", d=Html("".join(strokes)), class_="hatch")))


def _number(standing: Standing, text: str, x: float, y: float) -> Html:
    return _text(text, x, y, "middle", f"on-{_fill(standing)}")


def _text(text: str, x: float, y: float, anchor: str, class_: str = "axis") -> Html:
    return tag(
        "text", text, x=x, y=y, text_anchor=anchor, dominant_baseline="central", class_=class_
    )


def _grid(value: int, top: int, height: float, left: float) -> Html:
    y = height - (height - 14) * value / top
    line = tag("line", x1=left, x2=_WIDTH, y1=y, y2=y, class_="grid" if value else "base")
    return tag("g", line, _text(f"{value:,}", left - 8, y, "end"))


def _ceiling(highest: int) -> int:
    """The next round number: 1, 2, 4, 5 or 10 times a power of ten."""
    size = 1
    while True:
        for factor in (1, 2, 4, 5):
            if highest <= factor * size:
                return factor * size
        size *= 10


def _ticks(top: int) -> list[int]:
    parts = next(n for n in (4, 5, 2, 1) if top % n == 0)
    return [top * n // parts for n in range(parts + 1)]


def _when(bucket: Bucket, timeline: Timeline) -> str:
    """When a bucket begins: the hour where all are of one day, the day where they are days."""
    first, last = timeline.buckets[0].start, timeline.buckets[-1].start
    day, hour = short_day(bucket.start), f"{bucket.start:%H:%M}"
    if first.year != last.year:
        day = f"{day} {bucket.start.year}"
    if timeline.step >= timedelta(days=1):
        return day
    return hour if first.date() == last.date() else f"{day} {hour}"


def _fitting(name: str, room: int) -> str:
    """As much of a name as surely fits, by the width that its characters have at most."""
    line, used = "", 0
    for character in shown(name, 60):
        used += _wide(character)
        if used > room:
            return f"{line[:-1]}…"
        line += character
    return line


def _wide(character: str) -> int:
    if unicodedata.east_asian_width(character) in "WF":
        return 15
    return 12 if character.isupper() or character in "mw@%—…�" else 9 if ord(character) > 127 else 8


def _said(tally: Tally) -> str:
    parts = [f"{tally[s]:,} {LABELS[s]}" for s in Standing if tally[s]]
    return ", ".join(parts) or "nothing"


def _fill(standing: Standing) -> str:
    return standing.name.lower()


def _svg(height: float, title: str, said: str, *content: Html) -> Html:
    return tag(
        "svg",
        tag("title", title),
        tag("desc", said),
        *content,
        viewBox=f"0 0 {_WIDTH} {height:g}",
        role="img",
        aria_label=f"{title}. {said}",
        class_="plot",
    )
