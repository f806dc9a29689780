"""A text as the grammar reads it, every word kept: for what works on the writing, not the meaning.

`parse.concrete` reads it. Comments and space stand between the words, in the source.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias


class Word(NamedTuple):
    """One terminal of the grammar, as written."""

    kind: str
    text: str
    start: int
    end: int


class Branch(NamedTuple):
    """One rule of the grammar, and what it was read from."""

    rule: str
    parts: tuple[Part, ...]


Part: TypeAlias = Word | Branch


def words_of(part: Part) -> Iterator[Word]:
    """All words in order; a tree may be deeper than Python's stack."""
    waiting = [part]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Word):
            yield part
        else:
            waiting.extend(reversed(part.parts))
