"""Whether a value stands in a text as a whole token.

A token is a run without white space, less the brackets and quotes that open it and the
punctuation that closes it; a value of several words is several tokens in a row. So
`evil@x.example` does not stand in `not-evil@x.example`, and a value without a letter or a digit
stands nowhere. A number stands where a token is that number in plain digits; `5,000` and `5.000`
could each be read two ways (five, five thousand), so neither of the two stands in them. A date
stands as its ISO text, money as `12.50 EUR`, `EUR 12.50`, `12.50EUR` or `€12.50`, but not where
two currencies or two amounts meet (`$12.50 CAD`); a duration stands nowhere.

Texts are prepared once and kept, so that asking for many values stays linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache

from policy_engine.foundation.canonical import decimal_text, timestamp_text
from policy_engine.values.amounts import CLOSING, OPENING, moneys_in, number_of
from policy_engine.values.durations import duration_text
from policy_engine.values.money import Money
from policy_engine.values.readers import timestamp

_LOOSE = re.compile(r"[0-9]+(?:[.,'_\u2009\u00a0 ][0-9]+)*")
_FRACTION = re.compile(r"[.,]([0-9]{1,100})(?![0-9])")
_NO_DIGITS = re.compile(r"[^0-9]+")
_SHORT_NUMBER = re.compile(r"[0-9]{1,3}", re.ASCII)
_POSSESSIVE = ("'s", "’s")
_NO_ALNUM = re.compile(r"[^0-9a-z]+")
_SEPARATORS = re.compile(r"[^0-9]")
_EXPONENT = re.compile(r"[0-9]{1,40}(?:\.[0-9]{1,40})?[eE][+-]?[0-9]{1,2}", re.ASCII)
_LONGEST_NUMBER = 100
_MOST_GROUPS = 6
_LONG = 50_000
_MOST_NEAR_MISSES = 2_000
_UNITS = [timedelta(**{unit: 1}) for unit in ("weeks", "days", "hours", "minutes", "seconds")]


class TooMuch(Exception):
    """Finding out would take too long."""


def stands_in(value: object, text: str) -> bool:
    """Whether the value (a text, number, money, date, timestamp) is a whole token of the text."""
    return prepared(text).has(value)


def occurs_in(value: object, text: str) -> bool:
    """Whether a trace of the value is anywhere in the text: the suspicious reading.

    Case, spacing, punctuation and variants of letters are disregarded, and so are the borders of
    tokens; numbers and instants count in every way in which they could be written, without their
    signs. Money occurs with its amount, a date with its day and year, a duration with its length
    in any unit.
    """
    tokens = prepared(text)
    spelt = text_of(value)
    match value:
        case str() if is_short_number(value):
            return Decimal(value) in tokens.suspects
        case int():
            return abs(value) in tokens.suspects
        case Decimal():
            return value.copy_abs() in tokens.suspects
        case Money():
            return value.amount.copy_abs() in tokens.suspects
        case timedelta() if not tokens.suspects.isdisjoint(_counts(value)):
            return True
        case date() if not isinstance(value, datetime) and _has_day(value, tokens.suspects):
            return True
    needle = folded(spelt)
    if not needle:
        bare = "".join(spelt.split())
        return bool(bare) and bare in "".join(text.split())
    if needle in tokens.folded:
        return True
    own = prepared(spelt)
    if own.instants or len(spelt.split()) != 1:
        return not own.instants.isdisjoint(tokens.instants)
    return bool(_LOOSE.fullmatch(_bare(spelt))) and not own.suspects.isdisjoint(tokens.suspects)


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


def folded(text: str) -> str:
    """The letters and digits of a text alone, variants made one."""
    if text.isascii():
        return _NO_ALNUM.sub("", text.lower())
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def prepared(text: str) -> Tokens:
    """The tokens of a text, made once (of long texts, only a few are kept)."""
    return _prepared(text) if len(text) < _LONG else _prepared_long(text)


class Tokens:
    """A text made ready to be asked for values."""

    def __init__(self, text: str) -> None:
        self._words = _normal(text).split()
        self._text = text

    @property
    def singles(self) -> frozenset[str]:
        """Every single word that stands in the text, in its normal form."""
        return self._singles

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
            case date():
                return self._has_text(value.isoformat())
            case Money():
                return value in self._moneys
            case _:
                return False

    @cached_property
    def folded(self) -> str:
        return folded(self._text)

    @cached_property
    def suspects(self) -> frozenset[Decimal]:
        """Every number that somebody could read out of the text, however it is grouped."""
        text = unicodedata.normalize("NFKC", self._text)
        plain = "".join(str(unicodedata.decimal(c, c)) for c in text)
        found = {n for match in _LOOSE.finditer(plain) for n in _readings(match[0])}
        found.update(Decimal(match[0]) for match in _EXPONENT.finditer(plain))
        found.update(Decimal(f".{match[1]}") for match in _FRACTION.finditer(plain))
        runs = (_NO_DIGITS.sub("", word) for word in plain.split())
        found.update(Decimal(run) for run in runs if run and len(run) <= _LONGEST_NUMBER)
        return frozenset(found)

    @cached_property
    def instants(self) -> frozenset[datetime]:
        """The instants that are tokens of the text."""
        found = (timestamp(_bare(word)) for word in self._words)
        return frozenset(instant for instant in found if instant is not None)

    @cached_property
    def _moneys(self) -> frozenset[Money]:
        return moneys_in(self._words)

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
        at, misses = text.find(wanted), 0
        while at != -1:
            misses += 1
            if misses > _MOST_NEAR_MISSES:
                raise TooMuch
            end = at + len(wanted)
            before = text[text.rfind(" ", 0, at) + 1 : at]
            stop = text.find(" ", end)
            after = text[end : stop if stop != -1 else len(text)]
            if _only(before, OPENING) and _only(_owned(after), CLOSING):
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
            starts = len(word) - len(word.lstrip(OPENING))
            ends = len(word) - len(word.rstrip(CLOSING))
            for start in range(min(starts, _MOST_MARKS) + 1):
                for end in range(min(ends, _MOST_MARKS) + 1):
                    found.add(word[start : len(word) - end])
        found.update([word[:-2] for word in found if word.endswith(_POSSESSIVE)])
        return frozenset(found)

    @cached_property
    def _numbers(self) -> frozenset[Decimal]:
        found = (number_of(_bare(word)) for word in self._words)
        return frozenset(number for number in found if number is not None)


_prepared = lru_cache(maxsize=512)(Tokens)
_prepared_long = lru_cache(maxsize=8)(Tokens)

_MOST_MARKS = 8
"""More punctuation than this around one word is no way to write."""


def _bare(word: str) -> str:
    return word.lstrip(OPENING).rstrip(CLOSING)


def _owned(after: str) -> str:
    """What follows a word, without the mark of what somebody owns."""
    return after[2:] if after.startswith(_POSSESSIVE) else after


def _only(part: str, allowed: str) -> bool:
    return all(c in allowed for c in part)


def _counts(span: timedelta) -> Iterator[Decimal]:
    """A duration in each unit of which it is a whole number."""
    for unit in _UNITS:
        count, rest = divmod(abs(span), unit)
        if not rest:
            yield Decimal(count)


def _has_day(day: date, numbers: frozenset[Decimal]) -> bool:
    """Whether the number of the day is there, and that of the year, perhaps shortened."""
    return Decimal(day.day) in numbers and (
        Decimal(day.year) in numbers or Decimal(day.year % 100) in numbers
    )


def _readings(digits: str) -> Iterator[Decimal]:
    """A run of digits as numbers: any groups in a row, the last one perhaps a fraction."""
    groups = _SEPARATORS.split(digits)
    for start in range(len(groups)):
        for stop in range(start + 1, min(len(groups), start + _MOST_GROUPS) + 1):
            *whole, last = groups[start:stop]
            joined = "".join((*whole, last)).lstrip("0")
            if len(joined) <= _LONGEST_NUMBER:
                yield Decimal(joined or "0")
                if whole:
                    yield Decimal(f"{''.join(whole)}.{last}")


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)
