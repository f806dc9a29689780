"""The user's own words, made ready to be asked what stands in them, what they name and ask for.

A request never changes, so every answer is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from policy_engine.decision.sought import A_LOOK_UP, Sought, keep, lowered
from policy_engine.values.tokens import Tokens, stands_in_rows

_WORD = re.compile(r"\w+")
_DENIAL = re.compile(r"(?:(?<!\w)(?:not|never|without|cannot)|n['’]t)\s+")
_TO = re.compile(r"to\s+")


class Request:
    """One request."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = Tokens(text)
        self._folded = lowered(text)
        self._lowered = Tokens(self._folded)
        self._denied = frozenset(_after_denials(self._folded))
        found = _WORD.finditer(self._folded)
        self._words = frozenset(m[0] for m in found if m.start() not in self._denied)
        self._standing: dict[Sought, bool] = {}
        self._named: dict[Sought, bool] = {}
        self._asked: dict[tuple[str, ...], bool] = {}

    def read(self) -> None:
        """Reads the words now."""
        _ = self._tokens.singles, self._tokens.links, self._tokens.rows, self._tokens.numbers
        _ = self._lowered.singles, self._lowered.links, self._lowered.rows

    def cost(self, datum: Sought) -> int:
        """How many characters may have to be read to find a datum."""
        return A_LOOK_UP if datum.row is None else len(self._text)

    def has(self, datum: Sought) -> bool:
        """Whether the datum stands in the request. Raises `TooMuch`."""
        known = self._standing.get(datum)
        if known is None:
            known = keep(self._standing, datum, _has(self._tokens, datum))
        return known

    def names(self, datum: Sought) -> bool:
        """Whether the datum stands in the request, in whatever case. Raises `TooMuch`."""
        if not isinstance(datum.part, str):
            return self.has(datum)
        known = self._named.get(datum)
        if known is None:
            stands = any(_has(self._lowered, spelling) for spelling in datum.lowered)
            known = keep(self._named, datum, stands)
        return known

    def asks_for(self, words: tuple[str, ...]) -> bool:
        """Whether one of the words or phrases stands in the request, and nothing denies it."""
        known = self._asked.get(words)
        if known is None:
            known = keep(self._asked, words, self._asks_for(words))
        return known

    def _asks_for(self, words: tuple[str, ...]) -> bool:
        single, several = _phrases(words)
        return not self._words.isdisjoint(single) or any(
            match.start() not in self._denied
            for pattern in several
            for match in pattern.finditer(self._folded)
        )


def _has(tokens: Tokens, datum: Sought) -> bool:
    if datum.word is not None:
        return datum.word in tokens.singles or datum.link in tokens.links
    if datum.row is not None:
        return stands_in_rows(datum.row, tokens.rows)
    return tokens.has(datum.part)


def _after_denials(text: str) -> Iterator[int]:
    """Where what is denied begins: after `not`, say, and after the `to` that may follow it."""
    for match in _DENIAL.finditer(text):
        yield match.end()
        to = _TO.match(text, match.end())
        if to is not None:
            yield to.end()


@lru_cache(maxsize=1024)
def _phrases(phrases: tuple[str, ...]) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Phrases as they are looked for: those of one word, and patterns of the others."""
    split = [lowered(phrase).split() for phrase in phrases]
    single = frozenset(words[0] for words in split if len(words) == 1 and _is_word(words[0]))
    others = (words for words in split if words and not (len(words) == 1 and words[0] in single))
    rows = (r"\s+".join(map(re.escape, words)) for words in others)
    return single, tuple(re.compile(rf"(?<!\w){row}(?!\w)") for row in rows)


def _is_word(text: str) -> bool:
    return _WORD.fullmatch(text) is not None
