"""What a session has seen, made ready to be searched for one decision.

*Carrying out* is read suspiciously: a call has carried a datum out if any trace of it is in its
input. Searching is bounded; beyond the bound `TooMuch` is raised, and the answer is unknown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property, lru_cache
from typing import NamedTuple

from policy_engine.decision.session import SeenOutput, Session
from policy_engine.values.plain import leaves
from policy_engine.values.tokens import (
    TooMuch,
    folded,
    is_short_number,
    occurs_in,
    prepared,
    single,
    stands_in,
    text_of,
)

_LONGEST_JOINED = 20_000
"""How much of what calls carried out is read as if it were one text."""

MOST_WORK = 200_000_000
"""Characters that one decision may compare; a second's work, roughly."""


class Data:
    """Data that may be asked for others, as wholes and as words of texts."""

    def __init__(self, leaves: Sequence[object]) -> None:
        self.leaves = leaves
        self.texts = frozenset(leaf for leaf in leaves if isinstance(leaf, str))

    @cached_property
    def words(self) -> frozenset[str]:
        """Every single word that stands in one of the texts."""
        return frozenset().union(*(prepared(text).singles for text in self.texts))

    @cached_property
    def spelt(self) -> frozenset[str]:
        """The other data, as texts; a moment is no text."""
        others = (leaf for leaf in self.leaves if not isinstance(leaf, (str, bool, datetime)))
        return frozenset(map(text_of, others))


class Vouching(NamedTuple):
    """The data that an output vouches for, and those that it may vouch for."""

    surely: Data
    perhaps: Data


class Readings:
    """What has been read out of a session's calls, by their number; kept with the session.

    A call that is recorded never changes, so what is read of it is read once. Two threads that
    read the same call at once find the same.
    """

    __slots__ = ("_carried", "_returned", "_vouching")

    def __init__(self) -> None:
        self._returned: dict[int, Data] = {}
        self._carried: dict[int, _Carried] = {}
        self._vouching: dict[tuple[int, object], Vouching] = {}

    def vouching(self, number: int, test: object, made: Callable[[], Vouching]) -> Vouching:
        """What a call vouches for by a test that never changes; made once."""
        known = self._vouching.get((number, test))
        if known is None:
            known = self._vouching[number, test] = made()
        return known

    def returned(self, number: int, seen: SeenOutput) -> Data:
        """Each datum that a call returned."""
        known = self._returned.get(number)
        if known is None:
            known = self._returned[number] = Data(leaves(seen.value))
        return known

    def carried(self, number: int, outputs: Sequence[SeenOutput]) -> _Carried:
        """What a call carried out."""
        known = self._carried.get(number)
        if known is not None:
            return known
        start = number
        while start and start - 1 not in self._carried:
            start -= 1
        for each in range(start, number + 1):
            if each not in self._carried:
                before = self._carried[each - 1].joined if each else ""
                self._carried[each] = _Carried(outputs[each], before)
        return self._carried[number]


class _Carried:
    """What a call carried out: each datum, and all texts as if they were one, both ways.

    `joined` is the end of all that was carried out by then.
    """

    def __init__(self, seen: SeenOutput, before: str) -> None:
        found = leaves(seen.input)
        texts = [text_of(leaf) for leaf in found if not isinstance(leaf, bool)]
        self.joined = (before + "".join(texts))[-_LONGEST_JOINED:]
        whole = ("".join(texts), "".join(reversed(texts)), self.joined)
        self.leaves: list[object] = [*found, *whole]
        self._folded = tuple(map(folded, whole)) if all(map(str.isascii, whole)) else None

    def has(self, part: object) -> bool:
        """Whether any trace of the datum is in it."""
        if self._folded is not None and isinstance(part, str) and _LETTERS.fullmatch(part):
            # Of ASCII without digits only the letters count, and every leaf is in the whole.
            needle = folded(part)
            return any(needle in text for text in self._folded)
        return any(_put_in(part, leaf) for leaf in self.leaves)


_LETTERS = re.compile(r"(?=[^A-Za-z]*[A-Za-z])[\x20-\x2f\x3a-\x7e]+")


class Memory:
    """One session; shared by all principals for whom an action is decided."""

    def __init__(self, session: Session) -> None:
        self.request = session.request
        self.outputs = session.outputs
        self.complete = session.complete
        self.labels = session.labels
        kept = session.kept
        self._readings = kept if isinstance(kept, Readings) else Readings()
        session.kept = self._readings
        self._work = 0
        self._first: dict[tuple[type, object], int] = {}
        self._requested: dict[tuple[type, object], bool] = {}

    def read(self) -> None:
        """Reads all calls, so that decisions find them read."""
        for number in range(len(self.outputs)):
            self._readings.carried(number, self.outputs)
            data = self._readings.returned(number, self.outputs[number])
            _ = data.words, data.spelt
        if self.request is not None:
            _ = _said(self.request), prepared(self.request).singles

    def requested(self, part: object) -> bool:
        """Whether the datum stands in the user's request."""
        if self.request is None:
            return False
        key = type(part), part
        known = self._requested.get(key)
        if known is None:
            known = self._requested[key] = self._stands(part, self.request)
        return known

    def named(self, part: object) -> bool:
        """Whether the datum stands in the user's request, in whatever case."""
        if self.request is None:
            return False
        if isinstance(part, str):
            lowered = _lowered(self.request)
            wanted = _folded(part)
            bare = wanted.removeprefix("https://")  # people leave out how a link begins
            return self._stands(wanted, lowered) or (bare != wanted and self._stands(bare, lowered))
        return self.requested(part)

    def asks_for(self, words: Sequence[str]) -> bool:
        """Whether one of the words or phrases stands in the request."""
        if self.request is None:
            return False
        said = _said(self.request)
        return any(said.has(phrase) for phrase in words)

    def not_carried_out(self, part: object) -> Iterator[tuple[int, SeenOutput]]:
        """The calls until the first that carried the datum out, it and all after it left out."""
        key = type(part), part
        first = self._first.get(key)
        if first is None:
            first = self._first[key] = self._first_carrying(part)
        yield from enumerate(self.outputs[:first])

    def _first_carrying(self, part: object) -> int:
        """The number of the first call that carried the datum out, or how many there are."""
        for number in range(len(self.outputs)):
            carried = self._readings.carried(number, self.outputs)
            self._spend(100 * (1 + len(carried.leaves)))
            if carried.has(part):
                return number
        return len(self.outputs)

    def returned(self, number: int, part: object) -> bool:
        """Whether the datum stands in what a call returned."""
        return self.among(part, self._readings.returned(number, self.outputs[number]))

    def all_returned(self, number: int) -> Data:
        """Each datum that a call returned."""
        return self._readings.returned(number, self.outputs[number])

    def kept_vouching(self, number: int, test: object, made: Callable[[], Vouching]) -> Vouching:
        """What a call vouches for by a test that never changes."""
        return self._readings.vouching(number, test, made)

    def among(self, part: object, data: Data) -> bool:
        """Whether the datum is one of some data, or stands in a text among them."""
        if isinstance(part, str):
            if part in data.texts or part in data.spelt:
                return True
            if is_short_number(part):
                return False
            word = single(part)
            if word is not None:
                return word in data.words
        return any(self._is_or_contains(leaf, part) for leaf in data.leaves)

    def _is_or_contains(self, leaf: object, part: object) -> bool:
        """Whether a leaf of an output is the datum, or a text with it as a whole token."""
        if isinstance(leaf, bool):
            return False
        if isinstance(leaf, str):
            return leaf == part or self._stands(part, leaf)
        if isinstance(part, str):
            return not isinstance(leaf, datetime) and part == text_of(leaf)
        return leaf == part

    def _stands(self, part: object, text: str) -> bool:
        several = isinstance(part, str) and len(part.split()) > 1
        self._spend(len(text) if several else 100)
        return stands_in(part, text)

    def _spend(self, work: int) -> None:
        self._work += work
        if self._work > MOST_WORK:
            raise TooMuch


def _put_in(part: object, leaf: object) -> bool:
    """Whether a call carried the datum out in this leaf of its input, in any spelling."""
    if isinstance(leaf, bool) or isinstance(part, bool):
        return False
    return leaf == part or occurs_in(part, text_of(leaf))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


class _Said:
    """A text made ready to be asked for phrases, in any case."""

    def __init__(self, text: str) -> None:
        self._text = _folded(text)
        self._denied = frozenset(_after_denials(self._text))
        found = _WORD.finditer(self._text)
        self._words = frozenset(m[0] for m in found if m.start() not in self._denied)

    def has(self, phrase: str) -> bool:
        """Whether the words of the phrase stand in the text in a row, and nothing denies them."""
        pattern = _phrase(phrase)
        if isinstance(pattern, str):
            return pattern in self._words
        if pattern is None:
            return False
        return any(m.start() not in self._denied for m in pattern.finditer(self._text))


_said = lru_cache(maxsize=64)(_Said)
_lowered = lru_cache(maxsize=64)(_folded)
_WORD = re.compile(r"\w+")
_DENIAL = re.compile(r"(?:(?<!\w)(?:not|never|without|cannot)|n['’]t)\s+")
_TO = re.compile(r"to\s+")


def _after_denials(text: str) -> Iterator[int]:
    """Where what is denied begins: after `not`, say, and after the `to` that may follow it."""
    for match in _DENIAL.finditer(text):
        yield match.end()
        to = _TO.match(text, match.end())
        if to is not None:
            yield to.end()


@lru_cache(maxsize=4096)
def _phrase(phrase: str) -> str | re.Pattern[str] | None:
    """A phrase as it is looked for: one word, a pattern of several; None where it has none."""
    words = _folded(phrase).split()
    if len(words) == 1 and _WORD.fullmatch(words[0]):
        return words[0]
    pattern = r"\s+".join(map(re.escape, words))
    return re.compile(rf"(?<!\w){pattern}(?!\w)") if words else None
