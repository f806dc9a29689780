"""Words with marks between them, to lines: where a line breaks, and how far it is indented.

Oppen's way (Prettyprinting, 1980): one pass over the marks measures how long everything would be
on one line, a second one prints. A group that fits on the line is printed so; one that does not
breaks at each of its soft gaps, or, where it fills, at those that it must.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from policy_engine.language.concrete import Word
from policy_engine.language.format_marks import Between, Blanks, Gap, Mark, Open

WIDTH = 100
_DEEPEST = 60
_FARTHEST = 50
_ENDLESS = 1_000_000_000


@dataclass(slots=True)
class Line:
    """A printed line. `stops` are the columns that begin in it, `row` what it may align with."""

    indent: int = 0
    text: str = ""
    comment: str = ""
    row: str = ""
    stops: list[tuple[str, int]] = field(default_factory=list)

    @property
    def width(self) -> int:
        return self.indent + len(self.text)

    def __str__(self) -> str:
        text = " " * self.indent + self.text if self.text else ""
        return f"{text}  {self.comment}" if self.comment else text


def lines(marks: Sequence[Mark]) -> list[Line]:
    """The lines of one statement."""
    printer = _Printer()
    tails = _tails(marks, late=True)
    for mark, size, tail in zip(marks, _sizes(marks), tails, strict=True):
        if isinstance(mark, Word):
            printer.current.text += mark.text
        elif isinstance(mark, Between):
            printer.part(mark, size, tail)
        elif isinstance(mark, Open):
            printer.open(mark, size)
        else:
            printer.groups.pop()
    return printer.lines


class _Group(NamedTuple):
    indent: int
    outdent: int
    mode: Literal["flat", "fill", "each"]


class _Printer:
    """The lines so far, and the groups that are open."""

    def __init__(self) -> None:
        self.current = Line()
        self.lines = [self.current]
        self.groups = [_Group(0, 0, "each")]

    def open(self, mark: Open, size: int) -> None:
        outer, base, at = self.groups[-1], self.current.indent, self.current.width
        indent = min(base + mark.by, _DEEPEST)
        if mark.indent == "same":
            indent = outer.indent
        elif mark.indent == "fixed":
            base, indent = 0, mark.by
        elif mark.indent == "column":
            indent = at if at <= _FARTHEST else min(outer.indent + 2, _DEEPEST)
        fits = outer.mode == "flat" or at + size <= WIDTH
        self.groups.append(
            _Group(indent, base, "flat" if fits else "fill" if mark.fill else "each")
        )

    def part(self, mark: Between, size: int, tail: int) -> None:
        """`size` is the stretch that begins here, `tail` what of it cannot be broken at all."""
        gap, group = mark.gap, self.groups[-1]
        if mark.must_break or self._breaks(gap, group, size, tail):
            self._break(mark, group)
            return
        self.current.text += gap.flat
        if gap.column:
            self.current.stops.append((gap.column, len(self.current.text)))

    def _breaks(self, gap: Gap, group: _Group, size: int, tail: int) -> bool:
        room = WIDTH - self.current.width
        if gap.late:
            helps = group.indent + size - len(gap.flat) <= WIDTH
            return room < size if helps else room < len(gap.flat) + tail
        return gap.soft and (group.mode == "each" or (group.mode == "fill" and room < size))

    def _break(self, mark: Between, group: _Group) -> None:
        gap, notes = mark.gap, mark.notes
        self.current.comment = notes.trailing
        if not gap.row:
            self.current.row = ""
        for above in _kept(notes.above, gap.blanks):
            self.lines.append(Line(group.indent, above))
        self.current = Line(group.outdent if gap.closing else group.indent, row=gap.row)
        self.lines.append(self.current)


def _kept(above: tuple[str, ...], blanks: Blanks) -> list[str]:
    if blanks is Blanks.NONE:
        return [line for line in above if line]
    kept = list(above)
    if blanks is Blanks.NOT_FIRST and kept and not kept[0]:
        del kept[0]
    if blanks is Blanks.NOT_LAST and kept and not kept[-1]:
        del kept[-1]
    return kept


def _sizes(marks: Sequence[Mark]) -> list[int]:
    """How long a group or the stretch after a gap is on one line, up to where it may break."""
    sizes = [0] * len(marks)
    tails = _tails(marks)
    waiting: list[int] = []
    total = 0
    for i, mark in enumerate(marks):
        if isinstance(mark, Word):
            total += len(mark.text)
        elif isinstance(mark, Between):
            if mark.must_break or mark.gap.soft:
                if waiting and isinstance(marks[waiting[-1]], Between):
                    sizes[waiting.pop()] += total
                sizes[i] = -total
                waiting.append(i)
            elif mark.gap.late:
                sizes[i] = len(mark.gap.flat) + tails[i]
            total += _ENDLESS if mark.must_break else len(mark.gap.flat)
        elif isinstance(mark, Open):
            sizes[i] = -total
            waiting.append(i)
        else:
            if isinstance(marks[waiting[-1]], Between):
                sizes[waiting.pop()] += total + tails[i]
            sizes[waiting.pop()] += total + tails[i]
    return sizes


def _tails(marks: Sequence[Mark], *, late: bool = False) -> list[int]:
    """How much text comes after each mark up to the next place where the line may break; `late`:
    or could break if it must."""
    tails = [0] * len(marks)
    tail = 0
    for i in range(len(marks) - 1, -1, -1):
        tails[i] = tail
        mark = marks[i]
        if isinstance(mark, Word):
            tail += len(mark.text)
        elif isinstance(mark, Between):
            may_break = mark.must_break or mark.gap.soft or (late and mark.gap.late)
            tail = 0 if may_break else tail + len(mark.gap.flat)
    return tails
