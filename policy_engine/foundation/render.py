"""Diagnostics and places as a person sees them: an excerpt of the source with carets.

Gives `Segment`s (text and the style it wears); `plain` joins them, the command line colours
them. Carets stay under their text with tabs and wide characters; control characters, among
them those that turn the writing direction, are shown as `�` so that an excerpt cannot lie.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from policy_engine.foundation.diagnostics import Diagnostic, Label, Severity

_WIDEST = 110


class Segment(NamedTuple):
    """A piece of output; `style` is a key of `_ANSI`, or empty."""

    text: str
    style: str = ""


def plain(segments: Iterable[Segment]) -> str:
    return "".join(s.text for s in segments)


def coloured(segments: Iterable[Segment]) -> str:
    """The text with ANSI escapes, for a terminal."""
    return "".join(
        f"\x1b[{_ANSI[s.style]}m{s.text}\x1b[0m" if s.style in _ANSI else s.text for s in segments
    )


_ANSI = {
    "error": "1;31",
    "deny": "1;31",
    "warning": "1;33",
    "escalate": "1;33",
    "validate": "1;35",
    "allow": "1;32",
    "help": "1;36",
    "frame": "34",
    "strong": "1",
}


def visible(text: str) -> str:
    """A text that cannot pretend to be another: one line, control characters as `�`.

    Among these are the characters that turn the writing direction, and terminal escapes.
    """
    return "".join("\u23ce" if c == "\n" else "�" if _is_control(c) else c for c in text)


def render(diagnostics: Sequence[Diagnostic]) -> list[Segment]:
    """All diagnostics, one after the other, a blank line between."""
    pieces: list[Segment] = []
    for diagnostic in diagnostics:
        if pieces:
            pieces.append(Segment("\n"))
        pieces.extend(render_one(diagnostic))
    return pieces


def render_one(diagnostic: Diagnostic) -> Iterator[Segment]:
    """One diagnostic: its headline, the excerpt, the notes and the help."""
    style = "error" if diagnostic.code.severity is Severity.ERROR else "warning"
    yield Segment(f"{diagnostic.code.severity.value}[{diagnostic.code.id}]", style)
    yield Segment(f": {visible(diagnostic.title)}\n", "strong")
    trailer = [("note", note) for note in diagnostic.notes]
    if diagnostic.help:
        trailer.append(("help", diagnostic.help))
    yield from excerpt(diagnostic.labels, trailer, style)


def excerpt(
    labels: Sequence[Label], trailer: Sequence[tuple[str, str]] = (), style: str = "error"
) -> Iterator[Segment]:
    """The labelled lines of the source, then `= word: text` for each of the trailer."""
    gutter = max((len(str(label.span.line)) for label in labels), default=1)
    margin = " " * (gutter + 1)
    arrow = "-->"
    for _, group in groupby(labels, key=lambda label: label.span.source.name):
        in_file = list(group)
        yield Segment(f"{margin[:-1]}{arrow} ", "frame")
        yield Segment(f"{visible(in_file[0].span.place)}\n")
        if in_file[0].span.source.text:
            yield Segment(f"{margin}|\n", "frame")
            yield from _lines(in_file, gutter, style)
        arrow = ":::"
    if labels and trailer:
        yield Segment(f"{margin}|\n", "frame")
    for word, text in trailer:
        yield Segment(f"{margin}= ", "frame")
        yield Segment(f"{word}: ", "help" if word == "help" else "strong")
        yield Segment(f"{visible(text)}\n")


def _lines(labels: Sequence[Label], gutter: int, style: str) -> Iterator[Segment]:
    previous: int | None = None
    ordered = sorted(labels, key=lambda label: (label.span.start, label.span.end))
    for number, group in groupby(ordered, key=lambda label: label.span.line):
        if previous is not None and number > previous + 1:
            yield Segment(f"{' ' * gutter} …\n", "frame")
        on_line = list(group)
        first_column = on_line[0].span.source.position(on_line[0].span.start)[1] - 1
        line = on_line[0].span.source.line(number)
        cut = _window_start(line, first_column)
        shown = _displayed(line[cut : cut + _WIDEST])
        yield Segment(f"{number:>{gutter}} | ", "frame")
        yield Segment(f"{'…' if cut else ''}{shown}{'…' if len(line) > cut + _WIDEST else ''}\n")
        for label in on_line:
            yield from _carets(label, line, cut, gutter, style)
        previous = number


def _carets(label: Label, line: str, cut: int, gutter: int, style: str) -> Iterator[Segment]:
    column = label.span.source.position(label.span.start)[1] - 1
    stop = min(column + (label.span.end - label.span.start), len(line), cut + _WIDEST)
    before = _width(_displayed(line[cut:column])) + (1 if cut else 0)
    length = max(1, _width(_displayed(line[column:stop])))
    mark = "^" if label.primary else "-"
    yield Segment(f"{' ' * gutter} | ", "frame")
    yield Segment(" " * before)
    text = f" {visible(label.text)}" if label.text else ""
    yield Segment(f"{mark * length}{text}\n", style if label.primary else "frame")


def _window_start(line: str, column: int) -> int:
    return 0 if len(line) <= _WIDEST or column < _WIDEST - 30 else column - 30


def _displayed(text: str) -> str:
    return "".join("    " if c == "\t" else "�" if _is_control(c) else c for c in text)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
