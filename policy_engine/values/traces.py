"""Whether any trace of a value is in a text: the suspicious reading.

Case, spacing, punctuation and variants of letters are disregarded, and so are the borders of
tokens; numbers and instants count in every way in which they could be written, without their
signs. Whole numbers below a thousand stand by chance in much, so the digits of a day, of a time of
day and of a number with a fraction are no numbers of their own for them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

from policy_engine.values.tokens import bare, text_of

FIRST_LARGE = 1_000
"""Smaller whole numbers stand by chance in much."""

_NO_ALNUM = re.compile(r"[^0-9a-z]+")
_DIGIT = re.compile(r"[0-9]")
_NO_DIGITS = re.compile(r"[^0-9]+")
_SEPARATORS = re.compile(r"[^0-9]")
_LOOSE = re.compile(r"[0-9]+(?:[.,'_\u2009\u00a0 ][0-9]+)*")
_FRACTION = re.compile(r"[.,]([0-9]{1,100})(?![0-9])")
_EXPONENT = re.compile(r"[0-9]{1,40}(?:\.[0-9]{1,40})?[eE][+-]?[0-9]{1,2}", re.ASCII)
_MOMENT = re.compile(
    r"(?<![0-9])[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?![0-9])"
    r"|(?<![0-9:])(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
    r"(?:[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])?(?![0-9:])"
)
"""A day as in ISO 8601, and a time of day."""

_LONGEST_NUMBER = 100
_MOST_GROUPS = 6
_UNITS = [timedelta(**{unit: 1}) for unit in ("weeks", "days", "hours", "minutes", "seconds")]


def folded(text: str) -> str:
    """The letters and digits of a text alone, variants made one."""
    if text.isascii():
        return _NO_ALNUM.sub("", text.lower())
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def numbers_in(text: str) -> set[Decimal]:
    """Every number that somebody could read out of the text, however it is grouped."""
    return _numbers_in(_plain_digits(text))


def small_numbers_in(rows: Sequence[Sequence[object]]) -> set[Decimal]:
    """The whole numbers below a thousand that somebody could read out of data, one by one or put
    together; those within days, times of day and fractions left out.

    `rows` are the same data in different orders.
    """
    texts = {"".join(map(_without_parts, row)) for row in rows}
    texts.update(*(map(_without_parts, row) for row in rows[:1]))
    return {number for text in texts for number in _numbers_in(text) if is_small(number)}


def is_small(number: int | Decimal) -> bool:
    """Whether it is a whole number below a thousand, disregarding its sign."""
    size = Decimal(number).copy_abs()
    return size < FIRST_LARGE and size == int(size)


def spelt_numbers(text: str) -> set[Decimal]:
    """What a text that is one number, grouped somehow, could mean; nothing for other texts."""
    digits = bare(text)
    if not _LOOSE.fullmatch(digits):
        return set()
    return set(_of_groups(_SEPARATORS.split(digits)))


def counts_of(span: timedelta) -> Iterator[Decimal]:
    """A duration in each unit of which it is a whole number."""
    for unit in _UNITS:
        count, rest = divmod(abs(span), unit)
        if not rest:
            yield Decimal(count)


def _without_parts(datum: object) -> str:
    if isinstance(datum, Decimal) and datum != datum.to_integral_value():
        return " "
    return _MOMENT.sub(" ", _plain_digits(text_of(datum)))


def _plain_digits(text: str) -> str:
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(c, c)) for c in text)


def _numbers_in(plain: str) -> set[Decimal]:
    found: set[Decimal] = set()
    if _DIGIT.search(plain) is None:
        return found
    for match in _LOOSE.finditer(plain):
        found.update(_readings(match[0]))
    found.update(Decimal(match[0]) for match in _EXPONENT.finditer(plain))
    found.update(Decimal(f".{match[1]}") for match in _FRACTION.finditer(plain))
    words = (word for word in plain.split() if not word.isalpha())
    runs = (_NO_DIGITS.sub("", word) for word in words)
    found.update(Decimal(run) for run in runs if run and len(run) <= _LONGEST_NUMBER)
    return found


def _readings(digits: str) -> Iterator[Decimal]:
    """A run of digits as numbers: any groups in a row, the last one perhaps a fraction."""
    groups = _SEPARATORS.split(digits)
    for start in range(len(groups)):
        for stop in range(start + 1, min(len(groups), start + _MOST_GROUPS) + 1):
            yield from _of_groups(groups[start:stop])


def _of_groups(groups: list[str]) -> Iterator[Decimal]:
    """Groups of digits as a number, and with the last of them as its fraction."""
    *whole, last = groups
    joined = "".join(groups).lstrip("0")
    if len(joined) <= _LONGEST_NUMBER:
        yield Decimal(joined or "0")
        if whole:
            yield Decimal(f"{''.join(whole)}.{last}")
