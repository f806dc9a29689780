"""Whether a value stands in a text as a whole token.

A token is a run without white space, less the brackets and quotes that open it and the
punctuation that closes it; a value of several words is several tokens in a row. So
`evil@x.example` does not stand in `not-evil@x.example`, and a value without a letter or a digit
stands nowhere. A number stands where a token is that number in plain digits; `5,000` and `5.000`
could each be read two ways (five, five thousand), so neither of the two stands in them.

Texts are prepared once and kept, so that asking for many values stays linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache

from policy_engine.foundation.canonical import decimal_text, timestamp_text
from policy_engine.values.conform import timestamp

_OPENING = "\"'`([{<«“‘„*"
_CLOSING = "\"'`)]}>»”’*.,;:!?…"
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_AMBIGUOUS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}", re.ASCII)
_LOOSE = re.compile(r"[0-9]+(?:[.,'_\u2009\u00a0 ][0-9]+)*")
_SEPARATORS = re.compile(r"[^0-9]")
_LONGEST_NUMBER = 100


def stands_in(value: object, text: str) -> bool:
    """Whether the value (a text, number or timestamp) is a whole token of the text."""
    return prepared(text).has(value)


def occurs_in(value: object, text: str) -> bool:
    """Whether a trace of the value is anywhere in the text: the suspicious reading.

    Case, spacing, punctuation and variants of letters are disregarded, and so are the borders of
    tokens; numbers and instants count in every way in which they could be written.
    """
    tokens = prepared(text)
    spelt = text_of(value)
    needle = folded(spelt)
    if needle and not isinstance(value, (int, Decimal)) and needle in tokens.folded:
        return True
    own = prepared(spelt)
    return not (
        own.suspects.isdisjoint(tokens.suspects) and own.instants.isdisjoint(tokens.instants)
    ) and (isinstance(value, (int, Decimal, datetime)) or _is_one_token(spelt))


def text_of(value: object) -> str:
    """A datum as text: numbers in plain digits, instants in UTC."""
    match value:
        case Decimal():
            return decimal_text(value) if value.is_finite() else str(value)
        case datetime():
            return timestamp_text(value)
        case _:
            return str(value)


def _is_one_token(text: str) -> bool:
    return len(text.split()) == 1 and bool(_LOOSE.fullmatch(_bare(text)) or timestamp(_bare(text)))


def folded(text: str) -> str:
    """The letters and digits of a text alone, variants made one."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


@lru_cache(maxsize=512)
def prepared(text: str) -> Tokens:
    """The tokens of a text, made once."""
    return Tokens(text)


class Tokens:
    """A text made ready to be asked for values."""

    def __init__(self, text: str) -> None:
        self._words = _normal(text).split()
        self._text = text

    def has(self, value: object) -> bool:
        """Whether the value stands in the text."""
        match value:
            case bool() | None:
                return False
            case str():
                return self._has_text(value)
            case int() | Decimal():
                return value in self._numbers
            case datetime():
                return value in self.instants
            case _:
                return False

    @cached_property
    def folded(self) -> str:
        return folded(self._text)

    @cached_property
    def suspects(self) -> frozenset[Decimal]:
        """Every number that somebody could read out of the text, however it is grouped."""
        return frozenset(n for match in _LOOSE.finditer(self._text) for n in _readings(match[0]))

    @cached_property
    def instants(self) -> frozenset[datetime]:
        """The instants that are tokens of the text."""
        found = (timestamp(_bare(word)) for word in self._words)
        return frozenset(instant for instant in found if instant is not None)

    def _has_text(self, value: str) -> bool:
        wanted = _normal(value).split()
        if not any(c.isalnum() for word in wanted for c in word):
            return False
        if len(wanted) == 1:
            return wanted[0] in self._singles
        return self._has_sequence(" ".join(wanted))

    def _has_sequence(self, wanted: str) -> bool:
        """Several words in a row, with punctuation only around the whole."""
        text = self._joined
        at = text.find(wanted)
        while at != -1:
            end = at + len(wanted)
            before = text[text.rfind(" ", 0, at) + 1 : at]
            stop = text.find(" ", end)
            after = text[end : stop if stop != -1 else len(text)]
            if _only(before, _OPENING) and _only(after, _CLOSING):
                return True
            at = text.find(wanted, at + 1)
        return False

    @cached_property
    def _joined(self) -> str:
        return " ".join(self._words)

    @cached_property
    def _singles(self) -> frozenset[str]:
        """Every word with none, some or all of the punctuation around it taken away."""
        found: set[str] = set()
        for word in self._words:
            starts = len(word) - len(word.lstrip(_OPENING))
            ends = len(word) - len(word.rstrip(_CLOSING))
            for start in range(min(starts, _MOST_MARKS) + 1):
                for end in range(min(ends, _MOST_MARKS) + 1):
                    found.add(word[start : len(word) - end])
        return frozenset(found)

    @cached_property
    def _numbers(self) -> frozenset[Decimal]:
        tokens = (_bare(word) for word in self._words)
        return frozenset(
            Decimal(token)
            for token in tokens
            if _NUMBER.fullmatch(token) and not _AMBIGUOUS.fullmatch(token)
        )


_MOST_MARKS = 8
"""More punctuation than this around one word is no way to write."""


def _bare(word: str) -> str:
    return word.lstrip(_OPENING).rstrip(_CLOSING)


def _only(part: str, allowed: str) -> bool:
    return all(c in allowed for c in part)


def _readings(digits: str) -> Iterator[Decimal]:
    """A run of digits and separators as a number: all grouping, or the last one a point."""
    groups = _SEPARATORS.split(digits)
    if sum(map(len, groups)) > _LONGEST_NUMBER:
        return
    yield Decimal("".join(groups))
    if len(groups) > 1:
        yield Decimal(f"{''.join(groups[:-1])}.{groups[-1]}")


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)
