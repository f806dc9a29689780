"""What stands between words while a text is laid out: gaps, and groups that break or do not.

A layout answers for one rule of the grammar; the branches in its answer wait for their turn, so
nothing here recurs: conditions may nest deeper than Python's stack. A rule without a layout has
its parts one after another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, NamedTuple, TypeAlias

from policy_engine.language.concrete import Branch, Part, Word


class Blanks(Enum):
    """Which of the author's blank lines stay at a gap that breaks."""

    NONE = auto()
    ALL = auto()
    NOT_FIRST = auto()
    NOT_LAST = auto()


@dataclass(frozen=True, slots=True)
class Gap:
    """What stands between two words: on one line `flat`; a soft one may break, a hard one does.

    A late one breaks where nothing else would keep the line within its width; whoever measures
    what stands before it takes it as one that never breaks.
    """

    flat: str = " "
    soft: bool = False
    late: bool = False
    hard: bool = False
    closing: bool = False
    column: str = ""
    row: str = ""
    blanks: Blanks = Blanks.NONE


@dataclass(frozen=True, slots=True)
class Open:
    """A group begins. Its lines hang from the line that it begins on, stand under the column
    that it begins at, share the indent of the group around it, or stand at a fixed one."""

    indent: Literal["hang", "column", "same", "fixed"]
    by: int = 0
    fill: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """The innermost group ends."""


class Notes(NamedTuple):
    """Comments between two words: at the end of the line, and on lines of their own.

    An empty text among the latter is a blank line.
    """

    trailing: str = ""
    above: tuple[str, ...] = ()

    @property
    def speak(self) -> bool:
        return bool(self.trailing) or any(self.above)


class Between(NamedTuple):
    """A gap and the comments in it."""

    gap: Gap
    notes: Notes

    @property
    def must_break(self) -> bool:
        return self.gap.hard or self.notes.speak


Mark: TypeAlias = Word | Between | Open | Close
Item: TypeAlias = Part | Gap | Open | Close
Layout: TypeAlias = Callable[[Branch, str], Iterable[Item]]

GLUE, SPACE, BREAK, LATE = Gap(""), Gap(), Gap(soft=True), Gap(late=True)
CLOSE = Close()
HANG = Open("hang", 2, fill=True)
SAME = Open("same", fill=True)
UNDER = Open("column", fill=True)
EACH = Open("same")
WINDOWS = ("span_window", "calendar_window", "session_window")


def marks(
    statement: Branch, text: str, notes: Mapping[int, Notes], layouts: Mapping[str, Layout]
) -> list[Mark]:
    """The marks of one statement of a text; `notes` are the comments before each word."""
    made: list[Mark] = []
    waiting: list[Item] = [statement]
    before: Word | None = None
    gap: Gap | None = None
    place = 0
    while waiting:
        item = waiting.pop()
        if isinstance(item, Branch):
            laid_out = layouts.get(item.rule, _in_a_row)(item, text)
            waiting.extend(reversed(tuple(laid_out)))
        elif isinstance(item, Gap):
            gap, place = item, len(made)
        elif isinstance(item, Word):
            if before is not None:
                between = Between(gap or _usual(before, item), notes[item.start])
                made.insert(place, between)
            made.append(_one_line(item))
            before, gap, place = item, None, len(made)
        else:
            made.append(item)
            if isinstance(item, Close) and gap is None:
                place = len(made)
    return made


_TIGHT_BEFORE = frozenset(("COMMA", "COLON", "OPTIONAL", "RPAR", "RSQB", "DOT"))
_TIGHT_AFTER = frozenset(("LPAR", "LSQB", "DOT"))


def _usual(before: Word, after: Word) -> Gap:
    if before.kind == "NUMBER" and after.kind == "DOT":
        return SPACE
    return GLUE if before.kind in _TIGHT_AFTER or after.kind in _TIGHT_BEFORE else SPACE


def _one_line(word: Word) -> Word:
    """A phrase that was written over several lines is one word all the same."""
    if word.kind in ("STRING", "PATTERN"):
        return word
    return word._replace(text=" ".join(word.text.split()))


def _in_a_row(branch: Branch, _: str) -> Iterable[Item]:
    return branch.parts


def kind_of(part: Part) -> str:
    return part.kind if isinstance(part, Word) else part.rule


def grouped(opening: Open, items: Iterable[Item]) -> list[Item]:
    return [opening, *items, CLOSE]


def broken_before(parts: Sequence[Part], kinds: Iterable[str], gap: Gap = BREAK) -> list[Item]:
    """The parts, and a soft gap before those of certain kinds."""
    items: list[Item] = []
    for i, part in enumerate(parts):
        if i and kind_of(part) in kinds:
            items.append(gap)
        items.append(part)
    return items


def after_commas(parts: Sequence[Item]) -> list[Item]:
    """The parts, and a soft gap after each comma between them."""
    items: list[Item] = []
    for i, part in enumerate(parts):
        items.append(part)
        if isinstance(part, Word) and part.kind == "COMMA" and i < len(parts) - 1:
            items.append(BREAK)
    return items


def enclosed(members: Sequence[Item], padding: str = "") -> list[Item]:
    """What stands between brackets: on their line, or on lines of its own."""
    inside, after = Gap(padding, soft=True), Gap(padding, soft=True, closing=True)
    return [Open("hang", 2), inside, *members, after]


def in_line(*kinds: str) -> Layout:
    """The parts in the group around them, which may break before some."""
    return lambda branch, _: broken_before(branch.parts, kinds)


def breaking(opening: Open, *kinds: str) -> Layout:
    """The parts in a group of their own, which may break before some."""
    return lambda branch, _: grouped(opening, broken_before(branch.parts, kinds))


def between_commas(opening: Open) -> Layout:
    """The parts in a group of their own, which may break after commas."""
    return lambda branch, _: grouped(opening, after_commas(branch.parts))


def arguments(branch: Branch, _: str) -> Iterable[Item]:
    """`name(…, …)`: lines that are too long go on under the first argument."""
    kinds = [kind_of(part) for part in branch.parts]
    opened, closed = kinds.index("LPAR"), len(kinds) - 1 - kinds[::-1].index("RPAR")
    yield from branch.parts[:opened]
    yield GLUE
    yield branch.parts[opened]
    yield from grouped(UNDER, after_commas(branch.parts[opened + 1 : closed]))
    yield from branch.parts[closed:]
