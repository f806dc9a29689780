"""Whether a value stands in a text as a whole token.

A token is a run without white space, less the brackets and quotes that open it and the
punctuation that closes it; a value of several words is several tokens in a row. So
`evil@x.example` does not stand in `not-evil@x.example`, and a value without a letter or a digit
stands nowhere. Where a full stop glues two sentences (`tom-1.They`), the text is read both as it
is and with a space after the stop. The number of a list item (`1.` at the start of a line, before
its text) is no token. A link stands in another spelling of the same link.

A number stands where a token is that number in plain digits; `5,000` and `5.000` could each be
read two ways (five, five thousand), so neither of the two stands in them. A date stands as its
ISO text, money as `12.50 EUR`, `EUR 12.50`, `12.50EUR` or `€12.50`, but not where two currencies
or two amounts meet (`$12.50 CAD`); a duration stands nowhere.

Texts are prepared once and kept, so that asking for many values stays linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache

from policy_engine.foundation.canonical import decimal_text, timestamp_text
from policy_engine.values.amounts import CLOSING, OPENING, moneys_in, number_of
from policy_engine.values.durations import duration_text
from policy_engine.values.links import has_links, link
from policy_engine.values.money import Money
from policy_engine.values.readers import timestamp

_SHORT_NUMBER = re.compile(r"[0-9]{1,3}", re.ASCII)
_LIST_NUMBER = re.compile(r"(?:(?<=[\n\r])|\A)[^\S\n\r]*\(?[0-9]{1,3}[.)](?=[^\S\n\r]+\S)")
_NUMBER_AND_MARK = re.compile(r"[0-9][.)]")
_BULLET = "•"
_GLUE = re.compile(r"\.(?=\w\w)")
BETWEEN_ROWS = " \n "
"""A line end is no part of any word, so nothing stands across it."""

_POSSESSIVE = ("'s", "’s")
_LONG = 50_000
_MOST_NEAR_MISSES = 2_000
_MOST_MARKS = 8
"""More punctuation than this around one word is no way to write."""


class TooMuch(Exception):
    """Finding out would take too long."""


def stands_in(value: object, text: str) -> bool:
    """Whether the value (a text, number, money, date, timestamp) is a whole token of the text."""
    return prepared(text).has(value)


def text_of(value: object) -> str:
    """A datum as text: numbers in plain digits, instants in UTC, durations as in ISO 8601."""
    match value:
        case Decimal():
            return decimal_text(value) if value.is_finite() else str(value)
        case datetime():
            return timestamp_text(value)
        case timedelta():
            return duration_text(value)
        case _:
            return str(value)


def is_short_number(value: str) -> bool:
    """Whether a text is up to three digits and nothing else: what stands by chance anywhere."""
    return _SHORT_NUMBER.fullmatch(value) is not None


def single(value: str) -> str | None:
    """A text of one word as `Tokens.singles` has it; None for what is none, or stands nowhere."""
    words = _normal(value).split()
    return words[0] if len(words) == 1 and any(map(str.isalnum, words[0])) else None


def row_of_words(value: str) -> str | None:
    """A text of several words as `stands_in_rows` looks for it; None for what is none."""
    words = _normal(value).split()
    return " ".join(words) if len(words) > 1 and any(map(str.isalnum, value)) else None


def stands_in_rows(wanted: str, rows: str) -> bool:
    """Whether several words stand in a row, with punctuation only around the whole.

    `rows` are texts as `Tokens.rows` has them, joined by `BETWEEN_ROWS`.
    Raises `TooMuch` where the words are there too often with something else around them.
    """
    at, misses = rows.find(wanted), 0
    while at != -1:
        misses += 1
        if misses > _MOST_NEAR_MISSES:
            raise TooMuch
        end = at + len(wanted)
        stop = rows.find(" ", end)
        before = rows[rows.rfind(" ", 0, at) + 1 : at]
        after = rows[end : stop if stop != -1 else len(rows)]
        if _only(before, OPENING) and _only(_owned(after), CLOSING):
            return True
        at = rows.find(wanted, at + 1)
    return False


def prepared(text: str) -> Tokens:
    """The tokens of a text, made once (of long texts, only a few are kept)."""
    return _prepared(text) if len(text) < _LONG else _prepared_long(text)


class Tokens:
    """A text made ready to be asked for values."""

    def __init__(self, text: str) -> None:
        whole = _normal(text)
        parted = _parted(whole)
        self._readings = (whole,) if parted is whole else (whole, parted)

    def has(self, value: object) -> bool:
        """Whether the value stands in the text."""
        match value:
            case bool() | None:
                return False
            case str():
                return self._has_text(value)
            case int() | Decimal():
                return value in self.numbers
            case datetime():
                return value in self.instants
            case date():
                return self._has_text(value.isoformat())
            case Money():
                return value in self.moneys
            case _:
                return False

    @cached_property
    def rows(self) -> str:
        """All words in a row, once for each reading of the text."""
        return BETWEEN_ROWS.join(" ".join(reading.split()) for reading in self._readings)

    @cached_property
    def singles(self) -> frozenset[str]:
        """Every single word that stands in the text, in its normal form.

        That is each word with none, some or all of the punctuation around it taken away.
        """
        found: set[str] = set()
        for word in set().union(*self._words):
            if word.isalnum():
                found.add(word)
                continue
            starts = len(word) - len(word.lstrip(OPENING))
            ends = len(word) - len(word.rstrip(CLOSING))
            for start in range(min(starts, _MOST_MARKS) + 1):
                for end in range(min(ends, _MOST_MARKS) + 1):
                    found.add(word[start : len(word) - end])
        found.update([word[:-2] for word in found if word.endswith(_POSSESSIVE)])
        return frozenset(found)

    @cached_property
    def links(self) -> frozenset[str]:
        """The links among the single words, each in its one spelling."""
        if not has_links(self._readings[0]):
            return frozenset()
        return frozenset(found for word in self.singles if (found := link(word)) is not None)

    @cached_property
    def numbers(self) -> frozenset[Decimal]:
        """The numbers that are tokens of the text."""
        words = set().union(*self._words)
        found = [number_of(bare(word)) for word in words if not word.isalpha()]
        return frozenset(number for number in found if number is not None)

    @cached_property
    def instants(self) -> frozenset[datetime]:
        """The instants that are tokens of the text."""
        words = set().union(*self._words)
        found = [timestamp(bare(word)) for word in words if ":" in word]
        return frozenset(instant for instant in found if instant is not None)

    @cached_property
    def moneys(self) -> frozenset[Money]:
        """The amounts of money that stand in the text."""
        return frozenset().union(*map(moneys_in, self._words))

    @cached_property
    def _words(self) -> list[list[str]]:
        """The words of each reading; what numbers an item of a list is none."""
        return [_without_list_numbers(reading).split() for reading in self._readings]

    def _has_text(self, value: str) -> bool:
        word = single(value)
        if word is not None:
            return word in self.singles or link(word) in self.links
        wanted = row_of_words(value)
        return wanted is not None and stands_in_rows(wanted, self.rows)


_prepared = lru_cache(maxsize=512)(Tokens)
_prepared_long = lru_cache(maxsize=8)(Tokens)


def _parted(text: str) -> str:
    """The text with a space after each full stop that glues two sentences.

    Such a stop stands right between a small letter or a digit and a word in capitals and small
    letters.
    """
    stops = [match.start() for match in _GLUE.finditer(text) if _glues(text, match.start())]
    if not stops:
        return text
    parts = [text[start:stop] for start, stop in zip([0, *stops], [*stops, None], strict=True)]
    return parts[0] + "".join(f". {part[1:]}" for part in parts[1:])


def _glues(text: str, stop: int) -> bool:
    before, first, second = text[max(0, stop - 1) : stop], text[stop + 1], text[stop + 2]
    return (before.islower() or before.isdecimal()) and first.isupper() and second.islower()


def _without_list_numbers(text: str) -> str:
    return _LIST_NUMBER.sub(_BULLET, text) if _NUMBER_AND_MARK.search(text) else text


def bare(word: str) -> str:
    """A word without what opens and closes it."""
    return word.lstrip(OPENING).rstrip(CLOSING)


def _owned(after: str) -> str:
    """What follows a word, without the mark of what somebody owns."""
    return after[2:] if after.startswith(_POSSESSIVE) else after


def _only(part: str, allowed: str) -> bool:
    return all(c in allowed for c in part)


def _normal(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)
