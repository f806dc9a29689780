"""What a session has seen, made ready to be searched for one decision.

*Carrying out* is read suspiciously: a call has carried a datum out if any trace of it is in its
input. Searching is bounded; beyond the bound `TooMuch` is raised, and the answer is unknown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime

from policy_engine.decision.session import SeenOutput, Session
from policy_engine.values.plain import leaves
from policy_engine.values.tokens import TooMuch, occurs_in, stands_in, text_of

_LONGEST_JOINED = 20_000
"""How much of what calls carried out is read as if it were one text."""

MOST_WORK = 200_000_000
"""Characters that one decision may compare; a second's work, roughly."""


class Readings:
    """What has been read out of a session's calls, by their number; kept with the session.

    A call that is recorded never changes, so what is read of it is read once. Two threads that
    read the same call at once find the same.
    """

    __slots__ = ("_carried", "_returned")

    def __init__(self) -> None:
        self._returned: dict[int, tuple[list[object], frozenset[str]]] = {}
        self._carried: dict[int, tuple[list[object], str]] = {}

    def returned(self, number: int, seen: SeenOutput) -> tuple[list[object], frozenset[str]]:
        """Each datum that a call returned, and the texts among them."""
        known = self._returned.get(number)
        if known is None:
            found = leaves(seen.value)
            texts = frozenset(leaf for leaf in found if isinstance(leaf, str))
            known = self._returned[number] = found, texts
        return known

    def carried(self, number: int, outputs: Sequence[SeenOutput]) -> list[object]:
        """What a call carried out: each datum, and all texts as if they were one."""
        start = number
        while start and start - 1 not in self._carried:
            start -= 1
        for each in range(start, number + 1):
            if each not in self._carried:
                before = self._carried[each - 1][1] if each else ""
                self._carried[each] = _carried_out(outputs[each], before)
        return self._carried[number][0]


def _carried_out(seen: SeenOutput, before: str) -> tuple[list[object], str]:
    """What a call carried out, and the end of all that was carried out by then."""
    found = leaves(seen.input)
    texts = [text_of(leaf) for leaf in found if not isinstance(leaf, bool)]
    joined = (before + "".join(texts))[-_LONGEST_JOINED:]
    return [*found, "".join(texts), "".join(reversed(texts)), joined], joined


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

    def requested(self, part: object) -> bool:
        """Whether the datum stands in the user's request."""
        return self.request is not None and self._stands(part, self.request)

    def asks_for(self, words: Sequence[str]) -> bool:
        """Whether one of the words or phrases stands in the request."""
        return self.request is not None and any(_phrase(w, self.request) for w in words)

    def not_carried_out(self, part: object) -> Iterator[tuple[int, SeenOutput]]:
        """The calls until the first that carried the datum out, it and all after it left out."""
        for number, seen in enumerate(self.outputs):
            carried = self._readings.carried(number, self.outputs)
            self._spend(100 * (1 + len(carried)))
            if any(_put_in(part, leaf) for leaf in carried):
                return
            yield number, seen

    def returned(self, number: int, part: object) -> bool:
        """Whether the datum stands in what a call returned."""
        found, texts = self._readings.returned(number, self.outputs[number])
        return self.among(part, found, texts)

    def among(self, part: object, found: Sequence[object], texts: frozenset[str]) -> bool:
        """Whether the datum is one of some data, or stands in a text among them."""
        if isinstance(part, str) and part in texts:
            return True
        return any(self._is_or_contains(leaf, part) for leaf in found)

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


def _phrase(phrase: str, text: str) -> bool:
    """Whether the words of the phrase stand in the text in a row, in any case."""
    words = r"\s+".join(map(re.escape, _folded(phrase).split()))
    return bool(words) and re.search(rf"(?<!\w){words}(?!\w)", _folded(text)) is not None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
