"""What was said then, what is said now, and which pairs of the two are flips.

Recorded is one of four outcomes. An answer is one of six: beside the four, `unknown` (the record
does not say enough to tell) and `unknown task` (the candidate knows no such task). A pair of both
is a cell; cells are numbered row by row.
"""

from __future__ import annotations

from typing import NamedTuple

ALLOW, VALIDATE, ESCALATE, DENY, UNKNOWN, NO_TASK = range(6)
WORDS = ("allow", "validate", "escalate", "deny", "unknown", "unknown task")
RECORDED = 4
"""So many of the words may have been recorded."""
CELLS = RECORDED * len(WORDS)
EXAMPLES = 3
"""So many actions of each flip are told, unless somebody wants others."""
NUMBERS = {word: number for number, word in enumerate(WORDS[:RECORDED])}


class Kind(NamedTuple):
    """Flips of one direction."""

    name: str
    title: str


NEWLY_ALLOWED = Kind("newly-allowed", "newly allowed")
EASED = Kind("eased", "denied no more, but not allowed at once")
TIGHTENED = Kind("tightened", "newly held for people or a validation")
NEWLY_DENIED = Kind("newly-denied", "newly denied")
TASK_GONE = Kind("unknown-task", "of a task that the candidate does not know")
OPEN = Kind("unknown", "not told by the record")
KINDS = (NEWLY_ALLOWED, EASED, NEWLY_DENIED, TIGHTENED, TASK_GONE, OPEN)
"""In the order in which they are told: first what is wider."""
FLIPPING = KINDS[:4]
"""The flips: of the other two, nobody knows what the candidate would have said."""


def cell_of(recorded: int, answer: int) -> int:
    """The number of a pair."""
    return recorded * len(WORDS) + answer


def pair_of(cell: int) -> tuple[int, int]:
    """What was recorded, and the answer."""
    return divmod(cell, len(WORDS))


def kind_of(cell: int) -> Kind | None:
    """The direction of a cell; None where nothing flips."""
    recorded, answer = pair_of(cell)
    if answer == UNKNOWN:
        return OPEN
    if answer == NO_TASK:
        return TASK_GONE
    if answer == recorded:
        return None
    if answer == ALLOW:
        return NEWLY_ALLOWED
    if answer == DENY:
        return NEWLY_DENIED
    return EASED if answer < recorded else TIGHTENED


def words_of(cell: int) -> str:
    """A cell in words: `deny → allow`."""
    recorded, answer = pair_of(cell)
    return f"{WORDS[recorded]} → {WORDS[answer]}"


def _place(cell: int) -> tuple[int, int, int]:
    recorded, answer = pair_of(cell)
    kind = kind_of(cell)
    assert kind is not None
    return KINDS.index(kind), -abs(recorded - answer), cell


FLIPS = tuple(sorted((c for c in range(CELLS) if kind_of(c) is not None), key=_place))
"""All cells with a kind, newly allowed first, and of one kind the farthest first."""
